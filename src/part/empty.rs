//! What stands in place of rows: why there are none, and what to do about it. And the bars of what is under way.

use yew::prelude::*;

use super::each;

#[derive(Clone, PartialEq, Properties)]
pub struct EmptyProps {
    pub title: AttrValue,
    #[prop_or_default]
    pub children: Html,
}

#[component]
pub fn Empty(props: &EmptyProps) -> Html {
    html! {
        <div class="empty" data-testid="empty"><b>{ props.title.clone() }</b><p>{ props.children.clone() }</p></div>
    }
}

/// Rows that are not there yet.
pub fn bars(widths: &[u16], rows: usize) -> Html {
    let row = || {
        let cells = widths.iter().map(|width| {
            html! { <td><i class="sk" style={format!("width:{width}px")}></i></td> }
        });
        html! { <tr aria-hidden="true">{ each(cells) }</tr> }
    };
    html! { { each((0..rows).map(|_| row())) } }
}
