//! One recording over all its connections: what comes from a socket goes into the file, and the client says what to
//! answer.

use std::{collections::HashSet, sync::Arc, time::Duration};

use anyhow::Result;
use bytes::Bytes;
use futures::{
    FutureExt, SinkExt, StreamExt,
    future::{BoxFuture, Fuse, FusedFuture},
};
use indicatif::ProgressBar;
use peerscope_introspection::{
    client::{Client, Config, Link, Step},
    frame::{latin1, read_message},
    seam::Seam,
};
use prost::Message as _;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use super::{
    address::Address,
    count::Counts,
    lost::Lost,
    out::Out,
    own::{self, Asking, Fetched},
};
use crate::glimpse::{Glimpse, Kind};

/// What came is in the file after so long at most, once nothing waits for the node's own recording.
const FLUSH: Duration = Duration::from_millis(500);
/// How long an endpoint may take to answer a dial, a greeting, a ping.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// After so much silence it is asked whether it is still there.
const SILENCE: Duration = Duration::from_secs(20);
/// Event types that are remembered; the endpoint remembers as many.
const MAX_TYPES: usize = 1024;

pub struct Recorder {
    pub address: Arc<Address>,
    pub client: Client,
    pub out: Out,
    pub counts: Counts,
    pub progress: ProgressBar,
    /// How far the recording goes.
    pub seam: Seam,
    pub asking: Asking,
    begin: Instant,
    /// Event types whose properties are in the recording, or were asked for in this session.
    types: HashSet<String>,
}

/// What a message led to.
#[derive(Default)]
pub struct Taken {
    pub send: Vec<Vec<u8>>,
    pub lost: Option<Lost>,
}

impl Recorder {
    pub fn new(address: Address, config: Config, out: Out, progress: ProgressBar) -> Self {
        Self {
            address: Arc::new(address),
            client: Client::new(config),
            out,
            counts: Counts::default(),
            progress,
            seam: Seam::new(),
            asking: Asking::default(),
            begin: Instant::now(),
            types: HashSet::new(),
        }
    }

    /// How long it has been going on, in milliseconds: the client's clock.
    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The time of that clock.
    pub fn at(&self, ms: u64) -> Instant {
        self.begin + Duration::from_millis(ms)
    }

    pub fn elapsed(&self) -> Duration {
        self.begin.elapsed()
    }

    /// Tells people something beside the progress line.
    pub fn warn(&self, text: &str) {
        self.progress.suspend(|| tracing::warn!("{text}"));
    }

    fn is_live(&self) -> bool {
        matches!(self.client.link(), Link::Live { .. })
    }

    /// Records one session to its end; all of it is in the file then.
    ///
    /// # Errors
    /// When the file can't be written.
    pub async fn listen<S>(&mut self, socket: WebSocketStream<S>) -> Result<Lost>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut own = Fuse::terminated();
        let lost = self.session(socket, &mut own).await?;
        // It comes by another way. After what the session told it would be too late for it.
        if !own.is_terminated() && self.asking.held.is_some() {
            let own = own.await;
            self.take_own(own);
        }
        self.release();
        self.out.flush().await?;
        Ok(lost)
    }

    async fn session<S>(
        &mut self,
        mut socket: WebSocketStream<S>,
        own: &mut Fuse<BoxFuture<'static, Fetched>>,
    ) -> Result<Lost>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (began, mut heard, mut pinged) = (Instant::now(), Instant::now(), false);
        let mut greeted = None;
        // A Runtime of another life of the node may name other types.
        self.types.clear();
        let mut ticks = interval(FLUSH);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut taken = Taken { send: self.client.connected(self.now_ms()), lost: None };
        self.asking.begin();
        let mut has_asked = false;
        loop {
            for message in taken.send {
                match timeout(PATIENCE, socket.send(Message::Binary(message.into()))).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return Ok(Lost::by(error)),
                    Err(_) => return Ok(Lost::Silent("what it is sent")),
                }
            }
            if let Some(lost) = taken.lost {
                return Ok(lost);
            }
            if self.is_live() && greeted.is_none() {
                greeted = Some(Instant::now());
                self.greeted();
            }
            if self.asking.held.is_none() {
                *own = Fuse::terminated();
            } else if !has_asked
                && (self.client.has_begun() || greeted.is_some_and(|at| at.elapsed() >= own::BEGIN))
            {
                has_asked = true;
                let (address, since_ms) = (self.address.clone(), self.seam.since_ms());
                *own = async move { own::fetch(&address, since_ms).await }.boxed().fuse();
            }
            taken = tokio::select! {
                biased;
                own = &mut *own => {
                    self.take_own(own);
                    Taken { send: self.release(), lost: None }
                }
                _ = ticks.tick() => {
                    self.out.flush().await?;
                    self.progress.set_message(self.counts.text());
                    if greeted.is_none() && began.elapsed() > PATIENCE {
                        return Ok(Lost::Silent("the greeting"));
                    }
                    if heard.elapsed() > SILENCE + PATIENCE {
                        return Ok(Lost::Silent("a ping"));
                    }
                    if heard.elapsed() > SILENCE && !std::mem::replace(&mut pinged, true)
                        && let Err(error) = socket.send(Message::Ping(Bytes::new())).await
                    {
                        return Ok(Lost::by(error));
                    }
                    Taken { send: self.client.tick(self.now_ms()), lost: None }
                }
                message = socket.next() => {
                    (heard, pinged) = (Instant::now(), false);
                    match message {
                        Some(Ok(message)) => self.take(message),
                        Some(Err(error)) => return Ok(Lost::by(error)),
                        None => return Ok(Lost::closed(None)),
                    }
                }
            };
            if self.out.is_full() {
                self.out.flush().await?;
            }
        }
    }

    fn greeted(&mut self) {
        self.counts.sessions += 1;
        let Link::Live { interval_ms, .. } = self.client.link() else { return };
        let how = if self.counts.sessions > 1 { "again " } else { "" };
        let text = format!("recording {how}from {}, a state each {interval_ms} ms", self.address.shown());
        self.progress.suspend(|| tracing::info!("{text}"));
    }

    fn take(&mut self, message: Message) -> Taken {
        match message {
            Message::Binary(bytes) => self.message(bytes),
            Message::Text(text) => match latin1(&text) {
                Ok(bytes) => self.message(bytes.into()),
                Err(problem) => {
                    self.counts.problem(problem);
                    Taken::default()
                }
            },
            Message::Close(frame) => Taken { lost: Some(Lost::closed(frame)), ..Taken::default() },
            // The socket answers a ping by itself.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Taken::default(),
        }
    }

    fn message(&mut self, message: Bytes) -> Taken {
        if self.asking.held.is_some() { self.overhear(message) } else { self.segments(&message) }
    }

    /// Each sound segment goes into the file as it is, whether we can decode it or not, but for what the node's own recording
    /// told already.
    pub fn segments(&mut self, message: &[u8]) -> Taken {
        let mut taken = Taken::default();
        for segment in read_message(message) {
            let payload = match segment {
                Ok(payload) => payload,
                Err(problem) => {
                    self.counts.problem(problem);
                    continue;
                }
            };
            let overlap = &mut self.asking.overlap;
            if !overlap.is_over() && !overlap.is_new(payload) {
                continue;
            }
            self.put(payload);
            match Glimpse::decode(payload) {
                Ok(Glimpse { kind: Some(kind) }) => self.kind(kind, &mut taken),
                Ok(Glimpse { kind: None }) => {}
                Err(_) => self.counts.undecodable(),
            }
        }
        taken
    }

    fn put(&mut self, payload: &[u8]) {
        self.out.put(payload);
        self.counts.frame(payload);
        self.seam.note(payload);
    }

    /// A frame that the node recorded itself: nobody is to be answered.
    pub fn put_own(&mut self, payload: &[u8]) {
        self.put(payload);
        self.asking.overlap.recorded(payload);
        match Glimpse::decode(payload) {
            Ok(Glimpse { kind: Some(kind) }) => self.counts.kind(&kind),
            Ok(Glimpse { kind: None }) => {}
            Err(_) => self.counts.undecodable(),
        }
    }

    /// What an answer means.
    pub fn answered(&self, step: Step, taken: &mut Taken) {
        taken.send.extend(step.send);
        match step.refused {
            Some(refused) if refused.greeting => taken.lost = Some(Lost::NotGreeted(refused.reason)),
            Some(refused) => {
                let reason = self.address.conceal(&refused.reason);
                self.warn(&format!("the endpoint refuses {}: {reason}", refused.what));
            }
            None => {}
        }
    }

    fn kind(&mut self, kind: Kind, taken: &mut Taken) {
        self.counts.kind(&kind);
        match kind {
            Kind::Response(response) => {
                let step = self.client.response(&response);
                self.answered(step, taken);
            }
            Kind::Runtime(runtime) => {
                for kind in runtime.event_types {
                    self.know(kind.name);
                }
            }
            Kind::Event(event) => {
                let kind = event.kind.unwrap_or_default();
                // It can have been told inline before this session, or to none.
                if self.know(kind.name) && kind.property_types.is_empty() {
                    taken.send.extend(self.client.runtime_again(self.now_ms()));
                }
            }
            Kind::State(_) | Kind::Notice(_) => {}
        }
    }

    /// Whether it was unknown.
    fn know(&mut self, name: String) -> bool {
        self.types.len() < MAX_TYPES && self.types.insert(name)
    }
}
