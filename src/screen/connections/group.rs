//! Groups of the table: the menu that chooses by what, and the heads with the sums of their rows.

use peerscope_engine::{frame::GroupRow, view::Group};
use yew::prelude::*;

use super::{
    super::group_menu,
    Action as Own, Focus, ScreenProps,
    column::{COLUMNS, PEER, STREAMS},
    grid::GridProps,
    grouped,
};
use crate::{
    format,
    model::Action,
    part::{badge, each, figure, peer::Peer, text},
    route,
};

/// What there is to group by, and the button that folds all groups.
pub fn menu(props: &ScreenProps) -> Html {
    let chosen = grouped(&props.model);
    let all = props.model.connections.folds.all;
    let fold = chosen.map(|_| {
        let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Connections(Own::FoldAll(!all)));
        html! {
            <button class="fbtn" data-testid="fold-all" {onclick}>{ if all { "Unfold all" } else { "Fold all" } }</button>
        }
    });
    html! { <>{ group_menu(props, &route::GROUPS[..8], chosen) }{ each(fold) }</> }
}

/// What the rows below have in common.
fn name(row: &GroupRow) -> Html {
    match (&row.name, row.by) {
        (None, Group::Protocol) => html! { <span class="t2">{ "negotiating" }</span> },
        (None, _) => html! { <span class="t2">{ "not told" }</span> },
        (Some(id), Group::Peer) => html! { <Peer id={id.clone()} /> },
        (Some(name), Group::Transport) => badge::transport(Some(name)),
        (Some(name), Group::Protocol) => badge::protocol(Some(name)),
        (Some(name), _) => html! { <b>{ text::safe(name) }</b> },
    }
}

fn counts(row: &GroupRow) -> String {
    let open = format!("{} open", format::count(row.open.into()));
    if row.closed == 0 { open } else { format!("{open}, {} closed", format::count(row.closed.into())) }
}

/// What C copies.
pub fn copied(row: &GroupRow) -> String {
    format!("{}: {}", row.name.as_deref().unwrap_or("not told"), counts(row))
}

/// The name as wide as all that tells of one connection, then each sum in its own column.
pub fn head(props: &GridProps, row: &GroupRow, number: usize, shown: &[usize]) -> Html {
    let phone = props.model.window.phone();
    let focus = props.model.connections.focus.as_ref().filter(|focus| focus.row == row.key);
    let toggle = {
        let (dispatch, key) = (props.dispatch.clone(), row.key.clone());
        Callback::from(move |_: MouseEvent| {
            dispatch.emit(Action::Connections(Own::Focus(Some(Focus { row: key.clone(), column: PEER }))));
            dispatch.emit(Action::Connections(Own::Fold(key.clone())));
        })
    };
    let wide = if phone { 3 } else { shown.iter().filter(|i| **i < STREAMS).count() };
    let sums = shown.iter().filter(|i| **i >= STREAMS && !phone).map(|i| {
        let column = &COLUMNS[*i];
        let body = match column.id {
            "streams" => figure::count(row.streams.map(u64::from)),
            "in" => figure::rate(row.flow.rate_in),
            "out" => figure::rate(row.flow.rate_out),
            _ => Html::default(),
        };
        html! { <td role="gridcell" class={column.class}>{ body }</td> }
    });
    let small = phone.then(|| {
        html! {
            <td role="gridcell" class="r">
                <span class="in-c">{ figure::rate_with_unit(row.flow.rate_in) }</span>
                <span class="m2 out-c">{ figure::rate_with_unit(row.flow.rate_out) }</span>
            </td>
        }
    });
    // Any column of it stands for the whole head.
    let cell = focus.map_or(PEER, |focus| focus.column);
    html! {
        <tr key={row.key.0.clone()} role="row" class="grp" data-testid="group-head" data-key={row.key.0.clone()} aria-level="1"
            aria-rowindex={number.to_string()} aria-expanded={(!row.folded).to_string()} onclick={toggle}>
            <td role="gridcell" id={format!("cell-{}-{cell}", number - 2)} colspan={wide.to_string()} data-column={PEER.to_string()}
                class={focus.map(|_| "cell-focus")}>
                <span class="gname">
                    <span class="twist" aria-hidden="true">{ if row.folded { "▸" } else { "▾" } }</span>
                    { name(row) }
                    <span class="t3 nw">{ counts(row) }</span>
                </span>
            </td>
            { each(sums) }{ each(small) }
        </tr>
    }
}
