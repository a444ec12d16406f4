//! Bytes in and out: over time, now, and in all.

use peerscope_engine::frame::{Frame, TrafficChart};
use yew::prelude::*;

use crate::part::each;

use super::super::ScreenProps;
use crate::{
    format::{self, Clock},
    paint::chart::{Chart, Painting, Traffic},
    part::{colour::Swatch, figure},
};

pub fn traffic(props: &ScreenProps, frame: Option<&Frame>, chart: &TrafficChart) -> Html {
    let model = &props.model;
    let flow = &chart.flow;
    let any = chart.rate_in.iter().chain(&chart.rate_out).any(|rate| rate.is_finite());
    let drawn = chart.span.filter(|span| any && span.to_ms > span.from_ms).map(|span| {
        let cursor_ms = frame.and_then(|frame| frame.head.cursor_ms).filter(|at| *at < span.to_ms);
        let painting = Painting::Traffic(Traffic {
            span,
            rate_in: chart.rate_in.clone(),
            rate_out: chart.rate_out.clone(),
            cursor_ms,
        });
        let label = format!(
            "Traffic from {} to {}: now in {}, out {}; in all in {}, out {}",
            format::clock(span.from_ms, model.zone_minutes, Clock::Seconds),
            format::clock(span.to_ms, model.zone_minutes, Clock::Seconds),
            figure::rate_text(flow.rate_in),
            figure::rate_text(flow.rate_out),
            figure::total_text(flow.total_in),
            figure::total_text(flow.total_out)
        );
        html! {
            <div class="traffic">
                <Chart {painting} {label} zone_minutes={model.zone_minutes} theme={model.theme} scale={model.window.scale} left={50.0} />
            </div>
        }
    });
    let over = chart
        .span
        .map(|span| format!("over {}", format::duration_ms(span.to_ms.saturating_sub(span.from_ms))));
    let shared = chart.shared.then(|| {
        html! { <p class="note t3">{ "Of the whole peer: this source tells none per connection." }</p> }
    });
    let row = |token, word, rate, total| {
        html! {
            <>
                <dt><Swatch {token} />{ word }</dt><dd class="r">{ figure::rate(rate) }</dd><dd class="r">{ figure::total(total) }</dd>
            </>
        }
    };
    html! {
        <div class="isec">
            <h2>{ "Traffic" }<i class="sp"></i><span>{ over.filter(|_| drawn.is_some()).unwrap_or_default() }</span></h2>
            { each(drawn) }
            <dl class="kv three">
                <dt></dt><dd class="t3 r">{ "now, /s" }<i class="u"></i></dd><dd class="t3 r">{ "total" }<i class="u"></i></dd>
                { row("--in", " In", flow.rate_in, flow.total_in) }
                { row("--out", " Out", flow.rate_out, flow.total_out) }
            </dl>
            { each(shared) }
        </div>
    }
}
