//! A link to this view: what it carries is chosen part by part. No data, and never a token.

use peerscope_engine::view::Cursor;
use yew::prelude::*;

use super::super::banner::PartProps;
use crate::{
    dom, format,
    model::{
        Action, Model, Route, SourceRef,
        saving::{self, Part, State},
    },
    part::{
        each,
        glyph::{Glyph, Shape},
    },
    route,
};

/// Name, key in the address, and what is there now; None: nothing that a link could carry.
fn told(model: &Model, part: Part) -> (&'static str, &'static str, Option<String>) {
    let at = &model.route;
    let clock = |ms| format::clock(ms, model.zone_minutes, format::Clock::Seconds);
    match part {
        Part::Source => {
            let source = at.source.as_ref().filter(|source| !matches!(source, SourceRef::File(_)));
            ("Source", "ws, url", source.map(super::super::source_name))
        }
        Part::Instant => {
            let at = match at.cursor {
                Cursor::At(ms) => Some(format::clock(ms, model.zone_minutes, format::Clock::Millis)),
                Cursor::Live => None,
            };
            ("Instant", "t", at)
        }
        Part::Range => {
            let range = at.range.map(|range| format!("{} – {}", clock(range.from_ms), clock(range.to_ms)));
            ("Range", "from, to", range)
        }
        Part::Selection => ("Selection", "sel", at.selection.as_ref().map(|key| format::visible(&key.0, 40))),
        Part::Query => ("Query", "q", Some(format::visible(&at.query, 40)).filter(|query| !query.is_empty())),
        Part::Sort => {
            let sort = at.sort.map(|sort| {
                let order = if sort.descending { "descending" } else { "ascending" };
                format!("{}, {order}", route::column_word(sort.by))
            });
            ("Sort", "sort", sort)
        }
    }
}

fn reduced(route: &Route, without: &[Part]) -> Route {
    let mut route = route.clone();
    for part in without {
        match part {
            Part::Source => route.source = None,
            Part::Instant => (route.cursor, route.pinned_ms) = (Cursor::Live, None),
            Part::Range => route.range = None,
            Part::Selection => route.selection = None,
            Part::Query => route.query.clear(),
            Part::Sort => (route.sort, route.group) = (None, None),
        }
    }
    route
}

/// The link, as it is copied.
pub fn address(model: &Model, state: &State) -> String {
    let location = dom::window().location();
    let page = location.href().unwrap_or_default();
    let page = page.split('#').next().unwrap_or_default();
    format!("{page}{}", route::write(&reduced(&model.route, &state.without)))
}

/// The left side.
pub fn parts(props: &PartProps, state: &State) -> Html {
    let model = &props.model;
    let all = Part::ALL.into_iter().filter_map(|part| {
        let (name, key, value) = told(model, part);
        let value = value?;
        let on = !state.without.contains(&part);
        let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Saving(saving::Action::Carry(part)));
        Some(html! {
            <div class="lk">
                <span><span class="k" id={format!("k-{name}")}>{ name }</span><span class="v el">{ value }</span><code>{ key }</code></span>
                <button class="swt" role="switch" aria-checked={on.to_string()} aria-labelledby={format!("k-{name}")} {onclick}></button>
            </div>
        })
    });
    html! {
        <fieldset><legend>{ "The link carries" }</legend>
            <div class="lk"><span><span class="k">{ "Screen" }</span><span>{ model.route.screen.title() }</span><code>{ "always" }</code></span></div>
            { each(all) }
        </fieldset>
    }
}

/// The right side.
pub fn link(props: &PartProps, state: &State) -> Html {
    let model = &props.model;
    let source = (!state.without.contains(&Part::Source)).then_some(model.route.source.as_ref()).flatten();
    let note = |shape: Shape, bold: &'static str, text: &'static str| {
        html! { <div class="note"><Glyph {shape} label="" size={12} /><span><b>{ bold }</b>{ " " }{ text }</span></div> }
    };
    let local = matches!(source, Some(SourceRef::Endpoint(url)) if url.contains("127.0.0.1") || url.contains("localhost") || url.contains("[::1]"));
    html! {
        <>
            <div class="dh">{ "Link" }<span class="t3">{ "no server sees what follows #" }</span></div>
            <div class="url" data-testid="share-link">{ address(model, state) }</div>
            <div class="no">
                { note(Shape::Active, "No data.", "Nothing recorded is in the link, only where to look and what at.") }
                { note(Shape::Active, "No token.", "Whoever opens it is asked for their own; the node prints one when it starts.") }
                if local {
                    { note(Shape::Warning, "Only this machine can open it.",
                        "127.0.0.1 means the reader’s own machine. To show this to someone else, save a file and send that; the same link \
                         without its source then works on the file.") }
                }
                if matches!(model.route.source, Some(SourceRef::File(_))) {
                    { note(Shape::Warning, "The file does not travel.", "Whoever opens the link opens the file too, from their own disk.") }
                }
                if matches!(source, Some(SourceRef::Endpoint(_))) && model.route.cursor != Cursor::Live && !state.without.contains(&Part::Instant) {
                    { note(Shape::Warning, "The instant is in this tab’s recording.", "The node keeps no past: elsewhere the link opens live.") }
                }
            </div>
        </>
    }
}

#[cfg(test)]
mod tests {
    use peerscope_engine::view::{Key, Range};

    use super::*;

    #[test]
    fn a_link_carries_what_was_not_taken_out() {
        let route = Route {
            source: Some(SourceRef::Url("https://a.example/x.trace".into())),
            cursor: Cursor::At(7),
            range: Some(Range { from_ms: 1, to_ms: 9 }),
            selection: Some(Key("p~x".into())),
            query: "tcp".into(),
            ..Route::default()
        };
        assert_eq!(reduced(&route, &[]), route);
        let bare = reduced(&route, &Part::ALL);
        assert_eq!(bare, Route::default());
        let without = reduced(&route, &[Part::Source, Part::Query]);
        assert_eq!((without.source, &*without.query, without.cursor), (None, "", Cursor::At(7)));
    }
}
