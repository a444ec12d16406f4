//! Every event, in order of time, in chunks whose contents lie one after the other.

use std::collections::{HashMap, VecDeque};

use crate::{
    event::{EventIn, EventType, Property, ties},
    intern::{Interner, Sym},
};

/// Events of a full chunk.
const CHUNK_LEN: usize = 1024;
/// Contents fill a chunk too, so that places fit in 32 bits and what is dropped goes in small steps: 4 MiB.
const CHUNK_BYTES: usize = 4 << 20;

/// An event as it is kept; its content is asked for by [`EventLog::content`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Counts up as events come in; its identity.
    pub number: u64,
    pub at_ms: u64,
    /// Index into the log's types.
    pub kind: u16,
    pub peer: Sym,
    /// Id of the connection that it names.
    pub connection: Sym,
    place: u32,
    len: u32,
}

#[derive(Debug, Default)]
struct EventChunk {
    events: Vec<Event>,
    contents: Vec<u8>,
    /// How many of each type.
    counts: Vec<(u16, u32)>,
    /// Another one whenever the chunk changes.
    version: u64,
}

#[derive(Debug, Default)]
pub struct EventLog {
    chunks: VecDeque<EventChunk>,
    types: Vec<EventType>,
    by_name: HashMap<String, u16>,
    next_number: u64,
    next_version: u64,
    count: usize,
    contents_bytes: usize,
    types_bytes: usize,
    /// The type of all that had no room among the types.
    further: Option<u16>,
}

/// A source that makes up names has its further events under the last one of so many types.
const MAX_TYPES: usize = 4096;
/// And of so many bytes: declarations are kept as long as the log, so they must not fill the budget. 1 MiB.
const MAX_TYPES_BYTES: usize = 1 << 20;
const FURTHER_TYPES: &str = "(further types)";

impl EventLog {
    /// Takes a declaration in. True when the name was not known.
    pub fn declare(&mut self, declared: &EventType) -> bool {
        if let Some(known) = self.by_name.get(&declared.name) {
            let known = &mut self.types[*known as usize];
            let without = self.types_bytes - type_bytes(known);
            let bytes = without + type_bytes(declared);
            if !declared.properties.is_empty() && bytes <= MAX_TYPES_BYTES {
                known.properties = declared.properties.clone();
                self.types_bytes = bytes;
            }
            return false;
        }
        let bytes = self.types_bytes + type_bytes(declared);
        if self.further.is_some() || self.types.len() + 1 >= MAX_TYPES || bytes > MAX_TYPES_BYTES {
            if self.further.is_none() {
                self.further = Some(self.types.len() as u16);
                self.types.push(EventType { name: FURTHER_TYPES.into(), properties: Vec::new() });
            }
            return false;
        }
        self.types_bytes = bytes;
        self.by_name.insert(declared.name.clone(), self.types.len() as u16);
        self.types.push(declared.clone());
        true
    }

    /// Takes an event in, at its place in time. True when its type came without a declaration for the first time.
    pub fn take(&mut self, event: &EventIn, interner: &mut Interner) -> bool {
        let is_new = self.declare(&event.declared);
        let known = self.by_name.get(&event.declared.name).copied();
        let kind = known.or(self.further).unwrap_or_default();
        let ties = ties(&event.content, self.properties(kind));
        let mut sym =
            |text: &Option<String>| text.as_ref().map_or(Sym::NONE, |text| interner.sym(text.as_bytes()));
        let kept = Event {
            number: self.next_number,
            at_ms: event.at_ms,
            kind,
            peer: sym(&ties.peer),
            connection: sym(&ties.connection),
            place: 0,
            len: event.content.len() as u32,
        };
        self.next_number += 1;
        self.count += 1;
        self.contents_bytes += event.content.len();
        let at = self.chunk_for(event.at_ms);
        let chunk = &mut self.chunks[at];
        let kept = Event { place: chunk.contents.len() as u32, ..kept };
        chunk.contents.extend_from_slice(event.content.as_bytes());
        let place = chunk.events.partition_point(|other| other.at_ms <= kept.at_ms);
        chunk.events.insert(place, kept);
        add(&mut chunk.counts, kept.kind, 1);
        self.next_version += 1;
        chunk.version = self.next_version;
        // What comes late goes into a chunk that may be full.
        let is_heavy = chunk.contents.len() > 2 * CHUNK_BYTES && chunk.events.len() > 1;
        if chunk.events.len() > 2 * CHUNK_LEN || is_heavy {
            self.split(at);
        }
        is_new && event.declared.properties.is_empty()
    }

    fn chunk_for(&mut self, at_ms: u64) -> usize {
        let is_newest =
            self.chunks.back().and_then(|chunk| chunk.events.last()).is_none_or(|last| last.at_ms <= at_ms);
        if is_newest {
            let is_full = self
                .chunks
                .back()
                .is_none_or(|c| c.events.len() >= CHUNK_LEN || c.contents.len() > CHUNK_BYTES);
            if is_full {
                self.chunks.push_back(EventChunk::default());
            }
            return self.chunks.len() - 1;
        }
        let after = self
            .chunks
            .partition_point(|chunk| chunk.events.first().is_some_and(|first| first.at_ms <= at_ms));
        after.saturating_sub(1)
    }

    fn split(&mut self, at: usize) {
        let chunk = &mut self.chunks[at];
        let later = chunk.events.split_off(chunk.events.len() / 2);
        let old = std::mem::take(&mut chunk.contents);
        let pack = |events: &mut Vec<Event>| {
            let mut contents = Vec::new();
            for event in events {
                let from = event.place as usize;
                event.place = contents.len() as u32;
                contents.extend_from_slice(&old[from..from + event.len as usize]);
            }
            contents
        };
        chunk.contents = pack(&mut chunk.events);
        let mut later = EventChunk { events: later, ..EventChunk::default() };
        later.contents = pack(&mut later.events);
        self.next_version += 2;
        (chunk.version, later.version) = (self.next_version - 1, self.next_version);
        for chunk in [chunk, &mut later] {
            chunk.counts.clear();
            chunk.events.iter().for_each(|event| add(&mut chunk.counts, event.kind, 1));
        }
        self.chunks.insert(at + 1, later);
    }

    /// The number of a type, if it was told.
    pub fn kind(&self, name: &str) -> Option<u16> {
        self.by_name.get(name).copied()
    }

    pub fn name(&self, kind: u16) -> &str {
        self.types.get(kind as usize).map_or("", |kind| &kind.name)
    }

    /// The names of the properties that types declare, each once, whatever its case.
    pub fn property_names(&self) -> Vec<&str> {
        let all = self.types.iter().flat_map(|kind| &kind.properties);
        let mut names: Vec<&str> = all.map(|property| property.name.as_str()).collect();
        names.sort_by_cached_key(|name| name.to_lowercase());
        names.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        names
    }

    /// How many types are known.
    pub fn types(&self) -> usize {
        self.types.len()
    }

    pub fn properties(&self, kind: u16) -> &[Property] {
        self.types.get(kind as usize).map_or(&[], |kind| &kind.properties)
    }

    pub fn len(&self) -> usize {
        self.count
    }

    pub fn first_ms(&self) -> Option<u64> {
        self.chunks.front()?.events.first().map(|event| event.at_ms)
    }

    pub fn last_ms(&self) -> Option<u64> {
        self.chunks.back()?.events.last().map(|event| event.at_ms)
    }

    /// Events with `from_ms <= at_ms <= to_ms`, oldest first, with their contents.
    pub fn within(&self, from_ms: u64, to_ms: u64) -> impl Iterator<Item = (&Event, &str)> {
        let first =
            self.chunks.partition_point(|chunk| chunk.events.last().is_none_or(|last| last.at_ms < from_ms));
        self.chunks
            .range(first..)
            .take_while(move |chunk| chunk.events.first().is_some_and(|event| event.at_ms <= to_ms))
            .flat_map(move |chunk| {
                let from = chunk.events.partition_point(|event| event.at_ms < from_ms);
                let to = chunk.events.partition_point(|event| event.at_ms <= to_ms);
                chunk.events[from..to.max(from)].iter().map(|event| (event, chunk.content(event)))
            })
    }

    /// The same chunk by chunk: of a whole one it is known how many of each type it has.
    pub fn parts(&self, from_ms: u64, to_ms: u64) -> impl Iterator<Item = Part<'_>> {
        let first =
            self.chunks.partition_point(|chunk| chunk.events.last().is_none_or(|last| last.at_ms < from_ms));
        self.chunks
            .range(first..)
            .take_while(move |chunk| chunk.events.first().is_some_and(|event| event.at_ms <= to_ms))
            .map(move |chunk| {
                let from = chunk.events.partition_point(|event| event.at_ms < from_ms);
                let to = chunk.events.partition_point(|event| event.at_ms <= to_ms);
                Part { chunk, from, to: to.max(from) }
            })
    }

    /// How many lie in `from_ms <= at_ms < to_ms`.
    pub fn count_within(&self, from_ms: u64, to_ms: u64) -> usize {
        let first =
            self.chunks.partition_point(|chunk| chunk.events.last().is_none_or(|last| last.at_ms < from_ms));
        self.chunks
            .range(first..)
            .take_while(|chunk| chunk.events.first().is_some_and(|event| event.at_ms < to_ms))
            .map(|chunk| {
                let before = |ms| chunk.events.partition_point(|event| event.at_ms < ms);
                before(to_ms).saturating_sub(before(from_ms))
            })
            .sum()
    }

    pub fn find(&self, number: u64) -> Option<(&Event, &str)> {
        self.chunks.iter().find_map(|chunk| {
            let event = chunk.events.iter().find(|event| event.number == number)?;
            Some((event, chunk.content(event)))
        })
    }

    /// Frees the oldest chunk; how many events went with it.
    pub fn drop_oldest(&mut self) -> usize {
        let Some(chunk) = self.chunks.pop_front() else { return 0 };
        self.count -= chunk.events.len();
        self.contents_bytes -= chunk.events.iter().map(|event| event.len as usize).sum::<usize>();
        chunk.events.len()
    }

    pub fn chunk_count(&self) -> usize {
        self.chunks.len()
    }

    pub fn each_sym(&self, mut visit: impl FnMut(Sym)) {
        for event in self.chunks.iter().flat_map(|chunk| &chunk.events) {
            visit(event.peer);
            visit(event.connection);
        }
    }

    pub fn memory(&self) -> usize {
        // Half again: vectors grow by doubling.
        self.types_bytes + (self.count * size_of::<Event>() + self.contents_bytes) * 3 / 2
    }
}

/// Events of one chunk, one after the other.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    chunk: &'a EventChunk,
    from: usize,
    to: usize,
}

impl<'a> Part<'a> {
    pub fn events(&self) -> &'a [Event] {
        &self.chunk.events[self.from..self.to]
    }

    pub fn content(&self, event: &Event) -> &'a str {
        self.chunk.content(event)
    }

    /// The whole chunk's version. None: it is a part of it.
    pub fn version(&self) -> Option<u64> {
        (self.from == 0 && self.to == self.chunk.events.len()).then_some(self.chunk.version)
    }

    /// Adds up how many of each type there are.
    pub fn count(&self, counts: &mut Vec<(u16, u32)>) {
        match self.version() {
            Some(_) => self.chunk.counts.iter().for_each(|(kind, count)| add(counts, *kind, *count)),
            None => self.events().iter().for_each(|event| add(counts, event.kind, 1)),
        }
    }
}

/// There are few types.
fn add(counts: &mut Vec<(u16, u32)>, kind: u16, more: u32) {
    match counts.iter_mut().find(|(known, _)| *known == kind) {
        Some((_, count)) => *count += more,
        None => counts.push((kind, more)),
    }
}

/// In the list and in the look-up.
fn type_bytes(kind: &EventType) -> usize {
    let properties: usize = kind.properties.iter().map(|property| 48 + property.name.len()).sum();
    128 + kind.name.len() * 2 + properties
}

impl EventChunk {
    fn content(&self, event: &Event) -> &str {
        let from = event.place as usize;
        self.contents
            .get(from..from + event.len as usize)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::PropertyKind;

    fn event(at_ms: u64) -> EventIn {
        let declared = EventType { name: format!("T{}", at_ms % 3), properties: Vec::new() };
        EventIn { declared, at_ms, content: format!("{{\"n\":{at_ms}}}") }
    }

    #[test]
    fn events_lie_in_order_of_time_however_they_came() {
        let (mut log, mut interner) = (EventLog::default(), Interner::default());
        let times: Vec<u64> = (0..5000u64).map(|n| (n * 7919) % 5003).collect();
        for at in &times {
            log.take(&event(*at), &mut interner);
        }
        let seen: Vec<u64> = log.within(0, u64::MAX).map(|(event, _)| event.at_ms).collect();
        let mut sorted = times.clone();
        sorted.sort_unstable();
        assert_eq!(seen, sorted);
        assert!(
            log.within(0, u64::MAX).all(|(event, content)| content == format!("{{\"n\":{}}}", event.at_ms))
        );
        assert_eq!(log.count_within(100, 200), times.iter().filter(|at| (100..200).contains(*at)).count());
        assert_eq!(log.within(100, 199).count(), log.count_within(100, 200));
        let dropped = log.drop_oldest();
        assert_eq!(log.len(), 5000 - dropped);
        assert_eq!(log.within(0, u64::MAX).count(), log.len());
    }

    #[test]
    fn late_events_fill_no_chunk_beyond_its_bytes() {
        let (mut log, mut interner) = (EventLog::default(), Interner::default());
        let heavy = |at_ms| EventIn { content: format!("{}{at_ms}", " ".repeat(1 << 20)), ..event(at_ms) };
        log.take(&heavy(1_000_000), &mut interner);
        for at in 0..64 {
            log.take(&heavy(at * 37 % 64), &mut interner);
        }
        assert!(log.chunks.iter().all(|chunk| chunk.contents.len() <= 2 * CHUNK_BYTES + (1 << 20)));
        assert!(log.within(0, 63).all(|(event, content)| content.trim() == event.at_ms.to_string()));
        assert_eq!(log.within(0, 63).count(), 64);
    }

    #[test]
    fn declarations_have_their_bounds() {
        let (mut log, mut interner) = (EventLog::default(), Interner::default());
        let heavy = |n: u32| {
            let property = Property { name: "x".repeat(4096), kind: PropertyKind::Text, multiple: false };
            let declared = EventType { name: format!("T{n}"), properties: vec![property; 64] };
            EventIn { declared, at_ms: u64::from(n), content: "{}".into() }
        };
        (0..100).for_each(|n| _ = log.take(&heavy(n), &mut interner));
        assert!(log.types_bytes <= MAX_TYPES_BYTES && log.len() == 100);
        let names: Vec<&str> = log.within(0, 100).map(|(event, _)| log.name(event.kind)).collect();
        assert_eq!((names[0], names[99]), ("T0", FURTHER_TYPES));
        assert!(log.types() < 10);
    }

    #[test]
    fn an_undeclared_type_is_told_once() {
        let (mut log, mut interner) = (EventLog::default(), Interner::default());
        assert!(log.take(&event(0), &mut interner));
        assert!(!log.take(&event(3), &mut interner));
    }
}
