//! The strip at the bottom: the whole history, with the cursor and the range in it.

pub mod axis;
pub mod paint;
mod pointer;
pub mod scene;

use peerscope_engine::{
    frame::{self, Answer},
    view::{Cursor, Range},
};
use web_sys::{HtmlCanvasElement, KeyboardEvent};
use yew::prelude::*;

use super::banner::PartProps;
use crate::{
    ask,
    format::{self, Clock},
    model::{Action, Link, Model, Screen, SourceRef},
    part::{
        colour::Swatch,
        icon::{Icon, Name},
    },
    update,
};

use scene::{Drawn, Place};

/// Heights of the plot, CSS px, as in `static/tokens.css`: the whole less the bar.
const HEIGHT: f64 = 103.0;
const HEIGHT_PHONE: f64 = 50.0;

#[component]
pub fn Timeline(props: &PartProps) -> Html {
    let model = &props.model;
    let canvas = use_node_ref();
    // Where a drag began and is, px; the range it makes is set when it ends.
    let drag = pointer::use_drag();
    let answer = answer(model);
    let place = Place {
        width: ask::timeline_width(model),
        height: if model.window.phone() { HEIGHT_PHONE } else { HEIGHT },
        phone: model.window.phone(),
        zone_minutes: model.zone_minutes,
        now_ms: lost_until(model),
    };
    let axis = answer.and_then(|answer| axis::Axis::new(answer.span, place.now_ms, place.plot_width()));
    let shown = Drawn {
        // Who follows is at the end, also while events came since the last snapshot.
        cursor_ms: match update::follows(model) {
            true => axis.map(|axis| axis.told_ms),
            false => model.frame.as_ref().and_then(|frame| frame.head.cursor_ms),
        },
        pinned_ms: model.route.pinned_ms.filter(|_| model.route.screen == Screen::Diff),
        range: drag.get().and_then(|drag| drag.range(axis?)).or(model.route.range),
    };
    {
        let canvas = canvas.clone();
        let scene = answer.zip(axis).map(|(answer, axis)| scene::scene(answer, axis, place, shown));
        use_effect(move || {
            if let Some(canvas) = canvas.cast::<HtmlCanvasElement>() {
                paint::paint(&canvas, place, scene.as_ref());
            }
        });
    }
    let pointer = pointer::handlers(&canvas, &drag, axis, &props.dispatch);
    let onkeydown = keys(&props.dispatch, model);
    html! {
        <footer class="timeline" data-testid="timeline" aria-label="Timeline">
            { bar(props) }
            { gutter(answer) }
            <div class="tlc">
                <canvas ref={canvas} class={classes!("strip", axis.is_none().then_some("empty"))} tabindex="0" role="slider"
                    aria-label="Time" aria-valuemin={edge(axis, |axis| axis.from_ms)} aria-valuemax={edge(axis, |axis| axis.to_ms)}
                    aria-valuenow={edge(axis, |axis| shown.cursor_ms.unwrap_or(axis.to_ms))} aria-valuetext={summary(model, answer)}
                    onpointerdown={pointer.down} onpointermove={pointer.moved} onpointerup={pointer.up} onpointercancel={pointer.cancel}
                    {onkeydown}></canvas>
                if axis.is_none() { <span class="hint">{ hint(model) }</span> }
            </div>
        </footer>
    }
}

fn answer(model: &Model) -> Option<&frame::Timeline> {
    model.frame.as_ref()?.panels.iter().find_map(|panel| match panel {
        Answer::Timeline(timeline) => Some(timeline),
        _ => None,
    })
}

/// While the link is lost, time goes on without a history: until when.
fn lost_until(model: &Model) -> Option<u64> {
    let lost = matches!(model.link, Link::Waiting { .. } | Link::Connecting | Link::Failed { .. });
    (lost && model.lost_at_ms.is_some()).then_some(model.now_ms as u64)
}

fn edge(axis: Option<axis::Axis>, of: impl Fn(axis::Axis) -> u64) -> String {
    axis.map_or(0, of).to_string()
}

fn hint(model: &Model) -> &'static str {
    match model.link {
        Link::Idle | Link::Failed { .. } => "No recording yet",
        _ => "The timeline fills as snapshots arrive",
    }
}

/// What the chart says, in words.
fn summary(model: &Model, answer: Option<&frame::Timeline>) -> String {
    let Some(head) = model.frame.as_ref().map(|frame| &frame.head) else {
        return "nothing recorded".to_owned();
    };
    let at = head.cursor_ms.map_or_else(|| "no snapshot".to_owned(), |at| clock(model, at));
    let gaps = answer.map_or(0, |answer| answer.gaps.len());
    format!("{at}, snapshot {} of {}, {gaps} gaps", head.snapshot, head.snapshots)
}

fn clock(model: &Model, at_ms: u64) -> String {
    format::clock(at_ms, model.zone_minutes, Clock::Millis)
}

fn bar(props: &PartProps) -> Html {
    let model = &props.model;
    let step = |by: i32| props.dispatch.reform(move |_: MouseEvent| Action::Step(by));
    let follows = update::follows(model);
    let Some(head) = model.frame.as_ref().map(|frame| &frame.head).filter(|head| head.span.is_some()) else {
        return html! { <div class="tlbar"><span class="t3 lead">{ "No recording yet" }</span></div> };
    };
    let newest = head.span.map_or(0, |span| span.to_ms);
    let ago = head.cursor_ms.map(|at| newest.saturating_sub(at)).filter(|ago| !follows && *ago > 0);
    let live = props.dispatch.reform(|_: MouseEvent| Action::Cursor(Cursor::Live));
    let going = matches!(model.link, Link::Live { .. } | Link::File { .. });
    html! {
        <div class="tlbar">
            <button class="btn ic" aria-label="Previous snapshot" title="Previous snapshot (,)" onclick={step(-1)}>
                <Icon name={Name::Previous} size={13} />
            </button>
            <button class="btn ic" aria-label="Next snapshot" title="Next snapshot (.)" onclick={step(1)}>
                <Icon name={Name::Next} size={13} />
            </button>
            <button class={classes!("btn", "live", (!follows || !going).then_some("off"))} data-testid="live"
                aria-pressed={follows.to_string()} title="Follow the newest (L)" onclick={live}>
                <i class="dot"></i>{ if matches!(model.route.source, Some(SourceRef::Endpoint(_))) { "Live" } else { "End" } }
            </button>
            <span class="vr desk"></span>
            <span class="t1" data-testid="cursor-time">{ head.cursor_ms.map_or_else(|| "–".to_owned(), |at| clock(model, at)) }</span>
            <span class="t3">
                if let Some(ago) = ago { { format!("{} ago", format::duration_ms(ago)) } }
                <span class="desk">
                    { format!("{}snapshot {} of {}", if ago.is_some() { " · " } else { "" },
                        format::count(head.snapshot.into()), format::count(head.snapshots.into())) }
                </span>
            </span>
            if let Some(range) = model.route.range { { range_text(props, range) } }
            <span class="sp"></span>
            <span class="t3 desk" title={model.own.trouble.clone()}>{ missing(head, model.own.trouble.is_some()) }</span>
        </div>
    }
}

fn range_text(props: &PartProps, range: Range) -> Html {
    let clear = props.dispatch.reform(|_: MouseEvent| Action::Range(None));
    let at = |ms| format::clock(ms, props.model.zone_minutes, Clock::Seconds);
    html! {
        <>
            <span class="vr desk"></span>
            <span class="desk">{ "Range " }<span class="t1">{ at(range.from_ms) }{ " – " }{ at(range.to_ms) }</span>{ " " }
                <span class="t3">{ format::duration_ms(range.to_ms.saturating_sub(range.from_ms)) }</span></span>
            <button class="btn ic" aria-label="Clear the range" title="Clear the range" onclick={clear}>
                <Icon name={Name::Close} size={11} />
            </button>
        </>
    }
}

/// What is missing from the history, counted; and of the node's own recording, whose trouble is said in the recording's panel.
fn missing(head: &frame::Head, own_failed: bool) -> String {
    let problems = &head.problems;
    let mut parts = Vec::new();
    let mut put = |count: u64, one: &str, many: &str| {
        if count > 0 {
            parts.push(format!("{} {}", format::count(count), if count == 1 { one } else { many }));
        }
    };
    put(problems.bad_frames, "damaged frame", "damaged frames");
    put(problems.unknown_frames, "unknown frame", "unknown frames");
    put(problems.lost_events, "event dropped by the node", "events dropped by the node");
    put(problems.dropped_snapshots, "snapshot out of memory", "snapshots out of memory");
    put(problems.dropped_events, "event out of memory", "events out of memory");
    if problems.lost_unknown {
        parts.push("an unknown number of events dropped".to_owned());
    }
    if head.gaps > 0 {
        let gaps = if head.gaps == 1 { "gap" } else { "gaps" };
        parts.insert(0, format!("{} {gaps}, {}", head.gaps, format::duration_ms(head.gap_ms)));
    }
    if own_failed {
        parts.push("the node’s own recording not whole".to_owned());
    }
    parts.join(" · ")
}

fn gutter(answer: Option<&frame::Timeline>) -> Html {
    let rate =
        |rate: Option<f64>| rate.map_or_else(|| "–".to_owned(), |rate| format::bytes(rate).per_second());
    let (rate_in, rate_out) = answer.map_or((None, None), |answer| (answer.at_rate_in, answer.at_rate_out));
    let connections = answer.and_then(|answer| answer.at_connections);
    let events = answer.and_then(|answer| answer.at_events);
    html! {
        <div class="tlg">
            <div class="g-in"><Swatch token="--in" />{ "In" }<b>{ rate(rate_in) }</b></div>
            <div class="g-out"><Swatch token="--out" />{ "Out" }<b>{ rate(rate_out) }</b></div>
            <div class="g-conns">{ "Connections" }
                <b>{ connections.map_or_else(|| "–".to_owned(), |count| format::count(count.into())) }</b></div>
            <div class="g-events">{ "Events" }
                <b>{ events.map_or_else(|| "–".to_owned(), |rate| format!("{}/s", format::frequency(rate))) }</b></div>
        </div>
    }
}

fn keys(dispatch: &Callback<Action>, model: &Model) -> Callback<KeyboardEvent> {
    let first = model.frame.as_ref().and_then(|frame| frame.head.span).map(|span| span.from_ms);
    let dispatch = dispatch.clone();
    Callback::from(move |event: KeyboardEvent| {
        let many = if event.shift_key() { 10 } else { 1 };
        let action = match event.key().as_str() {
            "ArrowLeft" => Action::Step(-many),
            "ArrowRight" => Action::Step(many),
            "PageUp" => Action::Step(-10),
            "PageDown" => Action::Step(10),
            "Home" => Action::Cursor(first.map_or(Cursor::Live, Cursor::At)),
            "End" => Action::Cursor(Cursor::Live),
            "Escape" => Action::Range(None),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        dispatch.emit(action);
    })
}
