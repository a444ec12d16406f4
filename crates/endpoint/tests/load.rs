//! The endpoint's safety once more while it is busy: 64 sessions take a snapshot a second and a flood of events, others
//! mean no good, and nobody's answer is another than in silence.

mod support;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{Relaxed, SeqCst},
        },
    },
    time::Duration,
};

use futures::future::join_all;
use peerscope_endpoint::{Endpoint, Options, WebSocketEndpoint};
use support::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Barrier,
    task::JoinHandle,
};

const SESSIONS: usize = 64;
/// Places for those who mean no good, so that they are heard.
const PLACES: usize = 16;
/// Events that every session has to have before the next ones come.
const CHUNK: u64 = 50;
const LAST: u64 = u64::MAX;

fn busy() -> Options {
    let mut options = Options { max_sessions: SESSIONS + PLACES, ..options() };
    options.tuning.greeting = Duration::from_secs(1);
    // Events are counted here, and these would be among them.
    options.tuning.stats_every = Duration::from_secs(3600);
    options
}

/// Sessions that check all that comes, and the node that floods them.
struct Load {
    over: Arc<AtomicBool>,
    emitted: JoinHandle<u64>,
    sessions: Vec<JoinHandle<u64>>,
    /// States of each session so far.
    states: Vec<Arc<AtomicU64>>,
}

impl Load {
    async fn begin(script: &Arc<Script>, endpoint: &WebSocketEndpoint) -> Self {
        let together = Arc::new(Barrier::new(SESSIONS + 1));
        let (mut sessions, mut states) = (Vec::new(), Vec::new());
        for mut client in crowd(endpoint, SESSIONS).await {
            client.ok(Command::PushEnable, Source::State).await;
            let seen = Arc::new(AtomicU64::new(0));
            states.push(Arc::clone(&seen));
            sessions.push(tokio::spawn(attend(client, seen, Arc::clone(&together))));
        }
        let over = Arc::new(AtomicBool::new(false));
        let emitted = tokio::spawn(flood(Arc::clone(script), Arc::clone(&over), together));
        Self { over, emitted, sessions, states }
    }

    /// Ends it once every session had two states. Each has had every event then.
    async fn end(self) {
        until("two states for everyone", || self.states.iter().all(|seen| seen.load(SeqCst) >= 2)).await;
        self.over.store(true, SeqCst);
        let emitted = within("the flood ends", self.emitted).await.expect("no panic");
        for got in within("the sessions end", join_all(self.sessions)).await {
            assert_eq!(got.expect("a session saw what it should"), emitted);
        }
        assert!(emitted > 0);
    }
}

/// Takes every event in its order, and no notice, to the last one. How many came.
async fn attend(mut client: Client, states: Arc<AtomicU64>, together: Arc<Barrier>) -> u64 {
    let (mut next, mut newest) = (0, 0);
    loop {
        match client.payload().await {
            Payload::Event(event) if event.ts == LAST => return next,
            Payload::Event(event) => {
                assert_eq!(event.ts, next);
                next += 1;
                if next % CHUNK == 0 {
                    together.wait().await;
                }
            }
            Payload::State(state) => {
                assert!(state.instant_ts > newest, "each is a newer one");
                newest = state.instant_ts;
                states.fetch_add(1, SeqCst);
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn flood(script: Arc<Script>, over: Arc<AtomicBool>, together: Arc<Barrier>) -> u64 {
    let mut next = 0;
    while !over.load(SeqCst) {
        for number in next..next + CHUNK {
            script.emit(number);
        }
        next += CHUNK;
        together.wait().await;
    }
    script.emit(LAST);
    next
}

/// All that clients who mean no good are told, at once and by each other's side.
async fn harm(addr: SocketAddr) -> Vec<(String, Heard)> {
    let answers = hostile::requests().into_iter().map(async |(name, request)| {
        let mut stream = TcpStream::connect(addr).await.expect("it listens");
        // What is too long may be refused before it is all sent.
        let sent = stream.write_all(&request).await.is_ok();
        let heard = end_of(stream).await;
        (name.to_owned(), Heard { whole: heard.whole && sent, ..heard })
    });
    let closes = hostile::frames().into_iter().map(async |(name, bytes, _)| {
        let text = hostile::close_code(addr, &bytes).await.to_string();
        (name.to_owned(), Heard { text, whole: true })
    });
    let half_open = (0..8).map(async |number| {
        let stream = TcpStream::connect(addr).await.expect("it listens");
        (format!("half open {number}"), end_of(stream).await)
    });
    let slow = (0..8).map(async |number| {
        let mut stream = TcpStream::connect(addr).await.expect("it listens");
        for byte in hostile::handshake(addr).bytes() {
            // At this pace the head is never whole in time.
            tokio::time::sleep(Duration::from_millis(20)).await;
            if stream.write_all(&[byte]).await.is_err() {
                break;
            }
        }
        (format!("byte by byte {number}"), end_of(stream).await)
    });
    let silent = (0..4).map(async |number| {
        let stream = hostile::upgraded(addr).await;
        (format!("silent {number}"), end_of(stream).await)
    });
    let mut all = join_all(answers).await;
    let (closes, half_open, slow, silent) =
        tokio::join!(join_all(closes), join_all(half_open), join_all(slow), join_all(silent));
    all.extend(closes.into_iter().chain(half_open).chain(slow).chain(silent));
    all
}

/// What the endpoint said.
#[derive(Debug)]
struct Heard {
    text: String,
    /// A reset may have cut it short: so does a system tell one who still sends that nobody reads any more.
    whole: bool,
}

impl Heard {
    fn same(&self, other: &Self) -> bool {
        match (self.whole, other.whole) {
            (true, true) => self.text == other.text,
            (true, false) => self.text.starts_with(&other.text),
            (false, true) => other.text.starts_with(&self.text),
            (false, false) => true,
        }
    }
}

/// What comes until the end.
async fn end_of(mut stream: TcpStream) -> Heard {
    let mut bytes = Vec::new();
    let whole = match within("the end", stream.read_to_end(&mut bytes)).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
            false
        }
    };
    Heard { text: hostile::answered(&bytes), whole }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_every_refusal_is_as_in_silence_and_no_session_is_disturbed() {
    let (_script, quiet) = started(busy()).await;
    let in_silence = harm(quiet.listen_addrs()[0]).await;
    let (script, endpoint) = started(busy()).await;
    let addr = endpoint.listen_addrs()[0];
    let load = Load::begin(&script, &endpoint).await;
    for _ in 0..2 {
        let under_load = harm(addr).await;
        for ((name, before), (_, now)) in in_silence.iter().zip(&under_load) {
            assert!(before.same(now), "{name}: {before:?}, under load {now:?}");
        }
        let whole = under_load.iter().filter(|(_, heard)| heard.whole).count();
        assert!(whole * 2 > under_load.len(), "most of it is heard to the end");
        assert_eq!(in_silence.len(), under_load.len());
    }
    load.end().await;
    let (before, now) = (quiet.stats(), endpoint.stats());
    assert!(before.refused_hosts > 0 && before.refused_origins > 0 && before.refused_tokens > 0);
    for (before, now) in [
        (before.refused_hosts, now.refused_hosts),
        (before.refused_origins, now.refused_origins),
        (before.refused_tokens, now.refused_tokens),
        (before.ended_invalid, now.ended_invalid),
        (before.ended_ungreeted, now.ended_ungreeted),
    ] {
        assert_eq!(now, before * 2, "each was counted, twice as often");
    }
    assert_eq!((now.refused_connections, now.dropped_frames, now.lost_events), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_one_session_too_many_is_told_so_and_raw_connections_are_capped() {
    let mut options = Options { max_sessions: SESSIONS, ..busy() };
    options.tuning.spare_connections = 8;
    let (script, endpoint) = started(options).await;
    let addr = endpoint.listen_addrs()[0];
    let load = Load::begin(&script, &endpoint).await;
    for _ in 0..20 {
        let mut further = Client::connect(&endpoint).await;
        assert_eq!(further.closed().await, (1013, "too many sessions: this endpoint takes 64".into()));
    }
    assert_eq!(endpoint.stats().refused_sessions, 20);
    // Nine more than there is room for besides the sessions: as many as that are turned away at once.
    let mut idle = Vec::new();
    for _ in 0..17 {
        idle.push(TcpStream::connect(addr).await.expect("the system takes it"));
    }
    until("they are turned away", || endpoint.stats().refused_connections >= 9).await;
    for stream in idle {
        assert_eq!(end_of(stream).await.text, "");
    }
    let mut room = Client::connect(&endpoint).await;
    assert_eq!(room.closed().await.0, 1013, "and then there is room again");
    load.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_the_recording_and_the_files_come_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("index.html"), "page").expect("a file");
    let viewer = peerscope_endpoint::Ui::Dir(folder.path().into());
    let (script, endpoint) = started(Options { viewer, ..busy() }).await;
    let recording = bytes::Bytes::from(vec![7_u8; 3 << 20]);
    *script.recording.lock().expect("no panic") = Some(recording.clone());
    let addr = endpoint.listen_addrs()[0];
    let load = Load::begin(&script, &endpoint).await;
    let asked = AtomicU64::new(0);
    join_all((0..16).map(async |_| {
        let answer = ask(addr, "GET", &format!("/recording?token={TOKEN}"), &[]).await;
        // A copy more than may be read at a time is refused with a sentence, never cut short.
        match answer.status {
            200 => assert!(answer.body == recording),
            status => assert_eq!((status, answer.text().contains("try again")), (503, true)),
        }
        asked.fetch_add(u64::from(answer.status == 200), Relaxed);
        assert_eq!(ask(addr, "GET", "/", &[]).await.text(), "page");
        assert_eq!(ask(addr, "GET", "/recording", &[]).await.status, 401);
        assert_eq!(ask(addr, "GET", "/", &[("host", "evil.example")]).await.status, 403);
    }))
    .await;
    assert!(asked.load(Relaxed) >= 4);
    load.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_floods_of_commands_and_of_pings_are_answered_and_cost_the_others_nothing() {
    let (script, endpoint) = started(busy()).await;
    let addr = endpoint.listen_addrs()[0];
    let load = Load::begin(&script, &endpoint).await;
    join_all((0..4).map(async |_| {
        let mut stream = hostile::upgraded(addr).await;
        // More than a second's worth, all at once: HELLO, then pauses, then what is no command.
        let mut bytes = hostile::masked(0x82, b"");
        for _ in 0..1_500 {
            bytes.extend(hostile::masked(0x89, b"ping"));
            bytes.extend(hostile::masked(0x82, b"\x18\x04"));
        }
        bytes.extend(hostile::masked(0x82, &[0xff]));
        let (mut read, mut write) = stream.split();
        let mut said = Vec::new();
        let (sent, heard) = within("all answers", async {
            tokio::join!(write.write_all(&bytes), read.read_to_end(&mut said))
        })
        .await;
        sent.expect("all is taken");
        heard.expect("an end");
        // The close frame: 1007.
        assert!(said.windows(4).any(|four| four[0] == 0x88 && four[2..] == 1007_u16.to_be_bytes()));
    }))
    .await;
    // Each was given all of its commands: HELLO, and the pauses.
    let commands = endpoint.stats().commands - 2 * SESSIONS as u64 - SESSIONS as u64;
    assert_eq!(commands, 4 * 1_501);
    load.end().await;
}
