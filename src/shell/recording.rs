//! What is kept of a live source: a button with its time and size, and a panel under it that says how far back it reaches, how
//! much room there is, and what happens when that is full.

use yew::prelude::*;

use super::banner::PartProps;
use crate::{
    dom, format,
    model::{
        Action, KeptIn, Link, Model, SourceRef,
        saving::{self, Tab},
    },
    part::icon::{Icon, Name},
};

fn is_live(model: &Model) -> bool {
    matches!(model.route.source, Some(SourceRef::Endpoint(_)))
        && model.frame.as_ref().is_some_and(|frame| frame.head.span.is_some())
}

/// How long, and from when.
fn kept(model: &Model) -> Option<(u64, u64)> {
    let span = model.frame.as_ref()?.head.span?;
    let from = model.recording.from_ms.map_or(span.from_ms, |from| from.max(span.from_ms));
    Some((span.to_ms.saturating_sub(from), from))
}

#[component]
pub fn Recording(props: &PartProps) -> Html {
    let model = &props.model;
    let Some((long_ms, _)) = kept(model).filter(|_| is_live(model)) else { return Html::default() };
    let open = model.record_panel;
    let onclick = props.dispatch.reform(move |_: MouseEvent| Action::RecordPanel(!open));
    let grows = matches!(model.link, Link::Live { .. });
    let size = format::bytes(model.recording.bytes as f64);
    html! {
        <>
            <button class={classes!("btn", "rec", open.then_some("on"))} data-testid="record" aria-haspopup="dialog" aria-expanded={open.to_string()} {onclick}>
                <i class={classes!("dot", (!grows).then_some("off"))}></i><span class="vh">{ "Recording " }</span>
                <span class="desk">{ format::duration_ms(long_ms / 1000 * 1000) }</span>
                <span class="t3 desk wide">{ size.text() }</span>
            </button>
            if open { { panel(props) } }
        </>
    }
}

fn panel(props: &PartProps) -> Html {
    let model = &props.model;
    let recording = &model.recording;
    let Some((long_ms, from_ms)) = kept(model) else { return Html::default() };
    let clock = |ms| format::clock(ms, model.zone_minutes, format::Clock::Seconds);
    let close = props.dispatch.reform(|_: MouseEvent| Action::RecordPanel(false));
    let on_key = {
        let dispatch = props.dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.stop_propagation();
                dispatch.emit(Action::RecordPanel(false));
            }
        })
    };
    let save = open_dialog(&props.dispatch, Tab::File);
    let used = if recording.quota > 0 { recording.bytes as f64 / recording.quota as f64 } else { 0.0 };
    let percent = (used * 100.0).clamp(0.0, 100.0);
    let per_minute = if long_ms > 0 { recording.bytes as f64 * 60_000.0 / long_ms as f64 } else { 0.0 };
    let size = format::bytes(recording.bytes as f64);
    let head = model.frame.as_ref().map(|frame| frame.head.clone()).unwrap_or_default();
    html! {
        <>
            <div class="veil" onclick={close.clone()} />
            <section class="pop recpop" role="dialog" aria-label="Recording" onkeydown={on_key}>
                <div class="hd"><i class="dot"></i><b>{ "Recording" }</b><span class="t2">{ format!("since {}", clock(from_ms)) }</span>
                    <span class="sp"></span>
                    <button class="btn ic" aria-label="Close" onclick={close}><Icon name={Name::Close} size={13} /></button></div>
                <dl class="fig">
                    <div><dt>{ "Time" }</dt><dd>{ format::duration_ms(long_ms / 1000 * 1000) }</dd></div>
                    <div><dt>{ "Size" }</dt><dd>{ size.number }{ " " }<i>{ size.unit }</i></dd></div>
                    <div><dt>{ "Reaches back to" }</dt><dd>{ clock(from_ms) }</dd></div>
                </dl>
                <div class="sec">
                    <div class="meter" role="meter" aria-valuenow={percent.round().to_string()} aria-valuemin="0" aria-valuemax="100"
                        aria-label="Room used"><i style={format!("width:{percent:.1}%")}></i></div>
                    <div class="sub2"><span>{ format!("{} of {}", format::percent(used.min(1.0)), mebibytes(recording.quota)) }</span>
                        <span>{ format!("{} a minute", format::bytes(per_minute).text()) }</span></div>
                </div>
                <div class="sec">
                    <p class="t2">{ full(recording.quota, per_minute) }{ dropped(recording.dropped) }</p>
                </div>
                <div class="sec line"><dl class="kv">
                    <dt>{ "Holds" }</dt><dd>{ format!("{} snapshots, {} events", format::count(u64::from(head.snapshots)), format::count(head.events_recorded)) }</dd>
                    <dt>{ "History" }</dt><dd>{ format!("at most {} MiB of memory", model.route.budget.mib()) }</dd>
                    if let Some(own) = own(model) {
                        <dt>{ "From the node" }</dt><dd data-testid="own-recording">{ own }</dd>
                    }
                    <dt>{ "Missing" }</dt><dd>{ missing(head.gaps, head.gap_ms) }</dd>
                    <dt>{ "Kept in" }</dt><dd data-testid="kept-in">{ kept_in(&recording.kept_in) }</dd>
                </dl></div>
                <div class="ft"><button class="btn pri" onclick={save}><Icon name={Name::Save} size={14} />{ "Save or share…" }</button></div>
            </section>
        </>
    }
}

fn mebibytes(bytes: u64) -> String {
    if bytes >= 1 << 30 { format!("{} GiB", bytes >> 30) } else { format!("{} MiB", bytes >> 20) }
}

fn full(quota: u64, per_minute: f64) -> String {
    if per_minute <= 0.0 || quota == 0 {
        return "When it is full, the oldest goes.".to_owned();
    }
    let reach = (quota as f64 / per_minute * 60_000.0) as u64;
    format!(
        "When it is full, the oldest goes; at this rate it then reaches back {}.",
        format::duration_ms(reach)
    )
}

fn dropped(messages: u64) -> String {
    if messages == 0 {
        " Dropped so far: nothing.".to_owned()
    } else {
        format!(" Dropped so far: {} messages.", format::count(messages))
    }
}

/// What came of the node's own recorder, and what went wrong with it.
fn own(model: &Model) -> Option<String> {
    let own = &model.own;
    let since = own.from_ms.map(|ms| format::clock(ms, model.zone_minutes, format::Clock::Seconds));
    let frames = match own.frames {
        0 => None,
        1 => Some("1 frame of its own recorder".to_owned()),
        n => Some(format!("{} frames of its own recorder", format::count(n))),
    };
    let had = frames.map(|frames| match since {
        Some(since) => format!("{frames}, since {since}."),
        None => format!("{frames}."),
    });
    let trouble = own.trouble.as_ref().map(|trouble| match had {
        None => format!("nothing. {trouble}"),
        Some(_) => trouble.clone(),
    });
    let said: Vec<String> = had.into_iter().chain(trouble).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

fn missing(gaps: u32, gap_ms: u64) -> String {
    match gaps {
        0 => "nothing".to_owned(),
        1 => format!("1 gap, {}", format::duration_ms(gap_ms)),
        n => format!("{n} gaps, {}", format::duration_ms(gap_ms)),
    }
}

fn kept_in(kept_in: &KeptIn) -> String {
    match kept_in {
        KeptIn::Opening => "this tab’s memory, for the first moment".to_owned(),
        KeptIn::Files => "private files of this browser; closing the tab removes them".to_owned(),
        KeptIn::Page(why) => format!("this tab’s memory ({why}); closing it loses it"),
    }
}

/// Opens the dialog, with random bytes for its stand-ins.
pub fn open_dialog(dispatch: &Callback<Action>, tab: Tab) -> Callback<MouseEvent> {
    dispatch.reform(move |_: MouseEvent| match dom::random() {
        Some(salt) => Action::Saving(saving::Action::Open(tab, salt)),
        None => Action::Toast {
            error: true,
            text: "This browser has no random numbers, which saving needs.".to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::OwnRecording;

    #[test]
    fn what_came_of_the_nodes_recorder_is_said_and_what_went_wrong() {
        let said = |own| super::own(&Model { own, ..Model::default() });
        assert_eq!(said(OwnRecording::default()), None);
        let came = OwnRecording { frames: 1234, from_ms: Some(3_661_000), ..OwnRecording::default() };
        let text = said(came.clone()).expect("it came");
        assert!(text.ends_with("frames of its own recorder, since 01:01:01."), "{text}");
        let cut = OwnRecording { trouble: Some("It broke off.".to_owned()), ..came };
        assert!(said(cut.clone()).is_some_and(|text| text.ends_with("since 01:01:01. It broke off.")));
        let none = OwnRecording { frames: 0, from_ms: None, ..cut };
        assert_eq!(said(none).as_deref(), Some("nothing. It broke off."));
    }
}
