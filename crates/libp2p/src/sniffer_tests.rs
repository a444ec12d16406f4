//! The sniffer beside multistream-select itself: both ends of a real negotiation, cut into pieces of any size.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use multistream_select::{Version, dialer_select_proto, listener_select_proto};
use peerscope_introspection::wire::{Role, Status};
use proptest::prelude::*;
use tokio_util::compat::TokioAsyncReadCompatExt;

use crate::{
    Introspector,
    node::new_link,
    record::{Link, StreamRecord},
    sniffer::{Sniffer, Verdict},
    substream::Substream,
};

/// At most so many bytes in one read or write.
struct Dribble<S>(S, usize);

impl<S: AsyncRead + Unpin> AsyncRead for Dribble<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let len = buf.len().min(self.1);
        Pin::new(&mut self.0).poll_read(cx, &mut buf[..len])
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Dribble<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let len = buf.len().min(self.1);
        Pin::new(&mut self.0).poll_write(cx, &buf[..len])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}

#[derive(Clone, Debug)]
struct Case {
    version: Version,
    proposals: Vec<String>,
    supported: Vec<String>,
    payload: Vec<u8>,
    reply: Vec<u8>,
    fragment: usize,
    /// Whether the dialer reads anything after it has chosen.
    dialer_reads: bool,
}

struct Outcome {
    dialer: Arc<StreamRecord>,
    listener: Arc<StreamRecord>,
    agreed: Option<String>,
    // While a link lives, its streams are listed.
    _link: Arc<Link>,
}

fn watched<S>(link: &Arc<Link>, stream: S, role: Role) -> (Substream<S>, Arc<StreamRecord>) {
    let stream = Substream::new(stream, role, link.clone());
    let record =
        link.look().open.into_iter().max_by_key(|record| record.number).expect("the stream just opened");
    (stream, record)
}

async fn negotiate(case: &Case) -> Outcome {
    let introspector = Introspector::new();
    let link = new_link(introspector.node(), None, None);
    let (one, other) = tokio::io::duplex(4096);
    let (dialing, dialer) = watched(&link, Dribble(one.compat(), case.fragment), Role::Initiator);
    let (listening, listener) = watched(&link, Dribble(other.compat(), case.fragment), Role::Responder);
    let listen = async {
        let (name, mut stream) = listener_select_proto(listening, case.supported.clone()).await.ok()?;
        let mut payload = vec![0; case.payload.len()];
        stream.read_exact(&mut payload).await.ok();
        assert_eq!(payload, case.payload);
        // A dialer that is gone doesn't take it.
        stream.write_all(&case.reply).await.ok();
        stream.flush().await.ok();
        Some((name, stream))
    };
    let dial = async {
        let (_, mut stream) =
            dialer_select_proto(dialing, case.proposals.clone(), case.version).await.ok()?;
        stream.write_all(&case.payload).await.ok();
        stream.flush().await.ok();
        if case.dialer_reads {
            let mut reply = vec![0; case.reply.len()];
            stream.read_exact(&mut reply).await.ok();
        } else {
            stream.close().await.ok();
        }
        Some(stream)
    };
    let both = futures::future::join(dial, listen);
    let (_, listened) =
        tokio::time::timeout(Duration::from_secs(30), both).await.expect("a negotiation that ends");
    Outcome { dialer, listener, agreed: listened.map(|(name, _)| name), _link: link }
}

fn check(case: &Case) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let outcome = runtime.block_on(negotiate(case));
    match &outcome.agreed {
        Some(name) => {
            prop_assert_eq!(&outcome.listener.protocol(), name);
            prop_assert!(outcome.listener.is_pinned());
            // A lazy dialer that never reads sees no confirmation: its proposal stands in.
            prop_assert_eq!(&outcome.dialer.protocol(), name);
            prop_assert!(outcome.dialer.is_pinned() || case.version == Version::V1Lazy);
        }
        None => {
            prop_assert!(!outcome.dialer.is_pinned());
            prop_assert!(!outcome.listener.is_pinned());
        }
    }
    Ok(())
}

/// Payloads that look like multistream-select themselves.
const HOSTILE: &[&[u8]] = &[
    b"",
    b"\x0a/evil/1.0\n\x03na\n and the rest",
    b"\x13/multistream/1.0.0\n\x05/not\n",
    b"\x03na\n",
    b"\xff\xff\xff\xff",
    b"\x00",
];

#[test]
fn agrees_with_multistream_select() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut count = 0;
    for version in [Version::V1, Version::V1Lazy] {
        for fragment in [1, 3, 7, 4096] {
            for proposals in
                [&["/a/1"][..], &["/x", "/a/1"], &["/x", "/y", "/a/1"], &["/x", "/y", "/b/2", "/a/1"]]
            {
                for supported in [&["/a/1"][..], &["/b/2", "/a/1"], &["/none"]] {
                    for payload in HOSTILE {
                        for dialer_reads in [true, false] {
                            let case = Case {
                                version,
                                proposals: names(proposals),
                                supported: names(supported),
                                payload: payload.to_vec(),
                                reply: b"\x07/not/a\nreply".to_vec(),
                                fragment,
                                dialer_reads,
                            };
                            check(&case).unwrap_or_else(|error| panic!("{error} in {case:?}"));
                            count += 1;
                        }
                    }
                }
            }
        }
    }
    assert_eq!(count, 2 * 4 * 4 * 3 * 6 * 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn agrees_with_multistream_select_on_anything(
        lazy: bool,
        proposals in prop::collection::vec("/[a-z/.0-9]{1,120}", 1..5),
        supported in prop::collection::vec("/[a-z/.0-9]{1,120}", 0..4),
        also: Option<prop::sample::Index>,
        payload in prop::collection::vec(any::<u8>(), 0..600),
        reply in prop::collection::vec(any::<u8>(), 1..600),
        fragment in 1usize..300,
        dialer_reads: bool,
    ) {
        let version = if lazy { Version::V1Lazy } else { Version::V1 };
        let mut supported = supported;
        supported.extend(also.map(|index| index.get(&proposals).clone()));
        check(&Case { version, proposals, supported, payload, reply, fragment, dialer_reads })?;
    }

    /// Whatever passes: no panic, and no more memory than one message.
    #[test]
    fn any_bytes_are_borne(chunks in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..200)), 0..50)) {
        for role in [Role::Initiator, Role::Responder] {
            let mut sniffer = Sniffer::new(role);
            for (read, bytes) in &chunks {
                let verdict = if *read { sniffer.on_read(bytes) } else { sniffer.on_write(bytes) };
                if matches!(verdict, Verdict::Pinned(_) | Verdict::GiveUp) {
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_failed_negotiation_is_an_error_with_its_cause() {
    let introspector = Introspector::new();
    let link = new_link(introspector.node(), None, None);
    let (one, other) = tokio::io::duplex(4096);
    let (dialing, dialer) = watched(&link, one.compat(), Role::Initiator);
    let (listening, listener) = watched(&link, other.compat(), Role::Responder);
    let listen = listener_select_proto(listening, ["/b"]);
    let dial = dialer_select_proto(dialing, ["/a"], Version::V1);
    let (dialed, listened) = futures::future::join(dial, listen).await;
    drop((dialed, listened));
    for record in [dialer, listener] {
        assert_eq!(record.status(), i32::from(Status::Error));
        assert!(record.closed_ms() > 0);
    }
}

#[test]
fn an_answer_to_ls_is_no_protocol() {
    let mut sniffer = Sniffer::new(Role::Responder);
    assert_eq!(sniffer.on_read(b"\x13/multistream/1.0.0\n\x03ls\n"), Verdict::Nothing);
    assert_eq!(sniffer.on_write(b"\x13/multistream/1.0.0\n\x07/a\n/b\n\n"), Verdict::Nothing);
    assert_eq!(sniffer.on_read(b"\x03/a\n"), Verdict::Proposed("/a".into()));
    assert_eq!(sniffer.on_write(b"\x03/a\n"), Verdict::Pinned("/a".into()));
}
