//! Events per second, stacked by type. A drag selects a stretch of time for the whole page, a click moves the cursor.

use std::rc::Rc;

use peerscope_engine::{
    frame::{Events, Frame},
    view::{Cursor, Range},
};
use web_sys::Element;
use yew::prelude::*;

use crate::part::each;

use super::answered;
use crate::{
    format::{self, Clock},
    model::{Action, Model},
    paint::chart::{Bar, Bars, Chart, Frame as Plot, Painting},
    part::{colour, size::use_size},
};

#[derive(Clone, Properties)]
pub struct EventChartProps {
    pub model: Rc<Model>,
    pub dispatch: Callback<Action>,
    pub frame: Rc<Frame>,
}

impl PartialEq for EventChartProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.model, &other.model) && Rc::ptr_eq(&self.frame, &other.frame)
    }
}

/// A press that moved less is a click.
const CLICK_PX: f64 = 4.0;

#[component]
pub fn EventChart(props: &EventChartProps) -> Html {
    let holder = use_node_ref();
    let size = use_size(&holder);
    // From where to where, px.
    let drag = use_state_eq(|| None::<(f64, f64)>);
    let model = &props.model;
    let left = if model.window.phone() { 34.0 } else { 44.0 };
    let Some(log) = answered(&props.frame) else { return html! { <div class="hist" ref={holder}></div> } };
    let Some(span) = log.span.filter(|span| span.to_ms > span.from_ms) else {
        return html! { <div class="hist" ref={holder} data-testid="event-chart"></div> };
    };
    let plot = Plot::new(size.width, size.height, left, span);

    let onpointerdown = {
        let (drag, holder) = (drag.clone(), holder.clone());
        Callback::from(move |event: PointerEvent| {
            let Some(element) = holder.cast::<Element>().filter(|_| event.button() == 0) else { return };
            element.set_pointer_capture(event.pointer_id()).ok();
            let x = place(&element, &event);
            drag.set(Some((x, x)));
        })
    };
    let onpointermove = {
        let (drag, holder) = (drag.clone(), holder.clone());
        Callback::from(move |event: PointerEvent| {
            if let (Some((from, _)), Some(element)) = (*drag, holder.cast::<Element>()) {
                drag.set(Some((from, place(&element, &event))));
            }
        })
    };
    let onpointerup = {
        let (drag, dispatch) = (drag.clone(), props.dispatch.clone());
        Callback::from(move |_: PointerEvent| {
            let Some((from, to)) = *drag else { return };
            drag.set(None);
            if (to - from).abs() < CLICK_PX {
                dispatch.emit(Action::Cursor(Cursor::At(plot.time(to))));
            } else {
                dispatch.emit(Action::Range(Some(stretch(&plot, from, to))));
            }
        })
    };
    let onpointercancel = {
        let drag = drag.clone();
        Callback::from(move |_: PointerEvent| drag.set(None))
    };
    let selecting = drag.filter(|(from, to)| (to - from).abs() >= CLICK_PX).map(|(from, to)| {
        let range = stretch(&plot, from, to);
        let (x0, x1) = (plot.x(range.from_ms), plot.x(range.to_ms));
        let length = format::duration_ms(range.to_ms - range.from_ms);
        let events = format::count(inside(log, span, range));
        // The words stand where there is room.
        let side = if x1 > size.width / 2.0 {
            format!("right:{:.0}px", size.width - x0 + 6.0)
        } else {
            format!("left:{:.0}px", x1 + 6.0)
        };
        html! {
            <>
                <div class="drag" style={format!("left:{x0:.0}px;width:{:.0}px", x1 - x0)}></div>
                <span class="drag-text" style={side}>{ format!("{length}, {events} events: release to set the range") }</span>
            </>
        }
    });
    let cursor_ms = match model.route.cursor {
        Cursor::At(_) => props.frame.head.cursor_ms,
        Cursor::Live => None,
    };
    html! {
        <div class="hist" ref={holder} {onpointerdown} {onpointermove} {onpointerup} {onpointercancel}>
            <Chart painting={Painting::Bars(bars(log, span, cursor_ms))} label={told(log, span, model.zone_minutes)}
                zone_minutes={model.zone_minutes} theme={model.theme} scale={model.window.scale} testid="event-chart" {left} />
            { each(selecting) }
        </div>
    }
}

/// Where the pointer is, from the chart's left edge.
fn place(element: &Element, event: &PointerEvent) -> f64 {
    f64::from(event.client_x()) - element.get_bounding_client_rect().left()
}

fn stretch(plot: &Plot, a: f64, b: f64) -> Range {
    let (a, b) = (plot.time(a), plot.time(b));
    Range { from_ms: a.min(b), to_ms: a.max(b) }
}

/// Events of each bar, or nothing where the answer is shorter than it says.
fn counts(log: &Events, bar: u32) -> &[u32] {
    let types = log.chart_types.len();
    let from = bar as usize * types;
    log.chart.get(from..from + types).unwrap_or_default()
}

fn bars(log: &Events, span: Range, cursor_ms: Option<u64>) -> Bars {
    let seconds = (span.to_ms - span.from_ms) as f64 / 1000.0 / f64::from(log.bars.max(1));
    // A bar of about a second shows what was counted in it; less than that says nothing of a whole second.
    let counts_alone = seconds < 1.1;
    let (unit, seconds) = match seconds {
        ..0.95 => ("", 1.0),
        _ if counts_alone => ("/s", 1.0),
        _ => ("/s", seconds),
    };
    Bars {
        span,
        bars: (0..log.bars)
            .map(|bar| Bar {
                up: counts(log, bar).iter().map(|count| f64::from(*count) / seconds).collect(),
                down: Vec::new(),
            })
            .collect(),
        up: log.chart_types.iter().map(|name| colour::event(name)).collect(),
        down: Vec::new(),
        unit,
        whole: counts_alone,
        gaps: log.gaps.clone(),
        cursor_ms,
    }
}

/// About how many events lie in a stretch: those of the bars whose middle is in it.
fn inside(log: &Events, span: Range, range: Range) -> u64 {
    let length = (span.to_ms - span.from_ms) as f64 / f64::from(log.bars.max(1));
    (0..log.bars)
        .filter(|bar| {
            let middle = span.from_ms as f64 + (f64::from(*bar) + 0.5) * length;
            (range.from_ms as f64..=range.to_ms as f64).contains(&middle)
        })
        .map(|bar| counts(log, bar).iter().map(|count| u64::from(*count)).sum::<u64>())
        .sum()
}

/// The chart in a sentence.
fn told(log: &Events, span: Range, zone_minutes: i32) -> String {
    let types = log.chart_types.iter().enumerate().map(|(i, name)| {
        let count: u64 = (0..log.bars).filter_map(|bar| counts(log, bar).get(i)).map(|n| u64::from(*n)).sum();
        format!("{} {count}", format::visible(name, 60))
    });
    format!(
        "Events from {} to {}: {}",
        format::clock(span.from_ms, zone_minutes, Clock::Seconds),
        format::clock(span.to_ms, zone_minutes, Clock::Seconds),
        types.collect::<Vec<_>>().join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Events {
        Events {
            chart: vec![2, 0, 0, 4, 6, 1],
            chart_types: vec!["DialFailure".into(), "Ping".into()],
            bars: 3,
            ..Events::default()
        }
    }

    const SPAN: Range = Range { from_ms: 0, to_ms: 6000 };

    #[test]
    fn bars_are_rates() {
        let bars = bars(&log(), SPAN, None);
        assert_eq!(bars.bars[0].up, [1.0, 0.0]);
        assert_eq!(bars.bars[2].up, [3.0, 0.5]);
        assert_eq!(bars.up, ["--error", "--c6"]);
    }

    #[test]
    fn bars_of_a_second_are_counts() {
        let log = log();
        let bars = |to_ms| super::bars(&log, Range { from_ms: 0, to_ms }, None);
        assert_eq!(
            (bars(3100).bars[2].up.clone(), bars(3100).unit, bars(3100).whole),
            (vec![6.0, 1.0], "/s", true)
        );
        assert_eq!((bars(900).bars[2].up.clone(), bars(900).unit), (vec![6.0, 1.0], ""));
    }

    #[test]
    fn an_answer_too_short_has_empty_bars() {
        let mut log = log();
        log.chart.truncate(3);
        let bars = bars(&log, SPAN, None);
        assert!(bars.bars[1].up.is_empty() && bars.bars[2].up.is_empty());
    }

    #[test]
    fn counts_what_lies_in_a_stretch() {
        assert_eq!(inside(&log(), SPAN, Range { from_ms: 0, to_ms: 3500 }), 6);
        assert_eq!(inside(&log(), SPAN, Range { from_ms: 1100, to_ms: 1200 }), 0);
        assert_eq!(told(&log(), SPAN, 0), "Events from 00:00:00 to 00:00:06: DialFailure 8, Ping 5");
    }

    #[test]
    fn a_drag_to_the_left_is_the_same_stretch() {
        let plot = Plot::new(640.0, 118.0, 44.0, SPAN);
        assert_eq!(stretch(&plot, 100.0, 300.0), stretch(&plot, 300.0, 100.0));
    }
}
