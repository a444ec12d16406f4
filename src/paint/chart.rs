//! Charts: churn, event rates, traffic. Each is a plain value; [`Chart`] lays it out and paints it by plotters, whose sizes
//! are device pixels.

mod bars;
mod board;
mod traffic;

use peerscope_engine::view::Range;
use web_sys::HtmlCanvasElement;
use yew::prelude::*;

use super::canvas::Surface;
use crate::{
    model::Theme,
    part::{colour::Token, size::use_size},
};

pub use board::Frame;

/// Stacks of bars over time, upwards and downwards.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    pub span: Range,
    pub bars: Vec<Bar>,
    /// From the zero line outwards.
    pub up: Vec<Token>,
    pub down: Vec<Token>,
    /// Behind the greatest tick, `/s`.
    pub unit: &'static str,
    pub whole: bool,
    pub gaps: Vec<Range>,
    /// The moment shown.
    pub cursor_ms: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bar {
    pub up: Vec<f64>,
    pub down: Vec<f64>,
}

/// Bytes per second over time, in above and out below the line.
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    pub span: Range,
    pub rate_in: Vec<f32>,
    pub rate_out: Vec<f32>,
    pub cursor_ms: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Painting {
    Bars(Bars),
    Traffic(Traffic),
}

impl Painting {
    pub fn span(&self) -> Range {
        match self {
            Painting::Bars(bars) => bars.span,
            Painting::Traffic(traffic) => traffic.span,
        }
    }
}

#[derive(Clone, PartialEq, Properties)]
pub struct ChartProps {
    pub painting: Painting,
    /// What it shows, in a sentence.
    pub label: AttrValue,
    pub zone_minutes: i32,
    /// Both make it paint again.
    pub theme: Theme,
    pub scale: f64,
    #[prop_or_default]
    pub testid: Option<AttrValue>,
    #[prop_or(40.0)]
    pub left: f64,
}

/// A canvas as large as its box.
#[component]
pub fn Chart(props: &ChartProps) -> Html {
    let holder = use_node_ref();
    let canvas = use_node_ref();
    let size = use_size(&holder);
    let scheme = use_scheme();
    {
        let canvas = canvas.clone();
        use_effect_with((props.clone(), size, scheme), move |(props, size, _)| {
            let surface =
                canvas.cast::<HtmlCanvasElement>().and_then(|canvas| Surface::prepare(canvas, *size));
            if let Some(surface) = surface {
                let frame = Frame::new(size.width, size.height, props.left, props.painting.span());
                match &props.painting {
                    Painting::Bars(bars) => bars::paint(&surface, &frame, bars, props.zone_minutes),
                    Painting::Traffic(traffic) => {
                        traffic::paint(&surface, &frame, traffic, props.zone_minutes)
                    }
                }
            }
        });
    }
    html! {
        <div class="chart" ref={holder} data-testid={props.testid.clone()}>
            <canvas ref={canvas} role="img" aria-label={props.label.clone()}></canvas>
        </div>
    }
}

/// Changes when the system goes from dark to light or back.
#[hook]
pub fn use_scheme() -> u32 {
    let turns = use_state(|| 0_u32);
    let handle = turns.clone();
    use_effect_with((), move |()| {
        let query = web_sys::window()
            .and_then(|window| window.match_media("(prefers-color-scheme: light)").ok().flatten());
        let listener = query.as_ref().map(|query| {
            gloo_events::EventListener::new(query, "change", move |_| handle.set(handle.wrapping_add(1)))
        });
        move || drop(listener)
    });
    *turns
}
