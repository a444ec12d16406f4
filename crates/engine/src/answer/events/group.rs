//! Events put together by their type or their peer, and the newest of those that are unfolded.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use rustc_hash::FxHashMap;

use super::{Matching, row};
use crate::{
    answer::Look,
    frame::{EventGroup, Events},
    history::Event,
    intern::Sym,
    key,
    view::{EventsAsk, Group, Key},
};

const MOST_GROUPS: usize = 100;
/// Of one group, and of all together: the page takes 120 at most.
const NEWEST: usize = 20;
const MOST_ROWS: usize = 100;

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Common {
    Type(u16),
    Peer(Sym),
}

fn common(event: &Event, by: Group) -> Common {
    if by == Group::Type { Common::Type(event.kind) } else { Common::Peer(event.peer) }
}

struct Sums {
    count: u32,
    first_ms: u64,
    last_ms: u64,
}

pub fn fill(look: &Look<'_>, events: &mut Events, matching: &Matching<'_>, by: Group, ask: &EventsAsk) {
    let mut sums: FxHashMap<Common, Sums> = FxHashMap::default();
    for (event, _) in matching.iter() {
        let at_ms = event.at_ms;
        let sums =
            sums.entry(common(event, by)).or_insert(Sums { count: 0, first_ms: at_ms, last_ms: at_ms });
        sums.count += 1;
        sums.last_ms = at_ms;
    }
    let mut sums: Vec<(Common, Sums)> = sums.into_iter().collect();
    sums.sort_unstable_by_key(|(common, sums)| (Reverse(sums.count), *common));
    events.group_count = sums.len() as u32;
    sums.truncate(MOST_GROUPS);
    let mut groups: Vec<EventGroup> = sums.iter().map(|(common, sums)| group(look, *common, sums)).collect();
    let unfolded: HashSet<&Key> = ask.unfolded.iter().collect();
    let mut wanted: HashMap<Common, usize> = (sums.iter().enumerate())
        .filter(|(at, _)| groups.get(*at).is_some_and(|group| unfolded.contains(&group.key)))
        .map(|(at, (common, _))| (*common, at))
        .collect();
    let expanded: HashSet<&str> = ask.expanded.iter().map(|key| key.0.as_str()).collect();
    let mut room = MOST_ROWS;
    for told in matching.newest() {
        if wanted.is_empty() || room == 0 {
            break;
        }
        let common = common(told.0, by);
        let Some(group) = wanted.get(&common).and_then(|at| groups.get_mut(*at)) else { continue };
        group.rows.push(row(look, told, None, &expanded));
        room -= 1;
        if group.rows.len() >= NEWEST.min(group.count as usize) {
            wanted.remove(&common);
        }
    }
    groups.iter_mut().for_each(|group| group.rows.reverse());
    events.groups = groups;
}

fn group(look: &Look<'_>, common: Common, sums: &Sums) -> EventGroup {
    let (name, peer_key) = match common {
        Common::Type(kind) => (Some(look.history.events.name(kind).to_owned()), None),
        Common::Peer(peer) => {
            (look.history.interner.told(peer), peer.some().map(|peer| key::of_peer(look.history, peer)))
        }
    };
    let key = Key(name.as_ref().map_or_else(|| "g".to_owned(), |name| format!("g~{name}")));
    let Sums { count, first_ms, last_ms } = *sums;
    EventGroup { key, name, peer_key, count, first_ms, last_ms, rows: Vec::new() }
}
