//! Tests of `gossip`: what is told, what is counted, what is a difference.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use libp2p::PeerId;
use proptest::prelude::*;

use crate::{clock::Instant, gossip::*};

fn peers<const N: usize>() -> [PeerId; N] {
    let mut peers = [(); N].map(|()| PeerId::random());
    peers.sort();
    peers
}

#[test]
fn what_is_not_told_is_counted() {
    let start = Instant::now();
    let mut router = Router::default();
    let told = |router: &mut Router, now| (0..80).filter(|_| router.message(now, "t", 10, true)).count();
    assert_eq!(told(&mut router, start), 50);
    assert_eq!(told(&mut router, start + Duration::from_millis(999)), 0);
    assert_eq!(told(&mut router, start + SECOND), 50);
    let look = router.take_period(start + 5 * SECOND).remove(0);
    let all = Counts { messages: 240, bytes: 2400, sampled_out: 140 };
    assert_eq!((look.period, look.total, look.took), (all, all, 5 * SECOND));
}

#[test]
fn without_a_listener_messages_count_and_none_is_left_out() {
    let now = Instant::now();
    let mut router = Router::default();
    assert!((0..80).all(|_| !router.message(now, "t", 1, false)));
    let look = router.take_period(now).remove(0);
    assert_eq!(look.period, Counts { messages: 80, bytes: 80, sampled_out: 0 });
}

#[test]
fn grafts_and_prunes_are_the_difference_of_two_looks() {
    let now = Instant::now();
    let [a, b, c] = peers();
    let mut router = Router::default();
    let topic = |mesh: &[PeerId]| vec![("t".to_owned(), mesh.to_vec())];
    // The first look is where differences begin.
    assert!(router.look_at_all(now, true, topic(&[a])).is_empty());
    let change = router.look(now, "t", vec![b, c]).expect("a change");
    assert_eq!((change.grafted, change.pruned), (vec![b, c], vec![a]));
    assert_eq!(router.look(now, "t", vec![b, c]), None);
    assert!(router.saw("t", [b, c].iter()) && !router.saw("t", [b].iter()) && !router.saw("u", [].iter()));
    // Left: all are pruned, and the topic is told once more with what came in meanwhile.
    router.message(now, "t", 7, true);
    let changes = router.look_at_all(now, true, []);
    assert_eq!((changes.len(), &changes[0].pruned), (1, &vec![b, c]));
    assert_eq!(router.take_period(now).len(), 1);
    assert!(router.take_period(now).is_empty());
}

#[test]
fn what_changed_while_nobody_listened_is_no_news() {
    let now = Instant::now();
    let [a, b] = peers();
    let mut router = Router::default();
    let topic = |mesh: &[PeerId]| vec![("t".to_owned(), mesh.to_vec())];
    router.look_at_all(now, true, topic(&[]));
    assert_eq!(router.look_at_all(now, false, topic(&[a])).len(), 1);
    assert!(!router.is_followed());
    assert!(router.look_at_all(now, true, topic(&[a, b])).is_empty());
    assert_eq!(router.look_at_all(now, true, topic(&[b])).len(), 1);
}

#[test]
fn topics_are_bounded_and_none_goes_uncounted() {
    let now = Instant::now();
    let mut gossip = Gossip::default();
    let router = gossip.router(1);
    let topics = (0..1000).map(|number| (number.to_string(), vec![PeerId::random()]));
    router.look_at_all(now, true, topics);
    for number in 0..1000 {
        router.message(now, &number.to_string(), 1, false);
    }
    assert_eq!(router.take_period(now).iter().map(|look| look.period.messages).sum::<u64>(), 1000);
    assert_eq!(gossip.meshes().count(), MAX_TOPICS);
    gossip.gone(1);
    assert_eq!(gossip.meshes().count(), 0);
}

/// What can happen to a router while somebody listens.
#[derive(Clone, Debug)]
enum Step {
    /// So many messages on that topic, after so many milliseconds.
    Messages(usize, u64, u64),
    /// The mesh of that topic, by the numbers of its peers.
    Look(usize, BTreeSet<usize>),
    /// All meshes there are.
    LookAtAll(BTreeMap<usize, BTreeSet<usize>>),
    Report,
}

fn step() -> impl Strategy<Value = Step> {
    let mesh = || prop::collection::btree_set(0..5_usize, 0..5);
    prop_oneof![
        (0..3_usize, 0..100_u64, 0..700_u64).prop_map(|(topic, count, ms)| Step::Messages(topic, count, ms)),
        (0..3_usize, mesh()).prop_map(|(topic, mesh)| Step::Look(topic, mesh)),
        prop::collection::btree_map(0..3_usize, mesh(), 0..3).prop_map(Step::LookAtAll),
        Just(Step::Report),
    ]
}

proptest! {
    #[test]
    fn a_listener_can_follow_meshes_and_counts(steps in prop::collection::vec(step(), 0..40)) {
        let peers = peers::<5>();
        let mesh_of = |mesh: &BTreeSet<usize>| mesh.iter().map(|number| peers[*number]).collect::<Vec<_>>();
        let mut now = Instant::now();
        let mut gossip = Gossip::default();
        gossip.router(1).look_at_all(now, true, []);
        let mut followed = BTreeMap::<String, BTreeSet<PeerId>>::new();
        let (mut messages, mut told, mut reported) = (0, 0, Counts::default());
        for step in steps.into_iter().chain([Step::Report]) {
            let router = gossip.router(1);
            let mut changes = Vec::new();
            match step {
                Step::Messages(topic, count, ms) => {
                    now += Duration::from_millis(ms);
                    messages += count;
                    for _ in 0..count {
                        told += u64::from(router.message(now, &topic.to_string(), 3, true));
                    }
                }
                Step::Look(topic, mesh) => changes.extend(router.look(now, &topic.to_string(), mesh_of(&mesh))),
                Step::LookAtAll(meshes) => {
                    let meshes = meshes.iter().map(|(topic, mesh)| (topic.to_string(), mesh_of(mesh)));
                    changes = router.look_at_all(now, true, meshes);
                }
                Step::Report => {
                    for look in router.take_period(now) {
                        reported.messages += look.period.messages;
                        reported.bytes += look.period.bytes;
                        reported.sampled_out += look.period.sampled_out;
                    }
                }
            }
            for change in changes {
                let mesh = followed.entry(change.topic).or_default();
                for peer in change.grafted {
                    prop_assert!(mesh.insert(peer));
                }
                for peer in change.pruned {
                    prop_assert!(mesh.remove(&peer));
                }
            }
            followed.retain(|_, mesh| !mesh.is_empty());
            let meshes = gossip.meshes().filter(|(_, mesh)| !mesh.is_empty());
            let meshes = meshes.map(|(topic, mesh)| (topic.to_owned(), mesh.iter().copied().collect()));
            prop_assert_eq!(&followed, &meshes.collect::<BTreeMap<_, _>>());
        }
        prop_assert_eq!((reported.messages, reported.bytes), (messages, 3 * messages));
        prop_assert_eq!(told + reported.sampled_out, messages);
    }
}
