//! A look at everything for a snapshot: what is open, what closed for as long as a reader wants it, and what had to leave
//! the lists unseen.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use super::{Closed, Node};
use crate::{
    clock::Instant,
    events::kinds::{ClosedCut, Peer},
    record::{Bytes, ConnectionRecord, LinkLook},
};

/// For whom a snapshot is taken.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reader {
    /// Sessions of an endpoint. They say how long what closed is to be listed.
    Session,
    /// The flight recorder, whose pauses can be longer.
    Recorder,
}

/// A consistent look at everything, for a snapshot.
pub(crate) struct Look {
    /// Open ones first, each with its muxer's side, if that was found.
    pub(crate) connections: Vec<(Arc<ConnectionRecord>, Option<LinkLook>)>,
    pub(crate) closed_streams: Vec<Closed>,
    pub(crate) total: Bytes,
    pub(crate) cut: u64,
}

impl Node {
    /// How long what closed stays: so that each reader sees it, the flight recorder too.
    pub(super) fn kept(&self) -> Duration {
        self.window(Reader::Recorder).max(self.window(Reader::Session))
    }

    /// How long what closed is listed for a reader.
    fn window(&self, reader: Reader) -> Duration {
        match reader {
            Reader::Session => *self.keep_closed.read(),
            Reader::Recorder => {
                self.teller.recorder().map(|recorder| recorder.pause() * 2).unwrap_or_default()
            }
        }
    }

    pub(crate) fn keep_closed(&self, at_least: Duration) {
        *self.keep_closed.write() = at_least.max(peerscope_introspection::KEEP_CLOSED_DEFAULT);
    }

    /// Tells what left the lists unseen.
    fn tell_cut(&self) {
        for (named, count) in self.cut.lock().take() {
            let (peer, protocol) = named.unzip();
            self.teller.own(|| ClosedCut {
                peer: peer.map(Peer),
                protocol: protocol.flatten().map(|name| name.to_string()),
                connections: count.connections,
                streams: count.streams,
                bytes_in: count.bytes.read,
                bytes_out: count.bytes.written,
            });
        }
    }

    pub(crate) fn look(&self, reader: Reader) -> Look {
        self.tell_cut();
        let (now, keep, window) = (Instant::now(), self.kept(), self.window(reader));
        let mut guard = self.connections.lock();
        let fallen = guard.closed.expire(now, keep);
        self.count(&fallen);
        let mut total =
            Bytes { read: self.ended_read.load(Relaxed), written: self.ended_written.load(Relaxed) };
        let closed = guard.closed.within(now, window).cloned().collect::<Vec<_>>();
        // What is not listed any more, and not counted yet.
        let others = guard.closed.iter().take(guard.closed.len() - closed.len()).cloned().collect::<Vec<_>>();
        let listed = guard.open.values().cloned().chain(closed).collect::<Vec<_>>();
        let mut cut = guard.closed.cut();
        // Neither the swarm nor a stream waits for the rest. What falls out of the list meanwhile is in ours.
        drop(guard);
        for link in others.iter().filter_map(|record| record.link()) {
            total += link.look().bytes;
        }
        let connections: Vec<_> = listed
            .into_iter()
            .map(|record| {
                let side = record.link().map(|link| link.look());
                if let Some(side) = &side {
                    total += side.bytes;
                }
                (record, side)
            })
            .collect();
        // After the open ones: what closes in between is in both, and told once, as closed.
        let mut closed = self.closed_streams.lock();
        closed.expire(now, keep);
        cut += closed.cut();
        let closed_streams = closed.within(Instant::now(), window).cloned().collect::<Vec<_>>();
        drop(closed);
        let closed_streams = self.listed(&connections, closed_streams);
        Look { connections, closed_streams, total, cut }
    }

    /// Those streams whose connection is among these, or came since. A connection that was cut took its streams along.
    fn listed(
        &self,
        connections: &[(Arc<ConnectionRecord>, Option<LinkLook>)],
        streams: Vec<Closed>,
    ) -> Vec<Closed> {
        let known = connections.iter().map(|(record, _)| record.id).collect::<HashSet<_>>();
        let (listed, others) =
            streams.into_iter().partition::<Vec<_>, _>(|one| known.contains(&one.connection));
        if !others.is_empty() {
            let mut lost = others.iter().map(|one| one.connection).collect::<HashSet<_>>();
            let connections = self.connections.lock();
            lost.retain(|id| !connections.open.contains_key(id));
            for record in connections.closed.iter() {
                lost.remove(&record.id);
            }
            drop(connections);
            let gone = self.closed_streams.lock().cut_out(|one| lost.contains(&one.connection));
            let mut cut = self.cut.lock();
            for one in gone {
                cut.stream(one.peer, one.stream.agreed(), one.stream.bytes());
            }
        }
        listed
    }
}
