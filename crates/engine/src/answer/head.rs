//! What every screen shows: which node, where in time, how much, what is missing.

use super::Look;
use crate::{
    frame::{Head, NodeCard, Problems},
    history::{Place, RuntimeKept},
};

pub fn answer(look: &Look<'_>, problems: Problems) -> Head {
    let history = look.history;
    let place = look.moment.place;
    let totals = place.and_then(|place| history.totals_at(place));
    let instant = |place: Place| history.totals_at(place).map(|totals| totals.instant_ms);
    let first = (history.snapshot_count() > 0).then_some(Place { chunk: 0, at: 0 });
    Head {
        node: node(look),
        span: look.span(),
        cursor_ms: match look.view.cursor {
            crate::view::Cursor::Live => (look.moment.at_ms > 0).then_some(look.moment.at_ms),
            crate::view::Cursor::At(ms) => Some(ms),
        },
        snapshot: place.map_or(0, |place| history.number(place) as u32 + 1),
        snapshots: history.snapshot_count() as u32,
        first_snapshot_ms: history.first_ms(),
        previous_ms: place.and_then(|place| {
            // Between two snapshots, the step back is to the one shown.
            let at = instant(place)?;
            if at < look.moment.at_ms { Some(at) } else { history.before(place).and_then(instant) }
        }),
        next_ms: match place {
            Some(place) => history.after(place).and_then(instant),
            None => first.and_then(instant),
        },
        connections: totals.map(|totals| totals.connections),
        streams: totals.filter(|_| history.seen.streams).map(|totals| totals.streams),
        peers: totals.map(|totals| totals.peers),
        rate_in: look.moment.rate_in,
        rate_out: look.moment.rate_out,
        events_recorded: history.events.len() as u64,
        gaps: look.gaps.len() as u32,
        gap_ms: look.gaps.iter().map(|gap| gap.to_ms.saturating_sub(gap.from_ms)).sum(),
        problems,
    }
}

fn node(look: &Look<'_>) -> Option<NodeCard> {
    let runs = &look.history.runs;
    let runtime = super::node::runtime(look).cloned();
    if runtime.is_none() && look.history.snapshot_count() == 0 {
        return None;
    }
    let RuntimeKept { implementation, version, platform, peer_id } = runtime.unwrap_or_default();
    let some = |text: String| (!text.is_empty()).then_some(text);
    let agent = match (implementation.is_empty(), version.is_empty()) {
        (true, _) => None,
        (false, true) => Some(implementation),
        (false, false) => Some(format!("{implementation} {version}")),
    };
    Some(NodeCard {
        peer_id: some(peer_id),
        agent,
        platform: some(platform),
        start_ms: runs.start_ms(look.moment.run),
        runs: runs.count(),
    })
}
