//! The recorded node as an introspector: what it told at the time that the replay has come to.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::stream;
use peerscope_introspection::{
    BoxFuture, EventStream, IntrospectError, Introspector, Told,
    wire::{Event, EventType, Runtime, State, server_message::Payload},
};
use tokio::{sync::watch, time::Instant};

use super::{
    clock::Clock,
    recorded::{Place, Recorded},
};

/// Events that are read from the file at a time.
const BATCH: usize = 256;

#[derive(Clone)]
pub struct Replayed(Arc<Inner>);

struct Inner {
    recorded: Recorded,
    clock: Clock,
    /// When the first client wanted something.
    started: watch::Sender<Option<Instant>>,
    closed: watch::Sender<bool>,
    said_over: AtomicBool,
}

impl Replayed {
    pub fn new(recorded: Recorded, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            recorded,
            clock,
            started: watch::Sender::new(None),
            closed: watch::Sender::new(false),
            said_over: AtomicBool::new(false),
        }))
    }

    /// Starts the clock, unless it runs.
    fn start(&self) {
        self.0.started.send_if_modified(|started| {
            let starts = started.is_none();
            started.get_or_insert_with(Instant::now);
            starts
        });
    }

    fn check_open(&self) -> Result<(), IntrospectError> {
        if *self.0.closed.borrow() { Err(IntrospectError::Closed) } else { Ok(()) }
    }

    /// How many of these, which are in order, have come.
    fn come(&self, places: &[Place]) -> usize {
        let Some(started) = *self.0.started.borrow() else { return 0 };
        let passed = started.elapsed();
        places.partition_point(|place| self.0.clock.due(place.ms) <= passed)
    }

    /// Waits for the next event, or for the recording's end.
    async fn due(&self, next: usize) {
        let inner = &self.0;
        let started =
            inner.started.subscribe().wait_for(Option::is_some).await.ok().and_then(|started| *started);
        let Some(started) = started else { return std::future::pending().await };
        let next = inner.recorded.told.get(next);
        let at = inner.clock.due(next.map_or(inner.recorded.span_ms.1, |place| place.ms));
        tokio::time::sleep(at.saturating_sub(started.elapsed())).await;
        if next.is_none() {
            if !inner.said_over.swap(true, Ordering::Relaxed) {
                tracing::info!("the recording is over: its last state stays");
            }
            std::future::pending::<()>().await;
        }
    }

    /// Reads frames off the file, beside the async tasks.
    async fn read<T, F>(&self, read: F) -> Result<T, IntrospectError>
    where
        T: Send + 'static,
        F: FnOnce(&Recorded) -> anyhow::Result<T> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        let unavailable = |error: &dyn std::fmt::Display| IntrospectError::Unavailable(error.to_string());
        match tokio::task::spawn_blocking(move || read(&inner.recorded)).await {
            Ok(Ok(read)) => Ok(read),
            Ok(Err(error)) => Err(unavailable(&format!("{error:#}"))),
            Err(error) => Err(unavailable(&error)),
        }
    }
}

impl Introspector for Replayed {
    fn fetch_runtime(&self) -> BoxFuture<'_, Result<Runtime, IntrospectError>> {
        Box::pin(async {
            self.check_open()?;
            let runtimes = &self.0.recorded.runtimes;
            // One that came late belongs to what was before it, too.
            let newest = self.come(runtimes).saturating_sub(1);
            let Some(place) = runtimes.get(newest).copied() else { return Ok(Runtime::default()) };
            self.read(move |recorded| match recorded.payload(place)? {
                Payload::Runtime(runtime) => Ok(runtime),
                _ => Ok(Runtime::default()),
            })
            .await
        })
    }

    fn fetch_full_state(&self) -> BoxFuture<'_, Result<State, IntrospectError>> {
        Box::pin(async {
            self.check_open()?;
            self.start();
            let states = &self.0.recorded.states;
            let newest = self.come(states).checked_sub(1).and_then(|newest| states.get(newest)).copied();
            let none = || IntrospectError::Unavailable("the recording has no state up to here".into());
            let place = newest.ok_or_else(none)?;
            self.read(move |recorded| match recorded.payload(place)? {
                Payload::State(state) => Ok(state),
                _ => Err(anyhow::anyhow!("the file was changed")),
            })
            .await
        })
    }

    fn event_stream(&self) -> Result<EventStream, IntrospectError> {
        self.check_open()?;
        let next = self.come(&self.0.recorded.told);
        let teller =
            Teller { node: self.clone(), next, batch: VecDeque::new(), closed: self.0.closed.subscribe() };
        Ok(Box::pin(stream::unfold(teller, |mut teller| async {
            let told = teller.next().await?;
            Some((told, teller))
        })))
    }

    fn event_metadata(&self) -> Vec<EventType> {
        self.0.recorded.types.clone()
    }

    fn close(&self) {
        self.0.closed.send_replace(true);
    }

    /// Called when a session's events were turned on: from now on somebody listens.
    fn session_events(&self) -> BoxFuture<'_, Vec<Event>> {
        self.start();
        Box::pin(std::future::ready(Vec::new()))
    }
}

/// Tells the events of a recording, each when it is due.
struct Teller {
    node: Replayed,
    next: usize,
    batch: VecDeque<Told>,
    closed: watch::Receiver<bool>,
}

impl Teller {
    async fn next(&mut self) -> Option<Told> {
        let node = self.node.clone();
        let told = &node.0.recorded.told;
        loop {
            if *self.closed.borrow() {
                return None;
            }
            if let Some(told) = self.batch.pop_front() {
                return Some(told);
            }
            let come = node.come(told);
            if come > self.next {
                let places = told[self.next..come.min(self.next + BATCH)].to_vec();
                self.next += places.len();
                self.batch = node
                    .read(move |recorded| {
                        Ok(places.into_iter().filter_map(|place| tell(recorded, place)).collect())
                    })
                    .await
                    .ok()?;
                continue;
            }
            tokio::select! {
                () = node.due(self.next) => {}
                // The sender lives as long as the node, which is here.
                _ = self.closed.wait_for(|closed| *closed) => {}
            }
        }
    }
}

/// What a frame tells. One that can't be read is a lost event.
fn tell(recorded: &Recorded, place: Place) -> Option<Told> {
    match recorded.payload(place) {
        Ok(Payload::Event(event)) => Some(Told::Event(event)),
        // How many the recorded endpoint dropped; 0 is that it did not say.
        Ok(Payload::Notice(notice)) => {
            (notice.discarded_events > 0).then_some(Told::Lost(notice.discarded_events))
        }
        Ok(_) => None,
        Err(error) => {
            tracing::warn!("{error:#}");
            Some(Told::Lost(1))
        }
    }
}

#[cfg(test)]
mod tests;
