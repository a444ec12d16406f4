//! A peer in a line: its picture, the grey head and the bright tail of its id.

use yew::prelude::*;

use super::{identicon::Identicon, text};
use crate::format;

#[derive(Clone, PartialEq, Properties)]
pub struct PeerProps {
    pub id: AttrValue,
    #[prop_or(15)]
    pub size: u32,
}

#[component]
pub fn Peer(props: &PeerProps) -> Html {
    if props.id.is_empty() {
        return html! { <span class="peer t3">{ format::NONE }</span> };
    }
    html! {
        <span class="peer" title={text::title(&props.id)}>
            <Identicon id={props.id.clone()} size={props.size} />
            { short(&props.id) }
        </span>
    }
}

/// The id alone.
pub fn short(id: &str) -> Html {
    let (head, tail) = format::peer_parts(id);
    let head = if head.is_empty() { String::new() } else { format!("{}…", format::visible(head, 8)) };
    html! { <bdi class="pid"><i>{ head }</i>{ format::visible(tail, 16) }</bdi> }
}
