//! Overview: figures, churn, who and what moves most bytes, what is in use.

mod figures;
mod findings;
mod shares;
mod tables;

use peerscope_engine::{
    frame::{Answer, Churn, Frame, Overview as Overall},
    view::{OverviewAsk, Panel, Range},
};
use yew::prelude::*;

use super::{ScreenProps, as_of, query_error, stage_width, use_answered, whole_seconds};
use crate::{
    format::{self, Clock},
    model::{Link, Model},
    paint::chart::{Bar, Bars, Chart, Painting},
    part::{colour::Swatch, each, empty::Empty},
};

/// Nothing here opens, folds or scrolls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {}

pub fn update(_state: &mut State, action: Action) {
    match action {}
}

/// Below this width the panels stand one above the other, as in `static/screens.css`.
const STACKED: f64 = 900.0;

/// What lies above and below the rows of the peer table, px: bars of the page, figures, heads, timeline.
const AROUND_ROWS: f64 = 40.0 + 36.0 + 74.0 + 28.0 + 26.0 + 128.0;

pub fn ask(model: &Model) -> Panel {
    let (peers, protocols) = if stage_width(model) <= STACKED {
        (6, 6)
    } else {
        let row = if model.window.width <= 1000.0 { 32.0 } else { 26.0 };
        let rows = ((model.window.height - AROUND_ROWS) / row).clamp(4.0, 60.0) as u16;
        // Beside churn (208) and In use, half of the height is left for protocols.
        (rows, rows.saturating_sub(14).clamp(4, 20))
    };
    Panel::Overview(OverviewAsk { spark_points: 60, peers, protocols, churn_bars: churn_bars(model) })
}

/// Bars of a second at least: a finer one holds nothing or one connection.
fn churn_bars(model: &Model) -> u16 {
    let shown = || model.frame.as_deref().and_then(overall).and_then(|overall| overall.span);
    model.route.range.or_else(shown).map_or(CHURN_BARS, |span| whole_seconds(span, CHURN_BARS))
}

const CHURN_BARS: u16 = 60;

fn overall(frame: &Frame) -> Option<&Overall> {
    frame.panels.iter().find_map(|panel| match panel {
        Answer::Overview(overview) => Some(overview),
        _ => None,
    })
}

#[component]
pub fn Overview(props: &ScreenProps) -> Html {
    let frame = use_answered(&props.model.frame, |answer| matches!(answer, Answer::Overview(_)));
    let model = &props.model;
    let answer = frame.as_deref().and_then(overall);
    if answer.is_none() && matches!(model.link, Link::Idle | Link::Failed { .. }) {
        return html! {
            <main class="view" data-testid="screen-overview">
                <div class="viewbar"><h1>{ "Overview" }</h1></div>
                <Empty title="No source">{ "Open an endpoint or a recording to see what a node is doing." }</Empty>
            </main>
        };
    }
    html! {
        <main class="view ov" data-testid="screen-overview">
            <div class="viewbar">
                <h1>{ "Overview" }</h1>
                <span class="sum">{ frame.as_deref().map(|frame| sum(model, frame)).unwrap_or_default() }</span>
                <span class="sp"></span>
                { each(query_error(model, answer.and_then(|overview| overview.query_error.as_ref()))) }
                <span class="t3 desk caption">{ "Rates over 10 s" }</span>
            </div>
            { figures::strip(model, frame.as_deref(), answer) }
            <div class="grid cols">
                <div class="left">
                    { each(findings::panel(props, frame.as_deref(), answer)) }
                    { tables::peers(props, frame.as_deref(), answer) }
                </div>
                <div class="right">
                    { churn(props, frame.as_deref(), answer) }
                    { tables::protocols(props, frame.as_deref(), answer) }
                    { shares::in_use(answer) }
                </div>
            </div>
        </main>
    }
}

/// `118 connections, 30m 00s recorded, as of 14:32:10`
fn sum(model: &Model, frame: &Frame) -> String {
    let connections = frame.head.connections.map(|n| match n {
        1 => "1 connection".to_owned(),
        n => format!("{} connections", format::count(u64::from(n))),
    });
    let runs = frame.head.node.as_ref().map(|node| node.runs).filter(|runs| *runs > 1);
    let runs = runs.map(|runs| format!("{runs} runs of the node"));
    let recorded = frame
        .head
        .span
        .map(|span| format!("{} recorded", format::duration_ms(span.to_ms.saturating_sub(span.from_ms))));
    [connections, runs, recorded, as_of(model)].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Two digits are enough: 999 ms is 1 s. Half a digit more or less than a second is one.
fn about(ms: f64) -> u64 {
    if (950.0..1050.0).contains(&ms) {
        return 1000;
    }
    let step = 10f64.powf((ms.max(1.0).log10().floor() - 1.0).max(0.0));
    ((ms / step).round() * step) as u64
}

const UP: [&str; 1] = ["--active"];
const DOWN: [&str; 2] = ["--text-3", "--error"];

fn churn(props: &ScreenProps, frame: Option<&Frame>, answer: Option<&Overall>) -> Html {
    let model = &props.model;
    let drawn =
        answer.and_then(|answer| Some((answer.span?, &answer.churn))).filter(|(_, churn)| !churn.is_empty());
    let per = drawn.filter(|(span, _)| span.to_ms > span.from_ms).map(|(span, churn)| {
        let bar = span.to_ms.saturating_sub(span.from_ms) as f64 / churn.len().max(1) as f64;
        match about(bar) {
            1000 => "connections per second".to_owned(),
            ms => format!("connections per {}", format::duration_ms(ms)),
        }
    });
    let body = match drawn {
        Some((span, churn)) => {
            let cursor_ms = frame.and_then(|frame| frame.head.cursor_ms);
            html! {
                <Chart painting={Painting::Bars(bars(span, churn, cursor_ms))} label={told(span, churn, model.zone_minutes)}
                    zone_minutes={model.zone_minutes} theme={model.theme} scale={model.window.scale} left={34.0} />
            }
        }
        None => html! { <div class="chart"></div> },
    };
    let key = |token, word| html! { <span class="badge"><Swatch {token} />{ word }</span> };
    html! {
        <section class="panel churn">
            <header>
                { "Churn" }<span class="t3">{ per.unwrap_or_default() }</span><span class="sp"></span>
                <span class="keys">
                    { key("--active", "opened") }{ key("--text-3", "closed") }{ key("--error", "closed with error") }
                </span>
            </header>
            { body }
        </section>
    }
}

fn bars(span: Range, churn: &[Churn], cursor_ms: Option<u64>) -> Bars {
    let length = span.to_ms.saturating_sub(span.from_ms) / churn.len().max(1) as u64;
    let gap = |bar: &Churn| Range { from_ms: bar.from_ms, to_ms: bar.from_ms + length };
    Bars {
        span,
        bars: churn
            .iter()
            .map(|bar| Bar {
                up: vec![f64::from(bar.opened)],
                down: vec![f64::from(bar.closed), f64::from(bar.failed)],
            })
            .collect(),
        up: UP.to_vec(),
        down: DOWN.to_vec(),
        unit: "",
        whole: true,
        gaps: churn.iter().filter(|bar| bar.gap).map(gap).collect(),
        // At the end of the history the line would only hide the newest bar.
        cursor_ms: cursor_ms.filter(|at| *at < span.to_ms),
    }
}

/// The chart in a sentence.
fn told(span: Range, churn: &[Churn], zone_minutes: i32) -> String {
    let sum = |of: fn(&Churn) -> u32| churn.iter().map(|bar| u64::from(of(bar))).sum::<u64>();
    format!(
        "Churn from {} to {}: {} connections opened, {} closed, {} closed with an error",
        format::clock(span.from_ms, zone_minutes, Clock::Seconds),
        format::clock(span.to_ms, zone_minutes, Clock::Seconds),
        sum(|bar| bar.opened),
        sum(|bar| bar.closed),
        sum(|bar| bar.failed)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Window;

    #[test]
    fn asks_for_as_many_rows_as_there_is_room_for() {
        let rows = |width, height| {
            let model = Model { window: Window { width, height, scale: 1.0 }, ..Model::default() };
            match ask(&model) {
                Panel::Overview(ask) => (ask.peers, ask.protocols),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(rows(1440.0, 900.0), (21, 7));
        assert_eq!(rows(390.0, 844.0), (6, 6));
        assert_eq!(rows(1440.0, 200.0), (4, 4));
        assert_eq!(rows(980.0, 900.0), (17, 4), "rows are higher on a tablet");
        assert_eq!(rows(3840.0, 9999.0), (60, 20));
    }

    #[test]
    fn a_bar_s_length_is_rounded() {
        assert_eq!([about(998.9), about(4.2), about(1234.0), about(30_004.0)], [1000, 4, 1200, 30_000]);
    }

    #[test]
    fn churn_is_told_in_words() {
        let churn = [
            Churn { from_ms: 0, opened: 3, closed: 1, failed: 0, gap: false },
            Churn { from_ms: 500, opened: 0, closed: 0, failed: 2, gap: true },
        ];
        let span = Range { from_ms: 0, to_ms: 1000 };
        assert_eq!(
            told(span, &churn, 0),
            "Churn from 00:00:00 to 00:00:01: 3 connections opened, 1 closed, 2 closed with an error"
        );
        let bars = bars(span, &churn, Some(1000));
        assert_eq!(bars.gaps, [Range { from_ms: 500, to_ms: 1000 }]);
        assert_eq!(bars.cursor_ms, None);
    }
}
