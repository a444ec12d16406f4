//! The query box: a text field with what may be typed next below it, or what is wrong.

mod below;

use peerscope_engine::frame::{QueryError, Replace};
use web_sys::{HtmlElement, HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use super::ShellProps;
use crate::{
    model::{Action, Model},
    part::{
        each,
        icon::{Icon, Name},
    },
    search::{self, Action as Own},
};

#[derive(Clone, PartialEq, Properties)]
pub struct SearchProps {
    pub shell: ShellProps,
    pub field: NodeRef,
    /// The field lost the focus, and is empty.
    pub on_left: Callback<()>,
}

#[component]
pub fn Search(props: &SearchProps) -> Html {
    let model = &props.shell.model;
    let full = !model.route.query.is_empty();
    // How far the field is scrolled: the wave has to lie under the same characters.
    let scrolled = use_state_eq(|| 0);
    let typing = Typing { props: props.clone() };
    let onscroll = {
        let (scrolled, field) = (scrolled.clone(), props.field.clone());
        Callback::from(move |_: Event| {
            scrolled.set(field.cast::<HtmlInputElement>().map_or(0, |field| field.scroll_left()));
        })
    };
    let clear = {
        let (dispatch, on_left) = (props.shell.dispatch.clone(), props.on_left.clone());
        Callback::from(move |_: MouseEvent| {
            dispatch.emit(Action::Query(String::new()));
            dispatch.emit(Action::Search(Own::Left));
            on_left.emit(());
        })
    };
    let error = search::error(model);
    let shown_error = search::shown_error(model);
    let list = search::completion(model).filter(|_| shown_error.is_none());
    let active = list.and(model.search.chosen).map(option_id);
    // What is only unfinished is not marked while it is typed.
    let marked = shown_error.or(error.filter(|_| model.search.caret.is_none()));
    html! {
        <div class={classes!("search", marked.is_some().then_some("bad"))}>
            <label class="in">
                <Icon name={Name::Search} size={14} />
                <span class="typed">
                    <input ref={&props.field} type="text" data-testid="search" aria-label="Search" role="combobox"
                        placeholder="Peer, address, protocol, agent…" autocomplete="off" spellcheck="false" autocapitalize="none"
                        aria-autocomplete="list" aria-expanded={list.is_some().to_string()} aria-controls="query-list"
                        aria-activedescendant={active} aria-invalid={marked.map(|_| "true")}
                        aria-describedby={shown_error.map(|_| "query-error")}
                        value={model.route.query.clone()} {onscroll} oninput={typing.oninput()} onkeydown={typing.onkeydown()}
                        onkeyup={typing.onmove()} onclick={typing.onclick()} onfocus={typing.onfocus()} onblur={typing.onblur()} />
                    { each(marked.map(|error| wave(&model.route.query, error, *scrolled))) }
                </span>
            </label>
            { each(marked.map(|_| html! { <span class="err nw xs">{ "left out" }</span> })) }
            if full {
                <button class="btn ic clr" aria-label="Clear the search" onclick={clear}>
                    <Icon name={Name::Close} size={11} />
                </button>
            } else {
                <kbd aria-hidden="true">{ "/" }</kbd>
            }
            { each(shown_error.map(|error| typing.mistake(error))) }
            { each(list.map(|list| typing.list(list))) }
        </div>
    }
}

fn option_id(at: usize) -> String {
    format!("query-option-{at}")
}

/// A wavy line under what is wrong, over the text field's own text.
fn wave(query: &str, error: &QueryError, scrolled: i32) -> Html {
    let at = error.at;
    let (before, wrong) = (query.get(..at.from as usize).unwrap_or_default(), at.of(query));
    html! {
        <span class="wave" aria-hidden="true">
            <span style={format!("left:{}px", -scrolled)}>{ before.to_owned() }<u>{ wrong.to_owned() }</u></span>
        </span>
    }
}

fn caret_of(field: &HtmlInputElement) -> usize {
    let units = field.selection_end().ok().flatten();
    let text = field.value();
    units.map_or(text.len(), |units| search::bytes_of(&text, units))
}

/// What the box does.
#[derive(Clone)]
struct Typing {
    props: SearchProps,
}

impl Typing {
    fn model(&self) -> &Model {
        &self.props.shell.model
    }

    fn emit(&self, action: Own) {
        self.props.shell.dispatch.emit(Action::Search(action));
    }

    fn field(&self) -> Option<HtmlInputElement> {
        self.props.field.cast::<HtmlInputElement>()
    }

    fn typed(&self) {
        if let Some(field) = self.field() {
            self.emit(Own::Typed(field.value(), caret_of(&field)));
        }
    }

    fn moved(&self) {
        if let Some(field) = self.field() {
            self.emit(Own::Caret(caret_of(&field)));
        }
    }

    /// Puts it into the text. What was meant for another text is left alone.
    fn take(&self, replace: &Replace) {
        let Some(field) = self.field() else { return };
        let Some((query, caret)) = replace.apply(&self.model().route.query) else { return };
        let units = search::units_of(&query, caret);
        // Now: the next drawing finds the value as it is, and leaves the caret where it is put here.
        field.set_value(&query);
        drop(field.set_selection_range(units, units));
        drop(field.focus());
        self.emit(Own::Typed(query, caret));
    }

    fn oninput(&self) -> Callback<InputEvent> {
        let own = self.clone();
        Callback::from(move |_| own.typed())
    }

    fn onmove(&self) -> Callback<KeyboardEvent> {
        let own = self.clone();
        Callback::from(move |event: KeyboardEvent| {
            if matches!(event.key().as_str(), "ArrowLeft" | "ArrowRight" | "Home" | "End") {
                own.moved();
            }
        })
    }

    fn onclick(&self) -> Callback<MouseEvent> {
        let own = self.clone();
        Callback::from(move |_| own.moved())
    }

    fn onfocus(&self) -> Callback<FocusEvent> {
        let own = self.clone();
        Callback::from(move |_| own.moved())
    }

    fn onblur(&self) -> Callback<FocusEvent> {
        let own = self.clone();
        Callback::from(move |_| {
            own.emit(Own::Left);
            if own.model().route.query.is_empty() {
                own.props.on_left.emit(());
            }
        })
    }

    fn onkeydown(&self) -> Callback<KeyboardEvent> {
        let own = self.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.is_composing() || event.ctrl_key() || event.meta_key() || event.alt_key() {
                return;
            }
            if own.pressed(&event.key(), event.shift_key()) {
                event.prevent_default();
                // Escape means more to the page, and arrows to what has the focus.
                event.stop_propagation();
            }
        })
    }

    /// True: the key was for the box.
    fn pressed(&self, key: &str, shift: bool) -> bool {
        let model = self.model();
        let error = search::shown_error(model);
        let list = search::completion(model).filter(|_| error.is_none());
        let chosen = || search::proposals(list?).nth(model.search.chosen?);
        match key {
            "ArrowDown" if list.is_some() => self.emit(Own::Choose(1)),
            "ArrowUp" if list.is_some() => self.emit(Own::Choose(-1)),
            "ArrowDown" if model.search.closed => self.typed(),
            "Tab" if shift => return false,
            "Tab" => match (error.and_then(|error| error.fix.clone()), chosen()) {
                (Some(fix), _) => self.take(&fix),
                (None, Some(chosen)) => self.take(&chosen.replace.clone()),
                (None, None) => return false,
            },
            "Enter" => match chosen() {
                Some(chosen) if !shift => self.take(&chosen.replace.clone()),
                _ => self.props.shell.dispatch.emit(Action::NextMatch(if shift { -1 } else { 1 })),
            },
            "Escape" if list.is_some() || error.is_some() => self.emit(Own::CloseList),
            "Escape" if !model.route.query.is_empty() => {
                self.props.shell.dispatch.emit(Action::Query(String::new()));
                self.emit(Own::CloseList);
            }
            "Escape" => {
                if let Some(field) = self.props.field.cast::<HtmlElement>() {
                    // It has the focus, so it can lose it.
                    drop(field.blur());
                }
            }
            _ => return false,
        }
        true
    }
}
