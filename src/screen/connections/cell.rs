//! What stands in a connection's cells.

use peerscope_engine::frame::{ConnRow, End};
use yew::prelude::*;

use crate::part::each;

use super::column::{Around, clock};
use crate::{
    format::{self, Clock, NONE},
    part::{
        badge, figure,
        glyph::{Arrow, StatusGlyph, direction_word, status_word},
        peer::Peer,
        text,
    },
};

pub fn status(row: &ConnRow, _: Around) -> Html {
    html! { <StatusGlyph status={row.status} end={row.end.clone()} /> }
}

pub fn status_text(row: &ConnRow, around: Around) -> String {
    match &row.end {
        Some(end) => format!("{}: {}", status_word(row.status), end_text(end, around.zone_minutes)),
        None => status_word(row.status),
    }
}

pub fn peer(row: &ConnRow, _: Around) -> Html {
    html! { <Peer id={row.peer.clone()} /> }
}

fn maybe(value: Option<&str>) -> Html {
    match value {
        Some(value) => html! { <span title={text::title(value)}>{ text::safe(value) }</span> },
        None => html! { <span class="t3">{ NONE }</span> },
    }
}

pub fn agent(row: &ConnRow, _: Around) -> Html {
    maybe(row.agent.as_deref())
}

pub fn transport(row: &ConnRow, _: Around) -> Html {
    badge::transport(row.transport.as_deref())
}

pub fn direction(row: &ConnRow, _: Around) -> Html {
    html! { <Arrow direction={row.direction} /> }
}

/// `host:port` with the port grey, or `via` and the relay.
pub fn remote(row: &ConnRow, _: Around) -> Html {
    if let Some(relay) = row.relay.as_deref() {
        let short = format::visible(&format::peer_short(relay), text::CELL);
        return html! { <span title={text::title(&remote_text(row))}><span class="t3">{ "via " }</span><bdi>{ short }</bdi></span> };
    }
    let Some(remote) = row.remote.as_deref() else { return maybe(None) };
    match remote.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => html! {
            <span title={text::title(remote)}>
                { text::safe(host) }<span class="t3">{ ":" }{ format::visible(port, 8) }</span>
            </span>
        },
        _ => maybe(Some(remote)),
    }
}

/// The remote end in full, as it is copied.
pub fn remote_text(row: &ConnRow) -> String {
    let relay = row.relay.as_ref().map(|relay| format!("via {relay}"));
    relay.or_else(|| row.remote.clone()).unwrap_or(NONE.into())
}

/// A rate; one that is its peer's is marked.
pub fn rate(row: &ConnRow, value: Option<f64>) -> Html {
    let mark = (row.shared_flow && value.is_some()).then(|| {
        html! { <span class="t3" title="Of the whole peer: this source tells none per connection">{ "*" }</span> }
    });
    html! { <>{ each(mark) }{ figure::rate(value) }</> }
}

pub fn spark_text(row: &ConnRow, _: Around) -> String {
    format!(
        "in {}, out {}; total in {}, out {}",
        figure::rate_text(row.flow.rate_in),
        figure::rate_text(row.flow.rate_out),
        figure::total_text(row.flow.total_in),
        figure::total_text(row.flow.total_out)
    )
}

/// Why and when something ended, in words.
pub fn end_text(end: &End, zone_minutes: i32) -> String {
    let at = clock(end.at_ms, zone_minutes);
    let cause = end.cause.as_deref().map(|cause| format::visible(cause, text::CELL));
    match (cause, end.inferred) {
        (Some(cause), false) => format!("{cause} at {at}"),
        (Some(cause), true) => format!("{cause} at {at}, inferred"),
        (None, false) => format!("closed at {at}"),
        (None, true) => format!("gone at {at}, inferred"),
    }
}

/// The same, the cause of an error in red and the time grey.
pub fn end(end: &End, zone_minutes: i32) -> Html {
    let cause = match &end.cause {
        Some(cause) => text::safe(cause),
        None if end.inferred => html! { "gone" },
        None => html! { "closed" },
    };
    let title = if end.inferred {
        format!(
            "The source stopped telling of it before {}; it did not say why",
            format::date_clock(end.at_ms, zone_minutes, Clock::Millis)
        )
    } else {
        text::title(&end_text(end, zone_minutes))
    };
    html! {
        <span {title}>
            <span class={end.error.then_some("err")}>{ cause }</span>
            <span class="t3">{ format!(" at {}", clock(end.at_ms, zone_minutes)) }{ if end.inferred { ", inferred" } else { "" } }</span>
        </span>
    }
}

/// The second line of a row on the phone.
pub fn second_line(row: &ConnRow) -> String {
    let way = direction_word(row.direction);
    let transport =
        row.transport.as_deref().map_or(String::new(), |name| format!("{} ", format::visible(name, 24)));
    let rest = match (&row.end, row.rtt_ns, row.streams) {
        (Some(end), ..) => match &end.cause {
            Some(cause) => format::visible(cause, text::CELL),
            None if end.inferred => "gone, inferred".into(),
            None => "closed".into(),
        },
        (None, rtt, streams) => {
            let rtt = rtt.map(|ns| format::nanos(ns).text());
            let streams = streams.map(|n| if n == 1 { "1 stream".into() } else { format!("{n} streams") });
            [rtt, streams].into_iter().flatten().collect::<Vec<String>>().join(" · ")
        }
    };
    if rest.is_empty() { format!("{transport}{way}") } else { format!("{transport}{way} · {rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_says_whether_it_was_told() {
        let end = |cause: Option<&str>, inferred| End {
            at_ms: 52_326_000,
            inferred,
            cause: cause.map(Into::into),
            error: false,
        };
        assert_eq!(end_text(&end(Some("closed by remote"), false), 0), "closed by remote at 14:32:06");
        assert_eq!(end_text(&end(None, true), 60), "gone at 15:32:06, inferred");
        assert_eq!(end_text(&end(None, false), 0), "closed at 14:32:06");
    }
}
