//! `simulate`: an endpoint of a made-up node that lives at the wall clock's pace.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use peerscope_introspection::{
    BoxFuture, EventStream, IntrospectError, Introspector, Told,
    wire::{Event, EventType, Runtime, State},
};
use tokio::sync::{mpsc, watch};

use crate::{
    options::EndpointArguments,
    serve, shutdown,
    synthetic::{Figures, World},
};

/// How often the world is let go on for its events.
const STEP: Duration = Duration::from_millis(10);
/// Events that wait for the endpoint to take them: more than two seconds at the fastest rate promised.
const QUEUE: usize = 1 << 16;
/// A gap that is longer was the machine's sleep.
const SLEEP_MS: u64 = 10_000;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    figures: Figures,
    /// Another seed gives another node
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    endpoint: EndpointArguments,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let options = arguments.endpoint.options()?;
    let simulated = Simulated::new(&arguments.figures, arguments.seed, Clock::start());
    shutdown::run(serve::until_shutdown(Arc::new(simulated), options))
}

/// The wall clock, but never back in time.
#[derive(Clone, Copy, Debug)]
struct Clock {
    start: Instant,
    start_ms: u64,
}

impl Clock {
    fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { start: Instant::now(), start_ms: u64::try_from(since.as_millis()).unwrap_or_default().max(1) }
    }

    fn now_ms(self) -> u64 {
        let passed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.start_ms.saturating_add(passed)
    }
}

/// The made-up node as an introspector.
struct Simulated {
    node: Arc<Mutex<Node>>,
    subscribed: Arc<AtomicBool>,
    closed: watch::Sender<bool>,
}

/// The world, and what happened in it that was not told yet.
struct Node {
    world: World,
    clock: Clock,
    now_ms: u64,
    events: Vec<Event>,
    listening: bool,
}

impl Node {
    /// Lets the world go on until now.
    fn catch_up(&mut self) -> u64 {
        let now_ms = self.clock.now_ms();
        if now_ms.saturating_sub(self.now_ms) > SLEEP_MS {
            self.world.sleep_until(now_ms);
        }
        self.now_ms = now_ms;
        self.world.advance(now_ms, &mut self.events);
        if !self.listening {
            self.events.clear();
        }
        now_ms
    }
}

impl Simulated {
    fn new(figures: &Figures, seed: u64, clock: Clock) -> Self {
        let now_ms = clock.now_ms();
        let world = World::new(figures, seed, now_ms);
        let node = Node { world, clock, now_ms, events: Vec::new(), listening: false };
        Self {
            node: Arc::new(Mutex::new(node)),
            subscribed: Arc::default(),
            closed: watch::Sender::new(false),
        }
    }

    fn check_open(&self) -> Result<(), IntrospectError> {
        if *self.closed.borrow() { Err(IntrospectError::Closed) } else { Ok(()) }
    }
}

fn lock(node: &Mutex<Node>) -> MutexGuard<'_, Node> {
    node.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Introspector for Simulated {
    fn fetch_runtime(&self) -> BoxFuture<'_, Result<Runtime, IntrospectError>> {
        Box::pin(async {
            self.check_open()?;
            Ok(lock(&self.node).world.runtime())
        })
    }

    fn fetch_full_state(&self) -> BoxFuture<'_, Result<State, IntrospectError>> {
        Box::pin(async {
            self.check_open()?;
            let node = Arc::clone(&self.node);
            // A large world takes a while.
            let state = tokio::task::spawn_blocking(move || {
                let mut node = lock(&node);
                let now_ms = node.catch_up();
                node.world.state(now_ms)
            });
            state.await.map_err(|error| IntrospectError::Unavailable(error.to_string()))
        })
    }

    fn event_stream(&self) -> Result<EventStream, IntrospectError> {
        self.check_open()?;
        if self.subscribed.swap(true, Ordering::SeqCst) {
            return Err(IntrospectError::AlreadySubscribed);
        }
        let subscription = Subscription { subscribed: Arc::clone(&self.subscribed) };
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(tell(Arc::clone(&self.node), sender, self.closed.subscribe()));
        let stream =
            futures::stream::unfold((receiver, subscription), |(mut receiver, subscription)| async {
                let told = receiver.recv().await?;
                Some((told, (receiver, subscription)))
            });
        Ok(Box::pin(stream))
    }

    fn event_metadata(&self) -> Vec<EventType> {
        World::event_types()
    }

    fn close(&self) {
        self.closed.send_replace(true);
    }

    fn keep_closed(&self, at_least: Duration) {
        let millis = u64::try_from(at_least.as_millis()).unwrap_or(u64::MAX);
        lock(&self.node).world.keep_closed(millis);
    }
}

/// The one stream of events; another can be had once it is dropped.
struct Subscription {
    subscribed: Arc<AtomicBool>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.subscribed.store(false, Ordering::SeqCst);
    }
}

/// Lets the world go on and tells what happens, until nobody listens or the node is closed.
async fn tell(node: Arc<Mutex<Node>>, sender: mpsc::Sender<Told>, mut closed: watch::Receiver<bool>) {
    let mut steps = tokio::time::interval(STEP);
    steps.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    {
        let mut node = lock(&node);
        node.catch_up();
        node.events.clear();
        node.listening = true;
    }
    loop {
        tokio::select! {
            _ = steps.tick() => {}
            _ = sender.closed() => break,
            _ = closed.wait_for(|closed| *closed) => break,
        }
        let stepped = tokio::task::spawn_blocking({
            let node = Arc::clone(&node);
            move || {
                let mut node = lock(&node);
                node.catch_up();
                std::mem::take(&mut node.events)
            }
        });
        let Ok(events) = stepped.await else { break };
        send(&sender, events);
    }
    let mut node = lock(&node);
    node.listening = false;
    node.events.clear();
}

/// Never waits: what the endpoint has no room for is lost, and said so. One place is kept for saying it.
fn send(sender: &mpsc::Sender<Told>, events: Vec<Event>) {
    let mut lost = 0;
    for event in events {
        if lost > 0 || sender.capacity() <= 1 || sender.try_send(Told::Event(event)).is_err() {
            lost += 1;
        }
    }
    if lost > 0 && sender.try_send(Told::Lost(lost)).is_err() {
        tracing::warn!(lost, "events were lost, and there was no room to say it");
    }
}

#[cfg(test)]
mod tests;
