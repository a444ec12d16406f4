//! Graph: the radar. Our node in the middle, radius is round trip, sectors by transport.

mod card;
pub mod scene;

use std::rc::Rc;

use gloo_events::{EventListener, EventListenerOptions};
use peerscope_engine::{
    frame::{Answer, Frame, Graph as Radar},
    view::{GraphAsk, Key, Panel},
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlCanvasElement, WheelEvent};
use yew::prelude::*;

use crate::part::each;

use self::scene::{Eye, Scene};
use super::{ScreenProps, Selected, as_of, matching, query_error, use_answered};
use crate::{
    format,
    model::{Action as Act, Link, Model},
    paint::{canvas::Surface, chart::use_scheme, picture},
    part::{empty::Empty, size::use_size},
};

/// How the picture lies under the eye.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// 1 = the whole circle fits.
    pub zoom: f64,
    /// Where the circle's middle lies, from the canvas's middle, CSS px.
    pub pan: (f64, f64),
}

impl Default for State {
    fn default() -> Self {
        Self { zoom: 1.0, pan: (0.0, 0.0) }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Zooms by a factor; the point `at` (from the canvas's middle) stays where it is.
    Zoom {
        factor: f64,
        at: (f64, f64),
    },
    Pan {
        by: (f64, f64),
    },
    Fit,
}

const ZOOM: std::ops::RangeInclusive<f64> = 0.5..=40.0;
/// One press of + or −.
const STEP: f64 = 1.5;

pub fn update(state: &mut State, action: Action) {
    match action {
        Action::Zoom { factor, at } => {
            let zoom = (state.zoom * factor).clamp(*ZOOM.start(), *ZOOM.end());
            let real = zoom / state.zoom;
            state.pan = (at.0 - (at.0 - state.pan.0) * real, at.1 - (at.1 - state.pan.1) * real);
            state.zoom = zoom;
        }
        Action::Pan { by } => state.pan = (state.pan.0 + by.0, state.pan.1 + by.1),
        Action::Fit => *state = State::default(),
    }
}

pub fn ask(_model: &Model) -> Panel {
    Panel::Graph(GraphAsk { labels: 8 })
}

fn radar(frame: &Frame) -> Option<&Radar> {
    frame.panels.iter().find_map(|panel| match panel {
        Answer::Graph(graph) => Some(graph),
        _ => None,
    })
}

#[component]
pub fn Graph(props: &ScreenProps) -> Html {
    let frame = use_answered(&props.model.frame, |answer| matches!(answer, Answer::Graph(_)));
    let radar = frame.as_deref().and_then(radar);
    let sum = radar.map(|radar| {
        let peers = format::count(u64::from(radar.peer_count));
        let word = if radar.peer_count == 1 { "peer" } else { "peers" };
        let as_of = as_of(&props.model).map_or(String::new(), |as_of| format!(", {as_of}"));
        format!("{peers} {word}, radius is round trip{as_of}")
    });
    let matching = radar
        .filter(|radar| radar.matching < radar.peer_count)
        .map(|radar| matching(&props.model.route.query, radar.matching.into(), radar.peer_count.into()));
    let body = match (&frame, radar) {
        (Some(frame), Some(_)) => html! {
            <Field model={props.model.clone()} dispatch={props.dispatch.clone()} frame={Rc::clone(frame)} />
        },
        _ => match props.model.link {
            Link::Idle | Link::Failed { .. } => html! {
                <Empty title="No source">{ "Open an endpoint or a recording to see its peers." }</Empty>
            },
            _ => {
                html! { <div class="cv"><canvas data-testid="graph-canvas" aria-busy="true"></canvas></div> }
            }
        },
    };
    html! {
        <main class="view" data-testid="screen-graph">
            <div class="viewbar">
                <h1>{ "Graph" }</h1><span class="sum">{ sum.unwrap_or_default() }</span><span class="sp"></span>
                { each(query_error(&props.model, radar.and_then(|radar| radar.query_error.as_ref()))) }
                { each(matching) }
                <span class="t3 nw desk caption">{ "Labels: top 8 talkers" }</span>
            </div>
            { body }
        </main>
    }
}

#[derive(Clone, Properties)]
struct FieldProps {
    model: Rc<Model>,
    dispatch: Callback<Act>,
    frame: Rc<Frame>,
}

impl PartialEq for FieldProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.model, &other.model) && Rc::ptr_eq(&self.frame, &other.frame)
    }
}

/// A press that may become a drag: where it began, where it was last, how far it went.
#[derive(Clone, Copy)]
struct Drag {
    last: (f64, f64),
    far: f64,
}

/// A press that moved less is a click.
const CLICK_PX: f64 = 4.0;

#[component]
fn Field(props: &FieldProps) -> Html {
    let holder = use_node_ref();
    let canvas = use_node_ref();
    let size = use_size(&holder);
    let scheme = use_scheme();
    let hover = use_state_eq(|| None::<Key>);
    let drag = use_mut_ref(|| None::<Drag>);
    let model = &props.model;
    let Some(answer) = radar(&props.frame) else { return Html::default() };
    let eye = Eye {
        width: size.width,
        height: size.height,
        zoom: model.graph.zoom,
        pan: model.graph.pan,
        phone: model.window.phone(),
    };
    let scene = Rc::new(scene::build(answer, eye, Selected::of(model), hover.as_ref()));
    {
        let canvas = canvas.clone();
        use_effect_with((scene.clone(), model.theme, scheme, model.window.scale), move |(scene, ..)| {
            let surface =
                canvas.cast::<HtmlCanvasElement>().and_then(|canvas| Surface::prepare(canvas, size));
            if let Some(surface) = surface {
                picture::paint(&surface, "--bg-0", &scene.marks);
            }
        });
    }
    use_wheel(&canvas, &props.dispatch);

    let onpointerdown = {
        let drag = drag.clone();
        Callback::from(move |event: PointerEvent| {
            if event.button() == 0 {
                if let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) {
                    element.set_pointer_capture(event.pointer_id()).ok();
                }
                *drag.borrow_mut() = Some(Drag { last: place(&event), far: 0.0 });
            }
        })
    };
    let onpointermove = {
        let (drag, hover, scene, dispatch) =
            (drag.clone(), hover.clone(), scene.clone(), props.dispatch.clone());
        Callback::from(move |event: PointerEvent| {
            let at = place(&event);
            if let Some(drag) = drag.borrow_mut().as_mut() {
                let by = (at.0 - drag.last.0, at.1 - drag.last.1);
                drag.far += by.0.hypot(by.1);
                drag.last = at;
                if drag.far >= CLICK_PX {
                    hover.set(None);
                    dispatch.emit(Act::Graph(Action::Pan { by }));
                }
                return;
            }
            hover.set(scene.pick(at).map(|spot| spot.key.clone()));
        })
    };
    let onpointerup = {
        let (drag, scene, dispatch) = (drag.clone(), scene.clone(), props.dispatch.clone());
        Callback::from(move |event: PointerEvent| {
            let began = drag.borrow_mut().take();
            if began.is_some_and(|drag| drag.far < CLICK_PX) {
                dispatch.emit(Act::Select(scene.pick(place(&event)).map(|spot| spot.key.clone())));
            }
        })
    };
    let onpointerleave = {
        let hover = hover.clone();
        Callback::from(move |_: PointerEvent| hover.set(None))
    };
    let onpointercancel = Callback::from(move |_: PointerEvent| *drag.borrow_mut() = None);
    let card = hover.as_ref().and_then(|key| {
        let spot = scene.spots.iter().find(|spot| spot.key == *key)?;
        Some(card::card(answer.nodes.get(spot.node)?, spot.at, size))
    });
    let empty = answer.nodes.is_empty().then(|| html! { <div class="over">{ nobody(&props.frame) }</div> });
    let onkeydown = keys(&props.dispatch);
    html! {
        <div class="cv" ref={holder}>
            <canvas ref={canvas} data-testid="graph-canvas" role="img" tabindex="0" aria-label={summary(answer)}
                class={(hover.is_some()).then_some("hit")}
                {onpointerdown} {onpointermove} {onpointerup} {onpointerleave} {onpointercancel} {onkeydown}></canvas>
            { each(empty) }
            { legend(answer) }
            { zoom_bar(&props.model, &props.dispatch) }
            { each(card) }
        </div>
    }
}

/// Where the pointer is in the canvas.
fn place(event: &PointerEvent) -> (f64, f64) {
    (f64::from(event.offset_x()), f64::from(event.offset_y()))
}

/// The wheel zooms around the pointer. Not passive, since the page must not scroll.
#[hook]
fn use_wheel(canvas: &NodeRef, dispatch: &Callback<Act>) {
    let dispatch = dispatch.clone();
    use_effect_with(canvas.clone(), move |canvas| {
        let listener = canvas.cast::<Element>().map(|element| {
            let options = EventListenerOptions::enable_prevent_default();
            let measured = element.clone();
            EventListener::new_with_options(&element, "wheel", options, move |event| {
                let Some(event) = event.dyn_ref::<WheelEvent>() else { return };
                event.prevent_default();
                let middle =
                    (f64::from(measured.client_width()) / 2.0, f64::from(measured.client_height()) / 2.0);
                let at = (f64::from(event.offset_x()) - middle.0, f64::from(event.offset_y()) - middle.1);
                // Lines and pages to px, as browsers do.
                let step = match event.delta_mode() {
                    WheelEvent::DOM_DELTA_LINE => 16.0,
                    WheelEvent::DOM_DELTA_PAGE => 400.0,
                    _ => 1.0,
                };
                let factor = (-event.delta_y() * step / 400.0).clamp(-1.0, 1.0).exp();
                dispatch.emit(Act::Graph(Action::Zoom { factor, at }));
            })
        });
        move || drop(listener)
    });
}

fn keys(dispatch: &Callback<Act>) -> Callback<KeyboardEvent> {
    let dispatch = dispatch.clone();
    Callback::from(move |event: KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let middle = (0.0, 0.0);
        let action = match event.key().as_str() {
            "+" | "=" => Action::Zoom { factor: STEP, at: middle },
            "-" => Action::Zoom { factor: 1.0 / STEP, at: middle },
            "0" => Action::Fit,
            "ArrowLeft" | "a" => Action::Pan { by: (40.0, 0.0) },
            "ArrowRight" | "d" => Action::Pan { by: (-40.0, 0.0) },
            "ArrowUp" | "w" => Action::Pan { by: (0.0, 40.0) },
            "ArrowDown" | "s" => Action::Pan { by: (0.0, -40.0) },
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        dispatch.emit(Act::Graph(action));
    })
}

fn zoom_bar(model: &Model, dispatch: &Callback<Act>) -> Html {
    let zoom = |factor: f64| {
        dispatch.reform(move |_: MouseEvent| Act::Graph(Action::Zoom { factor, at: (0.0, 0.0) }))
    };
    let fit = dispatch.reform(|_: MouseEvent| Act::Graph(Action::Fit));
    html! {
        <div class="zoom seg">
            <button onclick={zoom(1.0 / STEP)} aria-label="Zoom out">{ "−" }</button>
            <span aria-live="off">{ format!("{:.0} %", model.graph.zoom * 100.0) }</span>
            <button onclick={zoom(STEP)} aria-label="Zoom in">{ "+" }</button>
            <button onclick={fit}>{ "Fit" }</button>
        </div>
    }
}

fn legend(radar: &Radar) -> Html {
    let relayed = radar.nodes.iter().any(|node| node.relayed).then(|| {
        html! {
            <span>
                <svg width="34" height="10" aria-hidden="true">
                    <path d="M0 5h34" stroke="var(--relayed)" stroke-width="1.5" stroke-dasharray="4 3" />
                </svg>
                { "relayed, drawn through its relay" }
            </span>
        }
    });
    html! {
        <div class="legend">
            <span>
                <svg width="34" height="10" aria-hidden="true">
                    <path d="M0 5h10" stroke="var(--text-3)" stroke-width=".6" />
                    <path d="M12 5h10" stroke="var(--text-3)" stroke-width="1.2" />
                    <path d="M24 5h10" stroke="var(--text-3)" stroke-width="4.7" />
                </svg>
                { "1 kB/s, 30 kB/s, 1 MB/s" }
            </span>
            { each(relayed) }
            <span>
                <svg width="34" height="12" aria-hidden="true">
                    <circle cx="7" cy="6" r="4.5" fill="none" stroke="var(--opening)" stroke-width="1.5" stroke-dasharray="2 2" />
                    <circle cx="25" cy="6" r="4.5" fill="none" stroke="var(--relayed)" stroke-width="1.5" />
                </svg>
                { "opening, acts as our relay" }
            </span>
        </div>
    }
}

fn nobody(frame: &Frame) -> Html {
    if frame.head.snapshot == 0 {
        html! { <Empty title="No snapshot yet at this moment">{ "Peers come with the source's first snapshot of its state." }</Empty> }
    } else {
        html! { <Empty title="No peers at this moment">{ "No connection is open here." }</Empty> }
    }
}

/// What the picture shows, for those who can't see it.
fn summary(radar: &Radar) -> String {
    let sectors = radar.sectors.iter().map(|sector| {
        let name = sector.name.as_deref().unwrap_or("unknown transport");
        format!("{} by {}", sector.count, format::visible(name, 40))
    });
    let mut told: Vec<u64> = radar.nodes.iter().filter_map(|node| node.rtt_ns).collect();
    told.sort_unstable();
    let rtt = match told.get(told.len() / 2) {
        Some(middle) => format!("Median round trip {}", format::nanos(*middle).text()),
        None => "No round trip is told".into(),
    };
    let top = radar.nodes.iter().filter(|node| node.labelled).map(|node| format::peer_short(&node.peer));
    format!(
        "Radar of {} peers: {}. {rtt}. Most traffic: {}.",
        radar.peer_count,
        sectors.collect::<Vec<_>>().join(", "),
        top.map(|peer| format::visible(&peer, 20)).collect::<Vec<_>>().join(", ")
    )
}

impl PartialEq for Scene {
    fn eq(&self, other: &Self) -> bool {
        self.marks == other.marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let mut state = State::default();
        update(&mut state, Action::Pan { by: (10.0, -5.0) });
        let at = (100.0, 40.0);
        let before = ((at.0 - state.pan.0) / state.zoom, (at.1 - state.pan.1) / state.zoom);
        update(&mut state, Action::Zoom { factor: 2.5, at });
        let after = ((at.0 - state.pan.0) / state.zoom, (at.1 - state.pan.1) / state.zoom);
        assert!((before.0 - after.0).abs() < 1e-9 && (before.1 - after.1).abs() < 1e-9);
        update(&mut state, Action::Zoom { factor: 1e9, at });
        assert_eq!(state.zoom, *ZOOM.end());
        update(&mut state, Action::Fit);
        assert_eq!(state, State::default());
    }
}
