//! The streams and connections of what is selected; a press selects one of them.

use peerscope_engine::{
    frame::{ConnRow, Direction, End, Flow, Inspector, StreamRow},
    view::Key,
};
use yew::prelude::*;

use crate::part::each;

use super::super::ScreenProps;
use crate::{
    format::{self, Clock},
    model::Action,
    part::{
        badge, figure,
        glyph::{Arrow, StatusGlyph},
        spark, text,
    },
};

/// One line: glyph, name and way at left, curve and rates at right; how it ended in place of rates.
struct Line<'a> {
    key: &'a Key,
    glyph: Html,
    name: Html,
    direction: Direction,
    note: String,
    curve: Html,
    rates: Html,
    dim: bool,
}

impl Line<'_> {
    fn html(self, props: &ScreenProps) -> Html {
        let key = self.key.clone();
        let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Select(Some(key.clone())));
        html! {
            <li key={self.key.0.clone()}>
                <button class={classes!("iline", self.dim.then_some("dim"))} data-key={self.key.0.clone()} {onclick}>
                    { self.glyph }
                    <span class="what">{ self.name }<span class="m2"><Arrow direction={self.direction} />{ self.note }</span></span>
                    { self.curve }
                    <span class="rates">{ self.rates }</span>
                </button>
            </li>
        }
    }
}

fn rates(rate_in: Option<f64>, rate_out: Option<f64>) -> Html {
    html! {
        <>
            <span class="in-c">{ figure::rate_with_unit(rate_in) }</span><span class="out-c">{ figure::rate_with_unit(rate_out) }</span>
        </>
    }
}

fn ended(end: &End, zone_minutes: i32) -> Html {
    let at = format::clock(end.at_ms, zone_minutes, Clock::Seconds);
    let cause = match &end.cause {
        Some(cause) => text::safe(cause),
        None if end.inferred => html! { "gone" },
        None => html! { "closed" },
    };
    html! {
        <>
            <span class={classes!("el", end.error.then_some("err"))} title={end.cause.as_deref().map(text::title)}>{ cause }</span>
            <span class="t3">{ at }{ if end.inferred { ", inferred" } else { "" } }</span>
        </>
    }
}

/// `stream 13 · 4m 07s`
fn note(what: &str, id: &str, age_ms: Option<u64>) -> String {
    let age = age_ms.map_or(String::new(), |ms| format!(" · {}", format::duration_ms(ms)));
    format!("{what} {}{age}", format::visible(id, 24))
}

/// Sparkline and rates; of what ended, how.
fn moving(end: Option<&End>, flow: &Flow, known: &Inspector, zone: i32) -> (Html, Html) {
    match end {
        Some(end) => (Html::default(), ended(end, zone)),
        None => (spark::flow(flow, known.spark_max, 60, 20), rates(flow.rate_in, flow.rate_out)),
    }
}

pub fn streams(props: &ScreenProps, known: &Inspector) -> Html {
    let zone = props.model.zone_minutes;
    let line = |row: &StreamRow| {
        let (curve, rates) = moving(row.end.as_ref(), &row.flow, known, zone);
        Line {
            key: &row.key,
            glyph: html! { <StatusGlyph status={row.status} end={row.end.clone()} /> },
            name: badge::protocol(row.protocol.as_deref()),
            direction: row.direction,
            note: note("stream", &row.id, row.age_ms),
            curve,
            rates,
            dim: row.end.is_some(),
        }
        .html(props)
    };
    let rest = (known.stream_count as usize).saturating_sub(known.streams.len());
    list(known.streams.iter().map(line).collect(), rest, "No stream is told of it.")
}

pub fn connections(props: &ScreenProps, known: &Inspector) -> Html {
    let zone = props.model.zone_minutes;
    let line = |row: &ConnRow| {
        let (curve, rates) = moving(row.end.as_ref(), &row.flow, known, zone);
        Line {
            key: &row.key,
            glyph: html! { <StatusGlyph status={row.status} end={row.end.clone()} /> },
            name: badge::transport(row.transport.as_deref()),
            direction: row.direction,
            note: note("connection", &row.id, row.age_ms),
            curve,
            rates,
            dim: row.end.is_some(),
        }
        .html(props)
    };
    // Open ones first, then what ended last.
    let mut rows: Vec<&ConnRow> = known.connections.iter().collect();
    rows.sort_by_key(|row| row.end.as_ref().map(|end| std::cmp::Reverse(end.at_ms)));
    list(rows.into_iter().map(line).collect(), 0, "It has no connection.")
}

fn list(lines: Vec<Html>, rest: usize, none: &'static str) -> Html {
    let more = (rest > 0)
        .then(|| html! { <p class="note t3 isec">{ format!("{} more", format::count(rest as u64)) }</p> });
    let nothing = lines.is_empty().then(|| html! { <p class="note isec">{ none }</p> });
    html! { <><ul class="ilist">{ each(lines) }</ul>{ each(nothing) }{ each(more) }</> }
}
