//! The address of the page, after `#`, and the [`Route`] that it stands for: `#/SCREEN?key=value&…`. Pure.
//!
//! A token comes in with a link once, and never goes out again: [`read`] hands it over apart from the route.

mod endpoint;
mod percent;

use peerscope_engine::view::{Column, Cursor, Group, Key, Range, Sort};

pub use endpoint::{Address, address, origin_of, own_recording, recording};

use crate::model::{Budget, Route, Screen, SourceRef};

impl Screen {
    /// In the order of the rail.
    pub const ALL: [Screen; 5] =
        [Screen::Overview, Screen::Graph, Screen::Connections, Screen::Events, Screen::Diff];

    /// The word in links and test ids.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Screen::Overview => "overview",
            Screen::Graph => "graph",
            Screen::Connections => "connections",
            Screen::Events => "events",
            Screen::Diff => "diff",
        }
    }

    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Screen::Overview => "Overview",
            Screen::Graph => "Graph",
            Screen::Connections => "Connections",
            Screen::Events => "Events",
            Screen::Diff => "Compare",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|screen| screen.word() == word)
    }
}

const COLUMNS: [(Column, &str); 13] = [
    (Column::Status, "status"),
    (Column::Peer, "peer"),
    (Column::Agent, "agent"),
    (Column::Transport, "transport"),
    (Column::Direction, "direction"),
    (Column::Remote, "remote"),
    (Column::Rtt, "rtt"),
    (Column::Age, "age"),
    (Column::Streams, "streams"),
    (Column::RateIn, "in"),
    (Column::RateOut, "out"),
    (Column::TotalIn, "total-in"),
    (Column::TotalOut, "total-out"),
];

/// The word of a column in links.
#[must_use]
pub fn column_word(column: Column) -> &'static str {
    COLUMNS.iter().find(|(known, _)| *known == column).map_or("", |(_, word)| word)
}

/// Those of connections, and last the one that events alone have.
pub const GROUPS: [(Group, &str); 9] = [
    (Group::Peer, "peer"),
    (Group::Protocol, "protocol"),
    (Group::Transport, "transport"),
    (Group::Direction, "direction"),
    (Group::Agent, "agent"),
    (Group::Status, "status"),
    (Group::Security, "security"),
    (Group::Muxer, "muxer"),
    (Group::Type, "type"),
];

/// What a link says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    pub route: Route,
    /// The token of the source in it: to be stored, and to be taken out of the address at once.
    pub token: Option<String>,
}

/// Reads the part of the address after `#`, with or without that sign. What it does not know is left out.
#[must_use]
pub fn read(hash: &str) -> Read {
    let hash = hash.strip_prefix('#').unwrap_or(hash);
    // `#ws=…` and `#url=…` alone are links too, as other viewers have them.
    let bare = hash.split_once('=').is_some_and(|(key, _)| !key.contains(['/', '?']));
    let (path, query) = if bare { ("", hash) } else { hash.split_once('?').unwrap_or((hash, "")) };
    let mut read = Read::default();
    read.route.screen = Screen::from_word(path.trim_matches('/')).unwrap_or_default();
    let (mut from, mut to) = (None, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent::decode(value);
        let route = &mut read.route;
        match key {
            "ws" if !value.is_empty() => {
                let Address { url, token } = endpoint::plain(&value);
                route.source = Some(SourceRef::Endpoint(url));
                read.token = token;
            }
            "url" if !value.is_empty() => {
                let Address { url, token } = recording(&value);
                route.source = (!url.is_empty()).then_some(SourceRef::Url(url));
                read.token = token;
            }
            "sample" => route.source = Some(SourceRef::Sample),
            "t" => route.cursor = value.parse().map_or(Cursor::Live, Cursor::At),
            "from" => from = value.parse().ok(),
            "to" => to = value.parse().ok(),
            "sel" if !value.is_empty() => route.selection = Some(Key(value)),
            "q" => route.query = value,
            "sort" => route.sort = read_sort(&value),
            "group" => {
                route.group = GROUPS.iter().find(|(_, known)| *known == value).map(|(group, _)| *group);
            }
            // Not `from`: a range may be set beside a comparison.
            "a" => route.pinned_ms = value.parse().ok(),
            "budget" => route.budget = read_budget(&value),
            // A token on its own: an endpoint's address whose own `&token=` was not escaped.
            "token" if !value.is_empty() => read.token = Some(value),
            _ => {}
        }
    }
    read.route.range = match (from, to) {
        (Some(from_ms), Some(to_ms)) if from_ms < to_ms => Some(Range { from_ms, to_ms }),
        _ => None,
    };
    read
}

/// The address of a route, from `#` on. A file is not in it: a link can't reproduce it.
#[must_use]
pub fn write(route: &Route) -> String {
    let mut out = format!("#/{}", route.screen.word());
    let mut sign = '?';
    let mut put = |key: &str, value: &str| {
        out.push(sign);
        sign = '&';
        out.push_str(key);
        if !value.is_empty() {
            out.push('=');
            out.push_str(&percent::encode(value));
        }
    };
    match &route.source {
        Some(SourceRef::Endpoint(url)) => put("ws", url),
        Some(SourceRef::Url(url)) => put("url", url),
        Some(SourceRef::Sample) => put("sample", ""),
        Some(SourceRef::File(_)) | None => {}
    }
    if let Cursor::At(at) = route.cursor {
        put("t", &at.to_string());
    }
    if let Some(range) = route.range {
        put("from", &range.from_ms.to_string());
        put("to", &range.to_ms.to_string());
    }
    if let Some(key) = &route.selection {
        put("sel", &key.0);
    }
    if !route.query.is_empty() {
        put("q", &route.query);
    }
    if let Some(sort) = route.sort {
        put("sort", &format!("{}{}", if sort.descending { "-" } else { "" }, column_word(sort.by)));
    }
    if let Some((_, word)) = GROUPS.iter().find(|(group, _)| Some(*group) == route.group) {
        put("group", word);
    }
    if let Some(at) = route.pinned_ms {
        put("a", &at.to_string());
    }
    if route.budget != Budget::default() {
        put("budget", &route.budget.mib().to_string());
    }
    out
}

/// A whole number, however large; anything else is none.
fn read_budget(text: &str) -> Budget {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Budget::default();
    }
    Budget::of_mib(text.parse().unwrap_or(u64::MAX))
}

fn read_sort(text: &str) -> Option<Sort> {
    let (descending, word) = text.strip_prefix('-').map_or((false, text), |word| (true, word));
    COLUMNS.iter().find(|(_, known)| *known == word).map(|(by, _)| Sort { by: *by, descending })
}

#[cfg(test)]
mod tests;
