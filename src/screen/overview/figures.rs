//! The six figures on top. The text of a figure is its number and unit alone.

use peerscope_engine::frame::{Figure, Frame, Overview};
use yew::prelude::*;

use crate::part::each;

use crate::{
    format::{self, NONE},
    model::Model,
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

/// Before the first snapshot nothing is known of connections and traffic.
pub const NO_SNAPSHOT: &str = "no snapshot yet at this moment";

pub fn strip(model: &Model, frame: Option<&Frame>, answer: Option<&Overview>) -> Html {
    let told = frame.is_some_and(|frame| frame.head.snapshot > 0);
    let note = |of: &dyn Fn(&Overview) -> String| match answer {
        Some(_) if !told => NO_SNAPSHOT.into(),
        Some(answer) => of(answer),
        None => String::new(),
    };
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
        let note = note(&|_| match total {
            Some(total) => format!("{} in total", format::bytes(total as f64).text()),
            None => "total is not told".into(),
        });
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
        note(&|a| format!("{} new, {} left {}", a.peers_came, a.peers_left, within(model, frame))),
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

/// What peers came and went in: the range, or the last 10 min as far as they were recorded.
fn within(model: &Model, frame: Option<&Frame>) -> String {
    const LONGEST_MS: u64 = 10 * 60_000;
    let head = frame.map(|frame| &frame.head);
    let Some((span, at)) = head.and_then(|head| Some((head.span?, head.cursor_ms?))) else {
        return String::new();
    };
    if let Some(range) = model.route.range {
        return format!("in the range, {}", format::duration_ms(range.to_ms.saturating_sub(range.from_ms)));
    }
    match at.saturating_sub(span.from_ms) {
        LONGEST_MS.. => "in 10 min".into(),
        recorded => format!("in {}", format::duration_ms(recorded)),
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
