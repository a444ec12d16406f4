//! What a node tells about itself: the seed's `Introspector`. Implemented by instrumentation, asked by an endpoint.

use std::{future::Future, pin::Pin, time::Duration};

use bytes::Bytes;
use futures_core::Stream;

use crate::wire::{Event, EventType, Runtime, State};

/// How long closed connections and streams stay in the state when nobody asks for longer: 5 s.
pub const KEEP_CLOSED_DEFAULT: Duration = Duration::from_secs(5);

/// A future that can be sent to another thread; it keeps the traits object safe.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The events of a node, as they happen. It ends when the introspector is closed.
pub type EventStream = Pin<Box<dyn Stream<Item = Told> + Send>>;

/// One item of an [`EventStream`].
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// Something happened. Its type carries the name alone; the property types are in
    /// [`Introspector::event_metadata`].
    Event(Event),
    /// So many events were lost here because the reader was too slow: the introspector never waits for it.
    Lost(u64),
}

/// Why an introspector can't answer.
#[derive(Debug, thiserror::Error)]
pub enum IntrospectError {
    /// It was closed.
    #[error("the introspector is closed")]
    Closed,
    /// Events are subscribed to already, and this introspector has one stream of them.
    #[error("the events are subscribed to already")]
    AlreadySubscribed,
    /// The node could not be asked.
    #[error("the node can't be asked: {0}")]
    Unavailable(String),
}

/// A node that can be looked into. The endpoint calls it; it never calls the endpoint.
///
/// Object safe: an endpoint holds an `Arc<dyn Introspector>`. A minimal one writes the first five methods only.
/// None of them may block: they are called from an async runtime, next to the node's own work.
pub trait Introspector: Send + Sync + 'static {
    /// What the node is, and the event types it knows of. The endpoint adds its own event types.
    ///
    /// # Errors
    /// [`IntrospectError::Closed`] after [`close`](Self::close).
    fn fetch_runtime(&self) -> BoxFuture<'_, Result<Runtime, IntrospectError>>;

    /// One whole snapshot of the node, taken now.
    ///
    /// # Errors
    /// [`IntrospectError::Closed`] after [`close`](Self::close), [`IntrospectError::Unavailable`] when a part of the
    /// node does not answer.
    fn fetch_full_state(&self) -> BoxFuture<'_, Result<State, IntrospectError>>;

    /// The node's events from now on. The endpoint subscribes once for each time it is started, and drops the stream
    /// when it is closed; a later call must work again.
    ///
    /// # Errors
    /// [`IntrospectError::Closed`] after [`close`](Self::close), [`IntrospectError::AlreadySubscribed`] while an
    /// earlier stream is still alive and there can be but one.
    fn event_stream(&self) -> Result<EventStream, IntrospectError>;

    /// The event types seen or known so far, with their properties.
    fn event_metadata(&self) -> Vec<EventType>;

    /// Ends the introspector: its event stream ends, later calls answer [`IntrospectError::Closed`]. Calling it again
    /// does nothing. An endpoint that is closed does *not* close its introspector, since it can be started again.
    fn close(&self);

    /// What each session gets first, each time its events are turned on, so that a late comer knows what only events
    /// tell. None by default.
    fn session_events(&self) -> BoxFuture<'_, Vec<Event>> {
        Box::pin(std::future::ready(Vec::new()))
    }

    /// How long what closed should stay in the state, so that each session sees it at least once. The endpoint says it
    /// whenever the longest session interval changes; until then it is [`KEEP_CLOSED_DEFAULT`]. Ignored by default.
    fn keep_closed(&self, at_least: Duration) {
        let _ = at_least;
    }

    /// What the node recorded up to now, whoever was there, as the bytes of a recording, if it keeps one. An event has to be in it
    /// before it is told to those who listen: clients ask for it once they listen, and rely on the two overlapping. None by
    /// default.
    fn recording(&self) -> BoxFuture<'_, Option<Bytes>> {
        Box::pin(std::future::ready(None))
    }
}
