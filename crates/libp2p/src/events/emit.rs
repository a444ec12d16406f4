//! Where events are told: to the one reader there can be, and to the list of types.

use std::{
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use parking_lot::{Mutex, RwLock};
use peerscope_introspection::{
    EventStream, IntrospectError,
    wire::{Event, EventType},
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    TypedEvent, infer, kinds,
    queue::{Queue, Reader},
    typed,
};
use crate::{clock, recorder::Recorder};

/// Most event types a node can have. Names are the program's own, so this is for one that makes them up.
const MAX_TYPES: usize = 1024;

/// Why an event of the user's could not be told.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// It does not serialize.
    #[error("the event can't be serialized: {0}")]
    Serialize(#[from] serde_json::Error),
    /// There are too many event types already.
    #[error("there are {MAX_TYPES} event types already")]
    TooManyTypes,
}

pub(crate) struct Teller {
    max_queued: usize,
    types: RwLock<HashMap<String, EventType>>,
    reader: Mutex<Weak<Queue>>,
    /// Whether somebody reads: else no event is put into words. Changed only while `reader` is locked.
    listening: AtomicBool,
    closed: AtomicBool,
    /// Hears everything too, if there is one.
    recorder: Option<Recorder>,
}

impl Teller {
    pub(crate) fn new(max_queued: usize, recorder: Option<Recorder>) -> Self {
        let types = kinds::every().into_iter().map(|kind| (kind.name.clone(), kind)).collect();
        Self {
            max_queued,
            types: RwLock::new(types),
            reader: Mutex::new(Weak::new()),
            listening: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            recorder,
        }
    }

    pub(crate) fn recorder(&self) -> Option<&Recorder> {
        self.recorder.as_ref()
    }

    pub(crate) fn subscribe(&self) -> Result<EventStream, IntrospectError> {
        let mut reader = self.reader.lock();
        if self.closed.load(Relaxed) {
            return Err(IntrospectError::Closed);
        }
        if reader.strong_count() > 0 {
            return Err(IntrospectError::AlreadySubscribed);
        }
        let (stream, weak) = Reader::new(Arc::new(Queue::new(self.max_queued)));
        *reader = weak;
        self.listening.store(true, Relaxed);
        Ok(Box::pin(stream))
    }

    pub(crate) fn close(&self) {
        let reader = self.reader.lock();
        self.closed.store(true, Relaxed);
        self.listening.store(false, Relaxed);
        if let Some(recorder) = &self.recorder {
            recorder.stop();
        }
        if let Some(queue) = reader.upgrade() {
            queue.end();
        }
    }

    /// Whether it is worth while to put an event into words.
    pub(crate) fn is_heard(&self) -> bool {
        !self.closed.load(Relaxed) && (self.recorder.is_some() || self.listening.load(Relaxed))
    }

    /// One of this crate's own events. They serialize to maps of texts and numbers, which can't fail.
    pub(crate) fn own<E: TypedEvent>(&self, event: impl FnOnce() -> E) {
        if self.is_heard()
            && let Ok(content) = serde_json::to_string(&event())
        {
            self.push(E::NAME, content);
        }
    }

    pub(crate) fn typed<E: TypedEvent>(&self, event: &E) -> Result<(), EmitError> {
        self.learn(E::NAME, typed::event_type::<E>)?;
        if self.is_heard() {
            self.push(E::NAME, serde_json::to_string(event)?);
        }
        Ok(())
    }

    pub(crate) fn inferred(&self, name: &str, event: &impl Serialize) -> Result<(), EmitError> {
        if !self.is_heard() && self.types.read().contains_key(name) {
            return Ok(());
        }
        let content = match serde_json::to_value(event)? {
            Value::Object(content) => content,
            // The content is a map by the schema.
            value => Map::from_iter([("value".to_owned(), value)]),
        };
        self.learn(name, || infer::event_type(name, &content))?;
        if self.is_heard() {
            self.push(name, Value::Object(content).to_string());
        }
        Ok(())
    }

    fn learn(&self, name: &str, kind: impl FnOnce() -> EventType) -> Result<(), EmitError> {
        if self.types.read().contains_key(name) {
            return Ok(());
        }
        let mut types = self.types.write();
        if types.len() >= MAX_TYPES {
            return Err(EmitError::TooManyTypes);
        }
        types.insert(name.to_owned(), kind());
        Ok(())
    }

    fn push(&self, name: &str, content: String) {
        let event = event(name, content);
        if let Some(recorder) = &self.recorder {
            recorder.event(event.clone());
        }
        // Held to the end: a reader that comes meanwhile is neither overlooked nor finds the place of the last one taken.
        let reader = self.reader.lock();
        match reader.upgrade() {
            Some(queue) => queue.push(event),
            None => self.listening.store(false, Relaxed),
        }
    }

    /// The types known so far, by name.
    pub(crate) fn types(&self) -> Vec<EventType> {
        let mut types = self.types.read().values().cloned().collect::<Vec<_>>();
        types.sort_by(|a, b| a.name.cmp(&b.name));
        types
    }
}

/// An event now, its type by name.
pub(crate) fn event(name: &str, content: String) -> Event {
    let kind = EventType { name: name.to_owned(), property_types: Vec::new() };
    Event { r#type: Some(kind), ts: clock::now_ms(), content }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_reader_that_comes_while_an_event_finds_none_is_heard_of() {
        let teller = Teller::new(8, None);
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    teller.push("Event", "{}".to_owned());
                }
            });
            let wrong = (0..100_000).find_map(|_| match teller.subscribe() {
                Err(error) => Some(error.to_string()),
                // Long enough for an event that looked for a reader before to be through.
                Ok(_stream) => (0..100).any(|_| !teller.is_heard()).then(|| "it is told nothing".to_owned()),
            });
            over.store(true, Relaxed);
            assert_eq!(wrong, None);
        });
    }
}
