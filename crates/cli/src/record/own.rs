//! What the node recorded itself: asked of its endpoint once the session's events have begun, and written, as far as it is new,
//! before anything of the session. So nothing falls between the two. Whatever goes wrong with it, the session goes on.

use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, client::conn::http1::handshake, header};
use hyper_util::rt::TokioIo;
use peerscope_introspection::{
    frame::read_message,
    recording::{Item, Problem, Reader},
    seam::{
        Overlap,
        terms::{self, Again, Answer, Lessons, MAX_BYTES, Trouble},
    },
};
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{
    address::Address,
    recorder::{Recorder, Taken},
};

const FIRST: Duration = Duration::from_millis(terms::FIRST_MS as u64);
const WHOLE: Duration = Duration::from_millis(terms::WHOLE_MS as u64);
/// After the greeting's answer it is asked for, whether or not the session's events have begun.
pub const BEGIN: Duration = Duration::from_millis(terms::BEGIN_MS as u64);
/// What the session tells meanwhile waits in memory, up to so many bytes.
const MOST_HELD: usize = 16 << 20;
/// What a message takes besides its bytes, about.
const OVERHEAD: usize = 64;

/// What came of it.
#[derive(Debug)]
pub struct Fetched {
    pieces: Vec<Bytes>,
    /// Why there is nothing, or not all.
    trouble: Option<Why>,
    /// Whether another session asks.
    again: Again,
}

/// What went wrong, and what the system said of it.
#[derive(Debug)]
struct Why(Trouble, Option<anyhow::Error>);

impl From<Trouble> for Why {
    fn from(trouble: Trouble) -> Self {
        Self(trouble, None)
    }
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.sentence())?;
        self.1.as_ref().map_or(Ok(()), |error| write!(f, " ({error:#})"))
    }
}

/// A session and the node's own recording.
#[derive(Default)]
pub struct Asking {
    /// What the sessions before this one taught of it.
    pub lessons: Lessons,
    /// What of the session waits for it.
    pub held: Option<Held>,
    /// What of the session it told already.
    pub overlap: Overlap,
}

impl Asking {
    /// A session begins.
    pub fn begin(&mut self) {
        self.overlap = Overlap::default();
        self.held = self.lessons.asks().then(Held::default);
    }
}

#[derive(Default)]
pub struct Held {
    messages: Vec<Bytes>,
    bytes: usize,
}

/// Asks for what is of this time or later, and waits for it within bounds.
pub async fn fetch(address: &Address, since_ms: Option<u64>) -> Fetched {
    let began = Instant::now();
    let mut pieces = Vec::new();
    let received = timeout_at(began + WHOLE, receive(address, since_ms, began + FIRST, &mut pieces)).await;
    match received.unwrap_or_else(|_| Err(Trouble::Slow.into())) {
        Ok(again) => Fetched { pieces, trouble: None, again },
        Err(why) => Fetched { pieces, again: why.0.again(), trouble: Some(why) },
    }
}

async fn receive(
    address: &Address,
    since_ms: Option<u64>,
    first: Instant,
    pieces: &mut Vec<Bytes>,
) -> Result<Again, Why> {
    // Ends with this.
    let mut connections = JoinSet::new();
    let asked = timeout_at(first, async {
        let stream = TcpStream::connect((address.host(), address.port())).await?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
        connections.spawn(connection);
        let request = Request::get(address.own_recording(since_ms))
            .header(header::HOST, address.authority())
            // The reader of recordings unpacks it.
            .header(header::ACCEPT_ENCODING, "gzip")
            .body(Empty::<Bytes>::new())?;
        Ok::<_, anyhow::Error>(sender.send_request(request).await?)
    });
    let answer = asked.await.map_err(|_| Trouble::Silent)?;
    let mut answer = answer.map_err(|error| Why(Trouble::Unreachable, Some(error)))?;
    match Answer::of(answer.status().as_u16()) {
        Answer::Recording => {}
        Answer::Without(again) => return Ok(again),
        Answer::Failed(trouble) => return Err(trouble.into()),
    }
    let mut bytes = 0;
    while let Some(frame) = answer.body_mut().frame().await {
        let frame = frame.map_err(|error| Why(Trouble::CutOff, Some(error.into())))?;
        let Ok(piece) = frame.into_data() else { continue };
        bytes += piece.len() as u64;
        if bytes > MAX_BYTES {
            return Err(Trouble::TooLong.into());
        }
        pieces.push(piece);
    }
    Ok(Again::Yes)
}

impl Recorder {
    /// A message that has to wait: only its answers are heard.
    pub fn overhear(&mut self, message: Bytes) -> Taken {
        let mut taken = Taken::default();
        for payload in read_message(&message).flatten() {
            let step = self.client.overhear(payload);
            self.answered(step, &mut taken);
        }
        let Some(held) = &mut self.asking.held else { return taken };
        held.bytes += OVERHEAD + message.len();
        held.messages.push(message);
        if held.bytes > MOST_HELD {
            self.warn("more is told than can wait for the node's own recording, which is left out");
            taken.send.extend(self.release());
        }
        taken
    }

    /// What had to wait is written, and nothing has to wait any more. What to send.
    pub fn release(&mut self) -> Vec<Vec<u8>> {
        let held = self.asking.held.take().unwrap_or_default();
        // Every answer was heard.
        held.messages.iter().flat_map(|message| self.segments(message).send).collect()
    }

    /// Writes what of it is new, and says what came. All of it waits for the next flush, so that nothing is left out by one who
    /// ends the recording meanwhile.
    pub fn take_own(&mut self, own: Fetched) {
        self.asking.lessons.learn(own.again);
        let (mut join, mut reader) = (self.seam.join(), Reader::new());
        let (mut frames, mut damaged, mut unread) = (0_u64, 0_u64, own.trouble);
        let is_cut_off = unread.is_some();
        own.pieces.iter().for_each(|piece| reader.push(piece));
        reader.finish();
        // Nothing at all is no recording that was cut off.
        for item in reader.take_while(|_| !own.pieces.is_empty()) {
            match item {
                Item::Frame { offset, .. } if offset > MAX_BYTES => {
                    unread = Some(Trouble::TooLong.into());
                    break;
                }
                Item::Frame { payload, .. } => {
                    for payload in join.take(payload) {
                        frames += 1;
                        self.put_own(&payload);
                    }
                }
                Item::Problem(problem) if problem.is_fatal() => {
                    unread.get_or_insert_with(|| Trouble::NoRecording(problem.to_string()).into());
                }
                // Where it breaks off, which is said.
                Item::Problem(Problem::Truncated { .. } | Problem::Gzip { .. }) if is_cut_off => {}
                Item::Problem(_) => damaged += 1,
            }
        }
        for payload in join.finish() {
            frames += 1;
            self.put_own(&payload);
        }
        if frames > 0 {
            let text = format!("{frames} frames of the node's own recorder come first");
            self.progress.suspend(|| tracing::info!("{text}"));
        }
        if damaged > 0 {
            let what = if damaged == 1 { "place" } else { "places" };
            self.warn(&format!("left out of the node's own recording, as damaged: {damaged} {what}"));
        }
        if let Some(why) = unread {
            let why = self.address.conceal(&why.to_string());
            self.warn(&format!("the node's own recording is not there, or not whole. {why}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// What comes of an endpoint that answers so, and what it was asked for. It ends the connection, or never does.
    async fn of(answer: &[u8], ends: bool) -> (Fetched, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let text = format!("ws://127.0.0.1:{port}/a/introspect?token=t");
        let address = Address::parse(&text).expect("an address");
        let serve = async {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.expect("a request");
            stream.write_all(answer).await.expect("sent");
            if !ends {
                // Until the client has enough of it.
                while stream.read(&mut [0; 16]).await.is_ok_and(|read| read > 0) {}
            }
            String::from_utf8_lossy(&request[..read]).into_owned()
        };
        let (own, asked) = tokio::join!(fetch(&address, Some(7)), serve);
        (own, asked)
    }

    #[tokio::test]
    async fn it_is_asked_for_beside_the_socket() {
        let (own, asked) = of(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", true).await;
        assert!(asked.starts_with("GET /a/recording?token=t&since=7 HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("host: 127.0.0.1:"), "{asked}");
        assert!(own.trouble.is_none() && own.pieces.concat() == b"abc" && own.again == Again::Yes, "{own:?}");
    }

    #[tokio::test]
    async fn whatever_is_wrong_with_it_there_is_an_end() {
        for (answer, came, again, is_wrong) in [
            (&b"HTTP/1.1 204 No Content\r\n\r\n"[..], 0, Again::Yes, false),
            (b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", 0, Again::Never, false),
            (b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", 0, Again::Yes, true),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", 3, Again::Yes, true),
            (b"no HTTP", 0, Again::Yes, true),
        ] {
            let (own, _) = of(answer, true).await;
            let got = (own.pieces.concat().len(), own.again, own.trouble.is_some());
            assert_eq!(got, (came, again, is_wrong), "{}", String::from_utf8_lossy(answer));
        }
    }

    #[tokio::test]
    async fn who_never_ends_is_not_waited_for() {
        let (own, _) = of(b"", false).await;
        assert!(own.trouble.is_some() && own.again == Again::Once, "{own:?}");
        let (own, _) = of(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", false).await;
        assert!(own.trouble.is_some() && own.pieces.concat() == b"abc", "{own:?}");
    }
}
