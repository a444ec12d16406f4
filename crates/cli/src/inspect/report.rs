//! The tally as JSON for scripts and as text for people.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use anyhow::Result;
use indicatif::{HumanBytes, HumanCount};
use peerscope_introspection::wire::PROTOCOL_VERSION;
use serde::Serialize;

use super::tally::Tally;

/// Event types that are listed for people.
const MAX_TYPES: usize = 30;
/// The last millisecond of the year 9999: what is later is no date.
const LAST_DATE_MS: u64 = 253_402_300_799_999;

#[derive(Serialize)]
struct Json<'a> {
    file: String,
    bytes: u64,
    version: u32,
    frames: u64,
    states: u64,
    events: u64,
    runtimes: u64,
    responses: u64,
    notices: u64,
    unknown: u64,
    bad_checksums: u64,
    undecodable: u64,
    truncated_bytes: u64,
    first_ms: Option<u64>,
    last_ms: Option<u64>,
    peers: usize,
    connections: usize,
    streams: usize,
    dht_peers: usize,
    event_types: &'a BTreeMap<String, u64>,
    implementation: &'a str,
    peer_id: &'a str,
}

pub fn json(path: &Path, tally: &Tally) -> Result<String> {
    let (first_ms, last_ms) = tally.span_ms.unzip();
    let json = Json {
        file: path.display().to_string(),
        bytes: tally.bytes,
        version: PROTOCOL_VERSION,
        frames: tally.frames,
        states: tally.states,
        events: tally.events,
        runtimes: tally.runtimes,
        responses: tally.responses,
        notices: tally.notices,
        unknown: tally.unknown,
        bad_checksums: tally.bad_checksums,
        undecodable: tally.undecodable,
        truncated_bytes: tally.truncated_bytes,
        first_ms,
        last_ms,
        peers: tally.peers.len(),
        connections: tally.connections.len(),
        streams: tally.streams.len(),
        dht_peers: tally.dht_peers.len(),
        event_types: &tally.event_types,
        implementation: &tally.implementation,
        peer_id: &tally.peer_id,
    };
    Ok(serde_json::to_string(&json)?)
}

pub fn text(path: &Path, tally: &Tally) -> String {
    let mut out = Lines::default();
    out.line(&format!("{}  ({})", plain(&path.display().to_string()), HumanBytes(tally.bytes)));
    out.pair("node", &node(tally));
    if let Some((first, last)) = tally.span_ms {
        out.pair("from", &date(first));
        out.pair("to", &format!("{}  ({})", date(last), span(last - first)));
    }
    out.line("");
    for (name, count) in [
        ("frames", tally.frames),
        ("  states", tally.states),
        ("  events", tally.events),
        ("  runtimes", tally.runtimes),
        ("  responses", tally.responses),
        ("  notices", tally.notices),
        ("  unknown", tally.unknown),
    ] {
        out.count(name, count);
    }
    out.line("");
    for (name, count) in [
        ("peers", tally.peers.len()),
        ("connections", tally.connections.len()),
        ("streams", tally.streams.len()),
        ("peers in the DHT", tally.dht_peers.len()),
    ] {
        out.count(name, count as u64);
    }
    if !tally.event_types.is_empty() {
        out.line("\nevent types");
        event_types(&mut out, tally);
    }
    out.line("");
    problems(&mut out, tally);
    out.0.trim_end().to_owned()
}

fn node(tally: &Tally) -> String {
    let implementation = [tally.implementation.as_str(), tally.version.as_str()].join(" ");
    match (tally.peer_id.as_str(), implementation.trim()) {
        ("", "") => "not told".to_owned(),
        ("", implementation) => plain(implementation),
        (peer, "") => plain(peer),
        (peer, implementation) => format!("{}  ({})", plain(peer), plain(implementation)),
    }
}

fn event_types(out: &mut Lines, tally: &Tally) {
    let mut types: Vec<_> = tally.event_types.iter().collect();
    types.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), name.as_str()));
    for (name, count) in types.iter().take(MAX_TYPES) {
        let name = if name.is_empty() { "(no name)".to_owned() } else { plain(name) };
        out.count(&format!("  {name}"), **count);
    }
    if let Some(more) = types.len().checked_sub(MAX_TYPES).filter(|more| *more > 0) {
        out.line(&format!("  … and {more} more"));
    }
}

fn problems(out: &mut Lines, tally: &Tally) {
    let counts = [
        ("bad checksums", tally.bad_checksums),
        ("bytes skipped", tally.skipped_bytes),
        ("undecodable", tally.undecodable),
        ("bytes of a truncated tail", tally.truncated_bytes),
    ];
    if counts.iter().all(|(_, count)| *count == 0) && tally.packing.is_none() {
        out.line("no problems");
        return;
    }
    out.line("problems");
    for (name, count) in counts.iter().filter(|(_, count)| *count > 0) {
        out.count(&format!("  {name}"), *count);
    }
    if let Some(cause) = tally.packing {
        out.line(&format!("  the gzip stream is damaged: {cause}"));
    }
}

/// Text from a recording as one line that can't steer a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect()
}

pub fn date(ms: u64) -> String {
    if ms > LAST_DATE_MS {
        return format!("{ms} ms");
    }
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(ms)).to_string()
}

pub fn span(ms: u64) -> String {
    humantime::format_duration(Duration::from_millis(ms)).to_string()
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn pair(&mut self, name: &str, value: &str) {
        self.line(&format!("{name:<10}{value}"));
    }

    fn count(&mut self, name: &str, count: u64) {
        let count = HumanCount(count).to_string();
        self.line(&format!("{name:<32}{count:>14}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_recording_does_not_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb\u{fffd}");
    }

    #[test]
    fn any_time_can_be_shown() {
        assert_eq!(date(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(date(LAST_DATE_MS), "9999-12-31T23:59:59.999Z");
        assert_eq!(date(u64::MAX), "18446744073709551615 ms");
        assert_eq!(span(61_500), "1m 1s 500ms");
    }
}
