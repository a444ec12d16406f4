//! What lies below the query box: the list of what may be typed next, or what is wrong.

use peerscope_engine::frame::{Completion, Proposal, QueryError, Replace};
use yew::prelude::*;

use super::{Typing, option_id};
use crate::{
    format,
    part::{
        each,
        glyph::{Glyph, Shape},
        text,
    },
    search::{self, Part},
};

impl Typing {
    pub fn list(&self, list: &Completion) -> Html {
        let mut at = 0;
        let mut group = |label: String, right: &'static str, class: &'static str, proposals: &[Proposal]| {
            let first = at;
            at += proposals.len();
            (!proposals.is_empty()).then(|| {
                let options = proposals.iter().enumerate().map(|(n, proposal)| self.option(proposal, first + n));
                html! {
                    <div role="group" aria-label={label.clone()} {class}>
                        <p class="h" aria-hidden="true"><span>{ label }</span><span class="sp"></span><span>{ right }</span></p>
                        { each(options) }
                    </div>
                }
            })
        };
        let values = match &list.field {
            Some(field) => format!("Value of {}", format::visible(field, 24)),
            None => "Found in the rows".to_owned(),
        };
        let next = if list.field.is_some() { "Then, another field" } else { "Field" };
        let groups = search::groups(list).map(|(part, proposals)| match part {
            Part::Values => group(values.clone(), "rows left", "", proposals),
            Part::Operators => group("Operator".to_owned(), "", "ops", proposals),
            Part::Fields => group(next.to_owned(), "values seen", "", proposals),
        });
        // The text field keeps the focus.
        let onmousedown = Callback::from(|event: MouseEvent| event.prevent_default());
        html! {
            <div class="qpop" {onmousedown} data-testid="completion">
                <div id="query-list" role="listbox" aria-label="What may be typed">{ each(groups.into_iter().flatten()) }</div>
                <div class="foot">
                    <span><kbd>{ "↑" }</kbd>{ " " }<kbd>{ "↓" }</kbd>{ " choose" }</span>
                    // Without a choice it goes on to what comes next, as everywhere.
                    { each(self.model().search.chosen.map(|_| html! { <span><kbd>{ "Tab" }</kbd>{ " take" }</span> })) }
                    <span class="sp"></span>
                    <span><kbd>{ "Esc" }</kbd>{ " close" }</span>
                </div>
            </div>
        }
    }

    fn option(&self, proposal: &Proposal, at: usize) -> Html {
        let on = self.model().search.chosen == Some(at);
        let (own, replace) = (self.clone(), proposal.replace.clone());
        let onclick = Callback::from(move |_: MouseEvent| own.take(&replace));
        let left = proposal.count.map(|count| {
            let sign = if count.at_least { "≥ " } else { "" };
            let class = (count.rows == 0 && !count.at_least).then_some("zero");
            html! { <span class={classes!("n", class)}>{ format!("{sign}{}", format::count(count.rows.into())) }</span> }
        });
        let not = proposal.replace.insert.trim_start().starts_with('-').then_some("-");
        html! {
            <div role="option" id={option_id(at)} aria-selected={on.to_string()} class={classes!("qo", on.then_some("on"))}
                {onclick} title={text::title(&proposal.replace.insert)} data-testid="proposal">
                <span class="mono el">
                    <i class="o">{ not }</i><i class="f">{ format::visible(&proposal.field, 24) }</i>
                    <i class="o">{ proposal.sign.clone() }</i>
                    if !proposal.value.is_empty() { <i class="v">{ text::safe(&proposal.value) }</i> }
                </span>
                <span class="t2 el hint">{ proposal.hint.clone() }</span>
                { each(left) }
            </div>
        }
    }

    pub fn mistake(&self, error: &QueryError) -> Html {
        let button = |replace: Replace, label: String, key: Option<&'static str>| {
            let own = self.clone();
            let onclick = Callback::from(move |_: MouseEvent| own.take(&replace));
            html! { <button class="btn line" tabindex="-1" {onclick}>{ label }{ each(key.map(|key| html! { <kbd>{ key }</kbd> })) }</button> }
        };
        let fix = error.fix.clone().filter(|fix| !fix.insert.is_empty()).map(|fix| {
            let label = format!("Use {}", format::visible(&fix.insert, 40));
            button(fix, label, Some("Tab"))
        });
        let key = fix.is_none().then_some("Tab").filter(|_| error.fix.is_some());
        let without = Replace { span: error.term, insert: String::new() };
        let onmousedown = Callback::from(|event: MouseEvent| event.prevent_default());
        html! {
            <div class="qpop qerr" id="query-error" role="alert" {onmousedown} data-testid="query-error">
                <p><Glyph shape={Shape::Error} label="" size={11} /><span>{ text::safe(&error.text) }</span></p>
                <p class="t2">{ "This part is left out; the rows shown match the rest of the query." }</p>
                <div class="fix">{ each(fix) }{ button(without, "Remove this part".to_owned(), key) }</div>
            </div>
        }
    }
}
