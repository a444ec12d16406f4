//! The story: one dated line for each thing that happened to it.

use peerscope_engine::frame::{Inspector, Story, Tone};
use yew::prelude::*;

use crate::part::each;

use super::super::ScreenProps;
use crate::{
    format::{self, Clock},
    model::Action,
    part::text,
};

fn colour(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "--text-3",
        Tone::Good => "--active",
        Tone::Change => "--c3",
        Tone::Warning => "--warn",
        Tone::Error => "--error",
    }
}

pub fn story(props: &ScreenProps, known: &Inspector) -> Html {
    if known.story.is_empty() {
        return Html::default();
    }
    let last = known.story.len() - 1;
    let lines = known.story.iter().enumerate().map(|(i, story)| line(props, story, i == 0, i == last));
    let cut = (known.story_cut > 0).then(|| {
        html! { <p class="note t3">{ format!("{} lines in between are left out", format::count(u64::from(known.story_cut))) }</p> }
    });
    html! {
        <div class="isec last">
            <h2>{ "Story" }<i class="sp"></i><span>{ "opened, changed, kept" }</span></h2>
            <ul class="story">{ each(lines) }</ul>
            { each(cut) }
        </div>
    }
}

fn line(props: &ScreenProps, story: &Story, first: bool, last: bool) -> Html {
    let zone = props.model.zone_minutes;
    let exact = if story.inferred { Clock::Seconds } else { Clock::Millis };
    let dot = format!("fill:var({})", colour(story.tone));
    let rail = format!("M4.5 {}V{}", if first { 10 } else { 0 }, if last { 10 } else { 20 });
    let title = if story.inferred {
        format!("{}: between two snapshots, not told", text::title(&story.text))
    } else {
        format!("{}: {}", format::date_clock(story.at_ms, zone, Clock::Millis), text::title(&story.text))
    };
    let words = html! { <span class="el t2" {title}>{ text::safe(&story.text) }{ if story.inferred { ", inferred" } else { "" } }</span> };
    let words = match &story.key {
        Some(key) if Some(key) != props.model.route.selection.as_ref() => {
            let key = key.clone();
            let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Select(Some(key.clone())));
            html! { <button class="plain el" {onclick}>{ words }</button> }
        }
        _ => words,
    };
    html! {
        <li>
            <span class="mono t3">{ format::clock(story.at_ms, zone, exact) }</span>
            <svg width="9" height="20" aria-hidden="true">
                <path d={rail} stroke="var(--line-3)" /><circle cx="4.5" cy="10" r="3" style={dot} />
            </svg>
            { words }
        </li>
    }
}
