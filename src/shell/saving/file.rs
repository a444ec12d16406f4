//! Saving a file: which part of the recording, what is replaced in it, and what it will be called.

use peerscope_engine::view::Range;
use yew::prelude::*;

use super::super::banner::PartProps;
use crate::{
    format,
    model::{
        Action, Model,
        saving::{self, State, Stretch, Switch},
    },
    part::each,
    update::saving::{file_name, range},
};

fn span(model: &Model) -> Option<Range> {
    model.frame.as_ref().and_then(|frame| frame.head.span)
}

/// The left side.
pub fn choices(props: &PartProps, state: &State) -> Html {
    html! {
        <>
            <fieldset><legend>{ "Range" }</legend>
                { strip(props, state) }
                { stretch(props, state, Stretch::All, "Whole recording") }
                { stretch(props, state, Stretch::Selection, "Selection") }
                { stretch(props, state, Stretch::Last, "Last 5 min") }
            </fieldset>
            <fieldset><legend>{ "Replace before saving" }<span class="sp"></span>
                <span class="t3">{ format!("{} of 4", state.replace.count()) }</span></legend>
                { each(switches(state).into_iter().map(|(switch, on, id, title, text)| {
                    let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Saving(saving::Action::Switch(switch)));
                    html! {
                        <div class="sr">
                            <span><b id={format!("l-{id}")}>{ title }</b><p>{ text }</p></span>
                            <button class="swt" role="switch" aria-checked={on.to_string()} aria-labelledby={format!("l-{id}")}
                                data-testid={format!("replace-{id}")} {onclick}></button>
                        </div>
                    }
                })) }
            </fieldset>
        </>
    }
}

type Row = (Switch, bool, &'static str, &'static str, &'static str);

fn switches(state: &State) -> [Row; 4] {
    let replace = state.replace;
    [
        (
            Switch::Addresses,
            replace.addresses,
            "addresses",
            "Addresses",
            "Same host, same stand-in; kind and port stay",
        ),
        (
            Switch::PeerIds,
            replace.peer_ids,
            "peer-ids",
            "Peer ids",
            "Pseudonyms, one per peer in this file; the key is thrown away",
        ),
        (
            Switch::EventContent,
            replace.event_content,
            "events",
            "Event content",
            "Type, time and peer stay; the content is emptied",
        ),
        (
            Switch::Agents,
            replace.agents,
            "agents",
            "Agent versions",
            "rust-libp2p/0.57.1 becomes rust-libp2p; others a stand-in",
        ),
    ]
}

fn stretch(props: &PartProps, state: &State, which: Stretch, text: &'static str) -> Html {
    let model = &props.model;
    let times = match which {
        Stretch::All => span(model),
        _ => range(which, model.route.range, span(model)),
    };
    let onchange = props.dispatch.reform(move |_: Event| Action::Saving(saving::Action::Stretch(which)));
    let on = state.stretch == which;
    let clock = |ms| format::clock(ms, model.zone_minutes, format::Clock::Seconds);
    let size = times.and_then(|times| size(model, state, times));
    let id = match which {
        Stretch::All => "all",
        Stretch::Selection => "selection",
        Stretch::Last => "last",
    };
    html! {
        <label class={classes!("rr", on.then_some("on"))}>
            <input class="rd" type="radio" name="stretch" data-testid={format!("range-{id}")} checked={on} disabled={times.is_none()} {onchange} />
            <span>{ text }</span>
            if let Some(times) = times {
                <span class="mono">{ format!("{} – {}", clock(times.from_ms), clock(times.to_ms)) }</span>
                <span class="r">{ format::duration_ms(times.to_ms - times.from_ms) }</span>
                if let Some(size) = size {
                    <span class="r">{ format!("≈ {}", size.number) }<i class="u1">{ size.unit }</i></span>
                } else {
                    <span class="r">{ format::NONE }</span>
                }
            } else {
                <span class="t3 none">{ "none: drag over the timeline" }</span>
            }
        </label>
    }
}

/// About: the bytes of all of it, by the part of time.
fn size(model: &Model, state: &State, times: Range) -> Option<format::Quantity> {
    let bytes = state.preview.as_ref()?.bytes as f64;
    let all = span(model)?;
    let part = |range: Range| range.to_ms.saturating_sub(range.from_ms) as f64;
    let share = if part(all) > 0.0 { (part(times) / part(all)).min(1.0) } else { 1.0 };
    Some(format::bytes(bytes * share))
}

/// Where the range lies within all of it.
fn strip(props: &PartProps, state: &State) -> Html {
    let model = &props.model;
    let (Some(all), Some(chosen)) =
        (span(model), range(state.stretch, model.route.range, span(model)).or(span(model)))
    else {
        return Html::default();
    };
    let whole = all.to_ms.saturating_sub(all.from_ms).max(1) as f64;
    let at = |ms: u64| (ms.saturating_sub(all.from_ms) as f64 / whole * 100.0).clamp(0.0, 100.0);
    let style = format!("left:{:.2}%;right:{:.2}%", at(chosen.from_ms), 100.0 - at(chosen.to_ms));
    html! { <div class="stripbox" aria-hidden="true"><i {style}></i></div> }
}

/// The file, below the preview.
pub fn file(props: &PartProps, state: &State) -> Html {
    let model = &props.model;
    let chosen = range(state.stretch, model.route.range, span(model)).or(span(model));
    let size = chosen.and_then(|times| size(model, state, times)).map(|size| {
        // How much packing saves is known once it is done.
        format!("≈ {}{}", size.text(), if state.packed { " before packing" } else { "" })
    });
    let onclick = {
        let packed = state.packed;
        props.dispatch.reform(move |_: MouseEvent| Action::Saving(saving::Action::Pack(!packed)))
    };
    let added = match state.stretch {
        Stretch::All => "Every frame that is kept, in the order in which it came.",
        Stretch::Selection | Stretch::Last => {
            "Snapshots and events of this range. What the node told of itself before comes first, so that the file stands alone."
        }
    };
    let same = if state.replace.any() { "" } else { " Byte for byte as the node sent them." };
    html! {
        <div class="fb2">
            <div class="dh">{ "File" }<span class="sp"></span><span class="t1n">{ size.unwrap_or_default() }</span></div>
            <div class="field"><span class="el" data-testid="export-name">{ file_name(model) }</span></div>
            <p class="cap">{ added }{ same }</p>
            <div class="sr">
                <span><b id="l-pack">{ "Packed (gzip)" }</b><p>{ "Smaller; opens here as well" }</p></span>
                <button class="swt" role="switch" aria-checked={state.packed.to_string()} aria-labelledby="l-pack" data-testid="export-pack" {onclick}></button>
            </div>
        </div>
    }
}
