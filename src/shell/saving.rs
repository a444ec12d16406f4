//! The dialog that saves a file or copies a link: its frame, its tabs, and what stands below.

mod file;
mod link;
mod preview;

use yew::prelude::*;

use super::banner::PartProps;
use crate::{
    model::{
        Action,
        saving::{self, Saving, Tab},
    },
    part::{
        copy::copy,
        dialog::Dialog,
        icon::{Icon, Name},
    },
};

#[component]
pub fn SavingDialog(props: &PartProps) -> Html {
    let Some(state) = &props.model.saving else { return Html::default() };
    let act =
        |action: saving::Action| props.dispatch.reform(move |_: MouseEvent| Action::Saving(action.clone()));
    let on_close = props.dispatch.reform(|()| Action::Saving(saving::Action::Close));
    let tab = |tab: Tab, text: &'static str| {
        html! {
            <button role="tab" aria-selected={(state.tab == tab).to_string()} onclick={act(saving::Action::Tab(tab))}>{ text }</button>
        }
    };
    html! {
        <Dialog label="saving-title" class="saving" {on_close}>
            <header>
                <h2 id="saving-title">{ "Save or share" }</h2>
                <div class="tabs" role="tablist">{ tab(Tab::File, "Save a file") }{ tab(Tab::Link, "Link to this view") }</div>
                <span class="sp"></span>
                <button class="btn ic" aria-label="Close" onclick={act(saving::Action::Close)}><Icon name={Name::Close} size={14} /></button>
            </header>
            <div class="two">
                if state.tab == Tab::File {
                    <div>{ file::choices(props, state) }</div>
                    <div>{ preview::preview(state) }{ file::file(props, state) }</div>
                } else {
                    <div>{ link::parts(props, state) }</div>
                    <div>{ link::link(props, state) }</div>
                }
            </div>
            { footer(props, state) }
        </Dialog>
    }
}

fn footer(props: &PartProps, state: &saving::State) -> Html {
    let act =
        |action: saving::Action| props.dispatch.reform(move |_: MouseEvent| Action::Saving(action.clone()));
    if state.tab == Tab::Link {
        let (text, dispatch) = (link::address(&props.model, state), props.dispatch.clone());
        let onclick = Callback::from(move |_: MouseEvent| copy(text.clone(), dispatch.clone()));
        return html! {
            <footer>
                <span class="t2">{ "Columns, theme and sizes are settings of each browser and do not travel." }</span>
                <span class="sp"></span>
                <button class="btn lg" onclick={act(saving::Action::Close)}>{ "Close" }</button>
                <button class="btn pri lg" data-testid="share-copy" {onclick}><Icon name={Name::Copy} size={14} />{ "Copy link" }</button>
            </footer>
        };
    }
    match &state.saving {
        Saving::Running(done) => {
            let percent = (done * 100.0).floor().to_string();
            html! {
                <footer>
                    <span class="t2">{ format!("Saving, {percent} %") }</span>
                    <span class="prog" role="progressbar" data-testid="export-progress" aria-label="Saving" aria-valuemin="0" aria-valuemax="100"
                        aria-valuenow={percent.clone()}><i style={format!("width:{percent}%")}></i></span>
                    <span class="sp"></span>
                    <button class="btn line lg" data-testid="export-cancel" onclick={act(saving::Action::Cancel)}>{ "Cancel saving" }</button>
                </footer>
            }
        }
        Saving::Idle | Saving::Failed(_) => html! {
            <footer>
                if let Saving::Failed(why) = &state.saving {
                    <span role="alert" data-testid="export-failed"><b>{ "Not saved. " }</b>{ why }</span>
                } else {
                    <span class="t2">{ "Written by this page. Nothing leaves this browser." }</span>
                }
                <span class="sp"></span>
                <button class="btn lg" onclick={act(saving::Action::Close)}>{ "Cancel" }</button>
                <button class="btn pri lg" data-testid="export-save" onclick={act(saving::Action::Save)}>{ "Save file" }</button>
            </footer>
        },
    }
}
