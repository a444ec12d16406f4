//! Opening sources: the address field and the file field, and the menu under the source's button.

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, InputEvent, KeyboardEvent};
use yew::prelude::*;

use super::{ShellProps, source_name};
use crate::{
    format,
    model::{Action, Link, Recent, SourceRef},
    part::{
        each,
        icon::{Icon, Name},
    },
};

/// The field for an endpoint's address and its button.
#[component]
pub fn AddressForm(props: &ShellProps) -> Html {
    let empty = use_state(|| false);
    let known = match &props.model.route.source {
        Some(SourceRef::Endpoint(url)) => url.clone(),
        _ => String::new(),
    };
    let text = use_state(|| known.clone());
    let on_submit = {
        let (text, empty, on_address) = (text.clone(), empty.clone(), props.on_address.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            empty.set(text.trim().is_empty());
            if !text.trim().is_empty() {
                on_address.emit((*text).clone());
            }
        })
    };
    let oninput = {
        let (text, empty) = (text.clone(), empty.clone());
        Callback::from(move |event: InputEvent| {
            empty.set(false);
            if let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok())
            {
                text.set(input.value());
            }
        })
    };
    // Keys of the page are not for this field; Escape closes the menu.
    let onkeydown = {
        let dispatch = props.dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                dispatch.emit(Action::SourcePanel(false));
            }
        })
    };
    let bad = *empty || props.model.error.is_some() && !known.is_empty();
    html! {
        <form class="frow" onsubmit={on_submit}>
            <input class={classes!("input", bad.then_some("bad"))} type="text" data-testid="source-input"
                aria-label="Address of the endpoint" aria-invalid={bad.then_some("true")} autocomplete="off" spellcheck="false"
                placeholder="ws://127.0.0.1:9090/introspect?token=…" value={(*text).clone()} {oninput} {onkeydown} />
            <button class="btn pri lg" type="submit" data-testid="source-open">{ "Connect" }</button>
        </form>
    }
}

/// A field that takes a file; `children` is what is seen of it.
#[derive(Clone, PartialEq, Properties)]
pub struct FileFieldProps {
    pub shell: ShellProps,
    pub class: &'static str,
    #[prop_or_default]
    pub children: Html,
}

#[component]
pub fn FileField(props: &FileFieldProps) -> Html {
    let on_file = props.shell.on_file.clone();
    let onchange = Callback::from(move |event: Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
            return;
        };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            let name = file.name();
            on_file.emit((file.into(), name));
        }
        // The same file can be chosen again.
        input.set_value("");
    });
    html! {
        <label class={props.class}>
            <input class="vh" type="file" data-testid="file-input" aria-label="A recording" {onchange} />
            { props.children.clone() }
        </label>
    }
}

/// The panel under the source's button.
#[component]
pub fn SourceMenu(props: &ShellProps) -> Html {
    let model = &props.model;
    let close = props.dispatch.reform(|_: MouseEvent| Action::SourcePanel(false));
    let open_sample = props.dispatch.reform(|_: MouseEvent| Action::Open(SourceRef::Sample));
    let close_source = props.dispatch.reform(|_: MouseEvent| Action::Close);
    html! {
        <>
            <div class="veil" onclick={close} />
            <section class="pop srcpop" role="dialog" aria-label="Source">
                <h4>{ "Connect to a running node" }</h4>
                <AddressForm ..props.clone() />
                <h4>{ "Or open" }</h4>
                <FileField class="mrow" shell={props.clone()}>
                    <Icon name={Name::File} /><span>{ "A recording…" }</span><span class="n">{ "or drop it anywhere" }</span>
                </FileField>
                <button class="mrow" onclick={open_sample}><Icon name={Name::Clock} /><span>{ "The sample" }</span></button>
                if !model.recents.is_empty() {
                    <h4>{ "Recent" }</h4>
                    { each(model.recents.iter().map(|recent| recent_row(props, recent))) }
                }
                if model.link != Link::Idle {
                    <hr />
                    <button class="mrow" onclick={close_source}><Icon name={Name::Close} /><span>{ "Close this source" }</span></button>
                }
            </section>
        </>
    }
}

fn recent_row(props: &ShellProps, recent: &Recent) -> Html {
    let source = recent.source.clone();
    let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Open(source.clone()));
    let icon = if matches!(recent.source, SourceRef::Endpoint(_)) { Name::Plug } else { Name::File };
    html! {
        <button class="mrow" {onclick}>
            <Icon name={icon} /><span class="mono el">{ source_name(&recent.source) }</span>
            <span class="n">{ ago(props.model.now_ms, recent.at_ms) }</span>
        </button>
    }
}

/// "3m 20s ago"
pub fn ago(now_ms: f64, at_ms: f64) -> String {
    let past = (now_ms - at_ms).max(0.0) as u64;
    if past < 10_000 { "now".to_owned() } else { format!("{} ago", format::duration_ms(past / 1000 * 1000)) }
}
