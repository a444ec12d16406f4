//! JSON to read: a tree that folds. Numbers and strings stay as they were written, so that big integers keep every digit.

mod parse;
mod tree;

use std::collections::BTreeSet;

use yew::prelude::*;

use super::each;

use crate::format;
use tree::{Line, Part};

/// More lines than this are not put into the page.
const MOST_LINES: usize = 2000;

#[derive(Clone, PartialEq, Properties)]
pub struct JsonProps {
    pub text: AttrValue,
    /// The text goes on where it ends here.
    #[prop_or_default]
    pub cut: bool,
}

/// A tree of the text, or the text as it is where it is no JSON.
#[component]
pub fn Json(props: &JsonProps) -> Html {
    let turned = use_state_eq(BTreeSet::<Vec<u32>>::new);
    let value = use_memo(props.text.clone(), |text| parse::parse(text));
    let cut = props.cut.then(|| html! { <div class="c">{ "… cut: the content is longer" }</div> });
    let Some(value) = &*value else {
        return html! {
            <div class="json plain"><bdi>{ format::visible(&props.text, 100_000) }</bdi>{ each(cut) }</div>
        };
    };
    let lines = tree::lines(value, &turned, MOST_LINES);
    let more =
        (lines.len() >= MOST_LINES).then(|| html! { <div class="c">{ "… more lines are not shown" }</div> });
    let rows = lines.into_iter().map(|line| row(line, &turned));
    html! { <div class="json" role="tree">{ each(rows) }{ each(more) }{ each(cut) }</div> }
}

fn row(line: Line, turned: &UseStateHandle<BTreeSet<Vec<u32>>>) -> Html {
    let twist = line.folds.clone().map(|(path, open)| {
        let turned = turned.clone();
        let onclick = Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            let mut next = (*turned).clone();
            if !next.remove(&path) {
                next.insert(path.clone());
            }
            turned.set(next);
        });
        let label = if open { "Fold" } else { "Unfold" };
        html! {
            <button class="fold" {onclick} aria-label={label} aria-expanded={open.to_string()}>
                { if open { "▾" } else { "▸" } }
            </button>
        }
    });
    let parts = line.parts.into_iter().map(|part| match part {
        Part::Key(text) => html! { <bdi class="k">{ text }</bdi> },
        Part::Text(text) => html! { <bdi class="s">{ text }</bdi> },
        Part::Number(text) => html! { <bdi class="n">{ text }</bdi> },
        Part::Word(text) => html! { <span class="n">{ text }</span> },
        Part::Mark(text) => html! { { text } },
        Part::Note(text) => html! { <span class="c">{ text }</span> },
    });
    html! {
        <div class="l" role="treeitem" style={format!("padding-left:{}px", 16 * (line.depth + 1))}>
            { each(twist) }{ each(parts) }
        </div>
    }
}
