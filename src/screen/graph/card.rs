//! The card beside a peer that the pointer is on.

use peerscope_engine::frame::GraphNode;
use yew::prelude::*;

use crate::part::each;

use crate::{
    format::{self, NONE},
    part::{
        badge,
        colour::Swatch,
        figure,
        glyph::{StatusGlyph, direction_word, status_word},
        peer::Peer,
        size::Size,
        text,
    },
};

const WIDTH: f64 = 222.0;
const HEIGHT: f64 = 160.0;
/// From the pointer.
const AWAY: f64 = 12.0;

/// It flips at the edges.
fn corner(at: (f64, f64), size: Size) -> (f64, f64) {
    let right = at.0 + AWAY + WIDTH <= size.width;
    let x = if right { at.0 + AWAY } else { at.0 - AWAY - WIDTH };
    (x.max(4.0), (at.1 - 20.0).clamp(4.0, (size.height - HEIGHT).max(4.0)))
}

pub fn card(node: &GraphNode, at: (f64, f64), size: Size) -> Html {
    let (left, top) = corner(at, size);
    let rtt = node.rtt_ns.map_or("not told".into(), |ns| format::nanos(ns).text());
    let streams = node.streams.map_or(NONE.into(), |n| format!("{} open", format::count(u64::from(n))));
    let agent = node.agent.as_deref().map_or(html! { "agent –" }, text::safe);
    let several = (node.connections > 1).then(|| {
        html! { <><dt>{ "Connections" }</dt><dd>{ node.connections.to_string() }</dd></> }
    });
    html! {
        <div class="tip" role="tooltip" style={format!("left:{left:.0}px;top:{top:.0}px;width:{WIDTH}px")}>
            <div class="tip-head"><Peer id={node.peer.clone()} /></div>
            <dl>
                <dt class="el">{ agent }</dt>
                <dd class="way">{ badge::transport(node.transport.as_deref()) }{ direction_word(node.direction) }</dd>
                <dt>{ "Status" }</dt>
                <dd><StatusGlyph status={node.status} end={node.end.clone()} size={9} />{ " " }{ status_word(node.status) }</dd>
                <dt>{ "Round trip" }</dt><dd>{ rtt }</dd>
                <dt><Swatch token="--in" />{ " In" }</dt><dd>{ figure::rate_text(node.rate_in) }</dd>
                <dt><Swatch token="--out" />{ " Out" }</dt><dd>{ figure::rate_text(node.rate_out) }</dd>
                <dt>{ "Streams" }</dt><dd>{ streams }</dd>
                { each(several) }
            </dl>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_stays_inside() {
        let size = Size { width: 900.0, height: 600.0 };
        assert_eq!(corner((100.0, 100.0), size), (112.0, 80.0));
        assert_eq!(corner((850.0, 590.0), size), (616.0, 440.0));
        assert_eq!(corner((10.0, 2.0), size), (22.0, 4.0));
        let small = Size { width: 100.0, height: 50.0 };
        assert_eq!(corner((50.0, 25.0), small), (4.0, 4.0));
    }
}
