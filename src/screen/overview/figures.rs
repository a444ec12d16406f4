//! The six figures on top. The text of a figure is its number and unit alone.

use peerscope_engine::frame::{Figure, Frame, Overview};
use yew::prelude::*;

use crate::part::each;

use crate::{
    format::{self, NONE},
    part::{
        colour::{Swatch, Token},
        spark,
    },
};

struct Shown<'a> {
    head: &'static str,
    testid: Option<&'static str>,
    token: Option<Token>,
    figure: Option<&'a Figure>,
    number: String,
    unit: String,
    note: String,
}

impl Shown<'_> {
    fn html(self) -> Html {
        let token = self.token.unwrap_or("--text-3");
        let curve = self.figure.filter(|figure| figure.spark.iter().any(|value| value.is_finite()));
        let unit =
            (!self.unit.is_empty()).then(|| html! { <>{ " " }<i class="u1">{ self.unit.clone() }</i></> });
        html! {
            <div class="stat">
                <h2>{ each(self.token.map(|token| html! { <Swatch {token} /> })) }{ self.head }</h2>
                <b data-testid={self.testid}>{ self.number }{ each(unit) }</b>
                <p class="el" title={self.note.clone()}>{ self.note }</p>
                { each(curve.map(|figure| spark::figure(&figure.spark, token, 92, 28))) }
            </div>
        }
    }
}

fn count(figure: Option<&Figure>) -> String {
    figure.and_then(|figure| figure.value).map_or(NONE.into(), |value| format::count(value.max(0.0) as u64))
}

pub fn strip(frame: Option<&Frame>, answer: Option<&Overview>) -> Html {
    let note = |of: &dyn Fn(&Overview) -> String| answer.map(of).unwrap_or_default();
    let plain = |head, testid, figure, note| Shown {
        head,
        testid,
        token: None,
        figure,
        number: count(figure),
        unit: String::new(),
        note,
    };
    let rate = |head, testid, token, figure: Option<&'_ Figure>, total: Option<u64>| {
        let value = figure.and_then(|figure| figure.value).map(|value| format::bytes(value.max(0.0)));
        let (number, unit) =
            value.map_or((NONE.into(), String::new()), |q| (q.number, format!("{}/s", q.unit)));
        let note = match (answer, total) {
            (None, _) => String::new(),
            (_, Some(total)) => format!("{} since start", format::bytes(total as f64).text()),
            (_, None) => "total is not told".into(),
        };
        (head, testid, token, number, unit, note)
    };
    let connections = plain(
        "Connections",
        Some("kpi-connections"),
        answer.map(|a| &a.connections),
        note(&|a| {
            let opening = if a.opening > 0 { format!(", {} opening", a.opening) } else { String::new() };
            format!("{} in, {} out{opening}", a.inbound, a.outbound)
        }),
    );
    let peers = plain(
        "Peers",
        Some("kpi-peers"),
        answer.map(|a| &a.peers),
        note(&|a| format!("{} new, {} left in 10 min", a.peers_came, a.peers_left)),
    );
    let streams = plain(
        "Streams",
        Some("kpi-streams"),
        answer.map(|a| &a.streams),
        note(&|a| match (a.streams_opened, a.streams_closed) {
            (Some(opened), Some(closed)) => {
                format!("{} opened, {} closed /s", format::frequency(opened), format::frequency(closed))
            }
            _ => "opening and closing is not told".into(),
        }),
    );
    let both = [
        rate("In", "kpi-in", "--in", answer.map(|a| &a.rate_in), answer.and_then(|a| a.total_in)),
        rate("Out", "kpi-out", "--out", answer.map(|a| &a.rate_out), answer.and_then(|a| a.total_out)),
    ];
    let [into, out] = both.map(|(head, testid, token, number, unit, note)| Shown {
        head,
        testid: Some(testid),
        token: Some(token),
        figure: answer.map(|a| if head == "In" { &a.rate_in } else { &a.rate_out }),
        number,
        unit,
        note,
    });
    let rate = answer.and_then(|a| a.events.value);
    let events = Shown {
        head: "Events",
        testid: None,
        token: None,
        figure: answer.map(|a| &a.events),
        number: rate.map_or(NONE.into(), format::frequency),
        unit: if rate.is_some() { "/s".into() } else { String::new() },
        note: frame.map(lost).unwrap_or_default(),
    };
    html! {
        <div class="stats">
            { connections.html() }{ peers.html() }{ streams.html() }{ into.html() }{ out.html() }{ events.html() }
        </div>
    }
}

fn lost(frame: &Frame) -> String {
    let problems = &frame.head.problems;
    match (problems.lost_events, problems.lost_unknown) {
        (0, true) => "some dropped by the source".into(),
        (lost, true) => format!("over {} dropped", format::count(lost)),
        (lost, false) => format!("{} dropped", format::count(lost)),
    }
}
