//! What is known of this node's gossipsub: the meshes as they were looked at last, and what came in, by topic. Told by
//! `inspect/gossipsub.rs`, read for events and for the node's snapshot. Topics here are our own: the program chooses them.

use std::{collections::BTreeMap, time::Duration};

use libp2p::PeerId;

use crate::{clip, clock::Instant, events::kinds::Peer};

/// Most topics that are told apart; the others are counted together.
pub(crate) const MAX_TOPICS: usize = 256;
/// What they are counted under.
const OTHERS: &str = "…";
/// Most messages that are told one by one in a second.
const MAX_TOLD: u32 = 50;
/// Longest topic that is told, in bytes. Those of other nodes are their choice.
const TOPIC_LEN: usize = 256;
/// Most peers of a mesh that are told. By the specification a mesh has at most twelve.
const MAX_MESH: usize = 64;
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// All of a node's, by the wrapped behaviour that tells it.
#[derive(Default)]
pub(crate) struct Gossip {
    routers: BTreeMap<u64, Router>,
}

/// One gossipsub behaviour.
#[derive(Default)]
pub(crate) struct Router {
    topics: BTreeMap<String, Topic>,
    sampler: Sampler,
    /// Somebody listened when all meshes were looked at last, so that differences from there are news.
    heard: bool,
}

struct Topic {
    /// We are subscribed, by the last look.
    joined: bool,
    mesh: Vec<PeerId>,
    total: Counts,
    period: Counts,
    since: Instant,
}

/// What came in on a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    /// Messages that were not told one by one though somebody listened.
    pub(crate) sampled_out: u64,
}

/// A mesh that changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MeshChange {
    pub(crate) topic: String,
    pub(crate) grafted: Vec<PeerId>,
    pub(crate) pruned: Vec<PeerId>,
}

/// A topic, for a report.
pub(crate) struct TopicLook {
    pub(crate) topic: String,
    pub(crate) mesh: Vec<PeerId>,
    pub(crate) period: Counts,
    pub(crate) took: Duration,
    pub(crate) total: Counts,
}

/// Lets so many pass in each second.
#[derive(Default)]
struct Sampler {
    began: Option<Instant>,
    passed: u32,
}

impl Sampler {
    fn passes(&mut self, now: Instant) -> bool {
        if self.began.is_none_or(|began| now.saturating_duration_since(began) >= SECOND) {
            (self.began, self.passed) = (Some(now), 0);
        }
        self.passed = self.passed.saturating_add(1);
        self.passed <= MAX_TOLD
    }
}

impl Gossip {
    pub(crate) fn router(&mut self, source: u64) -> &mut Router {
        self.routers.entry(source).or_default()
    }

    /// The behaviour is dropped.
    pub(crate) fn gone(&mut self, source: u64) {
        self.routers.remove(&source);
    }

    /// Our topics, each with its mesh.
    pub(crate) fn meshes(&self) -> impl Iterator<Item = (&str, &[PeerId])> {
        let topics = self.routers.values().flat_map(|router| &router.topics);
        topics.filter(|(_, topic)| topic.joined).map(|(name, topic)| (name.as_str(), topic.mesh.as_slice()))
    }
}

impl Router {
    fn topic(&mut self, now: Instant, name: &str) -> &mut Topic {
        let known = self.topics.len() < MAX_TOPICS || self.topics.contains_key(name);
        let name = if known { name } else { OTHERS };
        self.topics.entry(name.to_owned()).or_insert_with(|| Topic::new(now))
    }

    /// A message came in. Whether it is to be told, to who listens if somebody does.
    pub(crate) fn message(&mut self, now: Instant, topic: &str, bytes: u64, heard: bool) -> bool {
        let told = heard && self.sampler.passes(now);
        let left_out = heard && !told;
        // Nothing is allocated for a topic that is known.
        match self.topics.get_mut(topic) {
            Some(topic) => topic.count(bytes, left_out),
            None => self.topic(now, topic).count(bytes, left_out),
        }
        told
    }

    /// Whether differences from the last look would be news to who listens now.
    pub(crate) fn is_followed(&self) -> bool {
        self.heard
    }

    /// Whether a mesh is still as it was seen last.
    pub(crate) fn saw<'a>(&self, name: &str, mesh: impl Iterator<Item = &'a PeerId>) -> bool {
        self.topics.get(name).is_some_and(|topic| topic.joined && mesh.eq(&topic.mesh))
    }

    /// One mesh as it is now.
    pub(crate) fn look(&mut self, now: Instant, name: &str, mesh: Vec<PeerId>) -> Option<MeshChange> {
        let heard = self.heard;
        if self.topics.len() >= MAX_TOPICS && !self.topics.contains_key(name) {
            return None;
        }
        let topic = self.topic(now, name);
        topic.joined = true;
        if topic.mesh == mesh {
            return None;
        }
        let change = MeshChange {
            topic: name.to_owned(),
            grafted: missing(&mesh, &topic.mesh),
            pruned: missing(&topic.mesh, &mesh),
        };
        topic.mesh = mesh;
        heard.then_some(change)
    }

    /// All meshes as they are now. What is news to those who listened at the last look, too.
    pub(crate) fn look_at_all(
        &mut self,
        now: Instant,
        heard: bool,
        meshes: impl IntoIterator<Item = (String, Vec<PeerId>)>,
    ) -> Vec<MeshChange> {
        for topic in self.topics.values_mut() {
            topic.joined = false;
        }
        let mut changes =
            meshes.into_iter().filter_map(|(name, mesh)| self.look(now, &name, mesh)).collect::<Vec<_>>();
        // Topics that we left took their meshes with them.
        for (name, topic) in self.topics.iter_mut().filter(|(_, topic)| !topic.joined) {
            let pruned = std::mem::take(&mut topic.mesh);
            if self.heard && !pruned.is_empty() {
                changes.push(MeshChange { topic: name.clone(), grafted: Vec::new(), pruned });
            }
        }
        self.heard = heard;
        if !heard {
            self.topics.retain(|name, topic| topic.joined || name == OTHERS);
        }
        changes
    }

    /// All topics, and the beginning of another period. One that we left is here for the last time.
    pub(crate) fn take_period(&mut self, now: Instant) -> Vec<TopicLook> {
        let looks = self.topics.iter_mut().map(|(name, topic)| TopicLook {
            topic: name.clone(),
            mesh: topic.mesh.clone(),
            period: std::mem::take(&mut topic.period),
            took: now.saturating_duration_since(std::mem::replace(&mut topic.since, now)),
            total: topic.total,
        });
        let looks = looks.collect();
        self.topics.retain(|name, topic| topic.joined || name == OTHERS);
        looks
    }
}

impl Topic {
    fn new(now: Instant) -> Self {
        Self {
            joined: false,
            mesh: Vec::new(),
            total: Counts::default(),
            period: Counts::default(),
            since: now,
        }
    }

    fn count(&mut self, bytes: u64, left_out: bool) {
        for counts in [&mut self.period, &mut self.total] {
            counts.messages += 1;
            counts.bytes += bytes;
            counts.sampled_out += u64::from(left_out);
        }
    }
}

/// Who of `these` is not in `those`; both are sorted, as a mesh is.
fn missing(these: &[PeerId], those: &[PeerId]) -> Vec<PeerId> {
    these.iter().filter(|peer| those.binary_search(peer).is_err()).copied().collect()
}

/// A topic as it is told.
pub(crate) fn topic_text(topic: &str) -> String {
    clip::clipped(topic, TOPIC_LEN)
}

/// A mesh as it is told.
pub(crate) fn told_peers(mesh: &[PeerId]) -> Vec<Peer> {
    mesh.iter().take(MAX_MESH).copied().map(Peer).collect()
}
