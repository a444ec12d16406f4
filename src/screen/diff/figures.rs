//! Beside the rows: the node's figures in A and B, and why things went away.

use peerscope_engine::{frame::Diff, view::Section};
use yew::prelude::*;

use super::words;
use crate::{
    format,
    part::{each, text},
};

/// `filtered`: a query leaves out some of the rows, and nothing of the figures.
pub fn figures(diff: &Diff, filtered: bool) -> Html {
    let rows = diff.figures.iter().map(|figure| {
        let change = words::difference(&figure.a, &figure.b).unwrap_or_default();
        html! {
            <tr>
                <th scope="row" class={if figure.part { "t3 part" } else { "t2" }}>{ figure.label.clone() }</th>
                <td class="r t2">{ words::value(&figure.a) }</td>
                <td class="r">{ words::value(&figure.b) }</td>
                <td class={classes!("r", (change == "0").then_some("t3"))}>{ change }</td>
            </tr>
        }
    });
    html! {
        <section class="panel">
            <header>{ "Figures " }<span class="t3">{ if filtered { "of the whole node, B against A" } else { "B against A" } }</span></header>
            <table class="t dfig" aria-label="Figures in A and B">
                <colgroup><col /><col style="width:80px" /><col style="width:80px" /><col style="width:76px" /></colgroup>
                <thead><tr>
                    <th scope="col"><span class="vh">{ "Figure" }</span></th>
                    <th scope="col" class="r"><b class="abk">{ "A" }</b></th><th scope="col" class="r"><b class="abk b">{ "B" }</b></th>
                    <th scope="col" class="r">{ "Change" }</th>
                </tr></thead>
                <tbody>{ each(rows) }</tbody>
            </table>
        </section>
    }
}

/// Why what vanished did, most frequent first.
pub fn causes(diff: &Diff) -> Html {
    let most = diff.causes.first().map_or(1, |cause| cause.count.max(1));
    if diff.causes.is_empty() {
        return Html::default();
    }
    let what = if diff.section == Section::Streams { "streams" } else { "connections" };
    let bars = diff.causes.iter().map(|cause| {
        let part = f64::from(cause.count) / f64::from(most) * 100.0;
        let word = cause.cause.as_deref().map_or_else(|| html! { "not told why" }, text::safe);
        html! {
            <li>
                <span class="el">{ word }</span>
                <span class="room"><i class={classes!("b", cause.error.then_some("bad"))} style={format!("width:{part}%")}></i></span>
                <span class="r t1">{ format::count(cause.count.into()) }</span>
            </li>
        }
    });
    html! {
        <section class="panel causes">
            <header>{ format!("Why {} {what} went away", format::count(diff.changes.vanished.into())) }</header>
            <ul>{ each(bars) }</ul>
        </section>
    }
}
