//! What the rules found: a problem in words, and the way to the rows that show it.

use peerscope_engine::frame::{Finding, Frame, Overview, Severity, Show};
use yew::prelude::*;

use super::super::ScreenProps;
use crate::{
    format::{self, Clock},
    model::{Action, Screen},
    part::{
        each,
        glyph::{Glyph, Shape},
        text,
    },
};

/// Nothing where nothing was found: the peers take the room.
pub fn panel(props: &ScreenProps, frame: Option<&Frame>, answer: Option<&Overview>) -> Option<Html> {
    let findings = &answer?.findings;
    let count = match findings.len() {
        0 => return None,
        1 => "1 rule matched".to_owned(),
        n => format!("{n} rules matched"),
    };
    let rows = findings.iter().map(|finding| row(props, finding));
    Some(html! {
        <section class="panel findings" aria-label="Findings">
            <header>
                { "Findings" }<span class="t3">{ format!("{count}{}", over(props, frame)) }</span>
            </header>
            <ul>{ each(rows) }</ul>
        </section>
    })
}

/// What they cover: the range, or the last 30 min as far as they were recorded.
fn over(props: &ScreenProps, frame: Option<&Frame>) -> String {
    const LONGEST_MS: u64 = 30 * 60_000;
    if props.model.route.range.is_some() {
        return " in the range".into();
    }
    let head = frame.map(|frame| &frame.head);
    let recorded = head.and_then(|head| Some(head.cursor_ms?.saturating_sub(head.span?.from_ms)));
    recorded.map_or(String::new(), |ms| format!(" in the last {}", format::duration_ms(ms.min(LONGEST_MS))))
}

fn row(props: &ScreenProps, finding: &Finding) -> Html {
    let (shape, label) = match finding.severity {
        Severity::Error => (Shape::Error, "error"),
        Severity::Warning => (Shape::Warning, "warning"),
        Severity::Note => (Shape::Unknown, "note"),
    };
    let (screen, query, words) = match &finding.show {
        Show::Connections(query) => (Screen::Connections, query.clone(), "Show connections"),
        Show::Events(query) => (Screen::Events, query.clone(), "Show events"),
    };
    let dispatch = props.dispatch.clone();
    let onclick = Callback::from(move |_: MouseEvent| {
        dispatch.emit(Action::Query(query.clone()));
        dispatch.emit(Action::Go(screen));
    });
    let when = finding
        .at_ms
        .map_or_else(|| "now".to_owned(), |at| format::clock(at, props.model.zone_minutes, Clock::Seconds));
    html! {
        <li class="fd" key={finding.rule.clone()} data-testid="finding">
            <Glyph {shape} {label} size={12} />
            <div class="mid">
                <b class="el" title={text::title(&finding.title)}>{ text::safe(&finding.title) }</b>
                <p class="el" title={text::title(&finding.text)}>{ text::safe(&finding.text) }</p>
            </div>
            <span class="t3 when">{ when }</span>
            <button class="btn line" {onclick}>{ words }</button>
        </li>
    }
}
