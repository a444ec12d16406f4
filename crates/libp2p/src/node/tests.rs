//! What is left of connections and streams, and what is counted, when they end in whatever way.

use futures::{AsyncReadExt, AsyncWriteExt, FutureExt, io::Cursor};
use libp2p::Multiaddr;
use peerscope_introspection::wire::Role;

use super::*;
use crate::{
    record::{Ends, StreamEnd, Times},
    substream::Substream,
};

fn node(max_closed: usize) -> Arc<Node> {
    Arc::new(Node::new(Options { max_closed, ..Options::default() }))
}

fn connect(node: &Arc<Node>, number: usize) -> (ConnectionId, Arc<Link>) {
    let id = ConnectionId::new_unchecked(number);
    let link = new_link(node, None, None);
    node.pending(id, None);
    let ends = Ends { local: None, remote: Multiaddr::empty() };
    let record = node.upgraded(id, |started_ms, handshake| {
        let times = Times { started_ms, upgraded_ms: started_ms, handshake };
        ConnectionRecord::new(id, node.id(id).0, PeerId::random(), Role::Initiator, &ends, times)
    });
    record.pair(&link);
    node.established(id).expect("it was pending");
    (id, link)
}

#[test]
fn ten_thousand_streams_leave_bounded_records_and_all_their_bytes() {
    let node = node(100);
    let (id, link) = connect(&node, 1);
    for _ in 0..10_000 {
        let mut stream = Substream::new(Cursor::new(vec![0; 8]), Role::Responder, link.clone());
        stream.write_all(&[1; 5]).now_or_never().expect("at once").expect("room");
        stream.read_exact(&mut [0; 3]).now_or_never().expect("at once").expect("three bytes");
    }
    // Ours, and that of the connection's record.
    assert_eq!(Arc::strong_count(&link), 2);
    assert_eq!(link.open_streams(), 0);
    assert_eq!(node.counts(), [0, 1, 0, 100]);
    // What no snapshot had is counted by peer and protocol.
    let cut = node.cut.lock().take();
    assert_eq!((cut.len(), cut[0].1.streams), (1, 9_900));
    assert_eq!(cut[0].1.bytes, Bytes { read: 29_700, written: 49_500 });
    let look = node.look(Reader::Session);
    assert_eq!((look.total, look.cut), (Bytes { read: 30_000, written: 50_000 }, 9_900));
    assert_eq!(look.connections[0].1.as_ref().map(|side| side.bytes), Some(look.total));
    node.connection_closed(id, Cause::ClosedByUs);
    assert_eq!(node.look(Reader::Session).total, Bytes { read: 30_000, written: 50_000 });
}

#[test]
fn bytes_stay_when_connections_are_cut_and_streams_outlive_them() {
    let node = node(2);
    let mut late = Vec::new();
    for number in 0..10 {
        let (id, link) = connect(&node, number);
        let stream = link.open_stream(Role::Initiator);
        stream.add_written(100);
        node.connection_closed(id, Cause::Reset);
        late.push((link, stream));
    }
    assert_eq!(node.counts(), [0, 0, 2, 0]);
    assert_eq!(node.look(Reader::Session).total.written, 1000);
    assert_eq!(node.look(Reader::Session).cut, 8);
    for (link, stream) in late {
        stream.add_written(1);
        link.close_stream(&stream, StreamEnd::WithConnection);
    }
    assert_eq!(node.look(Reader::Session).total.written, 1010);
}

#[test]
fn a_denied_connection_leaves_its_bytes_alone() {
    let node = node(10);
    let id = ConnectionId::new_unchecked(1);
    let link = new_link(&node, None, None);
    node.pending(id, None);
    let stream = link.open_stream(Role::Responder);
    stream.add_read(7);
    node.failed(id);
    assert!(node.established(id).is_none());
    link.close_stream(&stream, StreamEnd::WithConnection);
    drop((stream, link));
    assert_eq!(node.counts(), [0, 0, 0, 0]);
    assert_eq!(node.look(Reader::Session).total, Bytes { read: 7, written: 0 });
}

#[test]
fn streams_of_a_cut_connection_are_counted_once() {
    let node = node(2);
    let (id, link) = connect(&node, 1);
    let stream = link.open_stream(Role::Initiator);
    stream.add_written(100);
    link.close_stream(&stream, StreamEnd::Own(Cause::ClosedByUs));
    node.connection_closed(id, Cause::ClosedByUs);
    for number in 2..5 {
        let (id, _link) = connect(&node, number);
        node.connection_closed(id, Cause::Reset);
    }
    // Two connections had to leave, and the one stream with its own.
    let look = node.look(Reader::Session);
    assert_eq!((look.closed_streams.len(), look.total.written), (0, 100));
    let cut = node.cut.lock().take();
    let sum = cut.iter().fold((0, 0), |sum, (_, count)| (sum.0 + count.streams, sum.1 + count.bytes.written));
    assert_eq!(sum, (1, 100));
    let look = node.look(Reader::Session);
    assert_eq!((look.cut, look.total.written), (3, 100));
    assert!(node.cut.lock().take().is_empty());
}

#[test]
fn a_swarm_that_is_dropped_takes_its_connections_with_it() {
    let node = node(10);
    node.behaviour_added();
    node.behaviour_added();
    assert!(node.reports(7) && !node.reports(8));
    let (_, _link) = connect(&node, 1);
    node.pending(ConnectionId::new_unchecked(2), None);
    node.facts.lock().listen_addrs.push(Multiaddr::empty());
    // The one that reports goes alone: another takes over, and nothing is closed.
    node.behaviour_gone(7);
    assert_eq!(node.counts(), [1, 1, 0, 0]);
    assert!(node.reports(8) && !node.reports(9));
    node.behaviour_gone(8);
    assert_eq!(node.counts(), [0, 0, 1, 0]);
    assert!(node.facts.lock().listen_addrs.is_empty());
    assert!(node.reports(9));
}

#[test]
fn ids_do_not_come_again_in_another_life() {
    let id = ConnectionId::new_unchecked(7);
    let first = node(1);
    let mut second = Node::new(Options::default());
    second.run = base36(first.start_ms + 1);
    assert_ne!(first.id(id).0, second.id(id).0);
    assert!(first.id(id).0.ends_with("-7"));
    assert_eq!([0, 35, 36, 1_700_000_000_000].map(base36), ["0", "z", "10", "loyw3v28"]);
}

#[test]
fn made_up_names_are_not_kept_for_ever() {
    let node = node(10);
    for number in 0..5_000 {
        node.intern(format!("/made/up/{number}"));
    }
    assert_eq!(node.names.lock().len(), MAX_NAMES);
    assert!(Arc::ptr_eq(&node.intern("/made/up/1".into()), &node.intern("/made/up/1".into())));
}
