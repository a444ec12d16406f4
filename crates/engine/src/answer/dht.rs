//! The routing table at the cursor, bucket by bucket, and its size and queries over the range.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Look;
use crate::{
    frame::{Dht, DhtBucket, DhtParams, DhtPeer, DhtQueries, DhtStatus, DhtTable},
    history::{Columns, DhtTotals, Extent, Series},
    intern::Sym,
    key,
    snapshot::{self, InTable, Queries},
    view::DhtAsk,
};

/// What the series cover where no range is set: 15 min.
const SERIES_MS: u64 = 15 * 60_000;

pub fn answer(look: &Look<'_>, ask: &DhtAsk) -> Dht {
    let count = usize::from(ask.columns).min(4096);
    let mut dht = Dht { never: !look.history.seen.dht, table: table(look), ..Dht::default() };
    let Some(range) = look.stretch(SERIES_MS).filter(|_| count > 0 && !dht.never) else { return dht };
    let extents = |series| look.history.extents(series, Columns { range, count });
    let greatest = |extents: &[Extent]| extents.iter().map(|extent| extent.greatest).collect();
    let sizes = extents(Series::Table);
    dht.span = Some(range);
    dht.size_min = sizes.iter().map(|extent| extent.least).collect();
    dht.size_max = greatest(&sizes);
    dht.incoming_rate = greatest(&extents(Series::QueriesIn));
    dht.outgoing_rate = greatest(&extents(Series::QueriesOut));
    dht
}

/// Every peer of the table, for scripts.
pub fn rows(look: &Look<'_>) -> Vec<Value> {
    let buckets = table(look).map_or(Vec::new(), |table| table.buckets);
    let row = |cpl: u32, peer: DhtPeer| {
        json!({
            "key": peer.key, "peer": peer.peer, "bucket": cpl, "status": status_word(peer.status),
            "age_ms": peer.age_ms,
        })
    };
    buckets
        .into_iter()
        .flat_map(|bucket| bucket.peers.into_iter().map(move |peer| row(bucket.cpl, peer)))
        .collect()
}

/// The buckets that a peer is in at the cursor, with its status there.
pub fn buckets_of(look: &Look<'_>, peer: Sym) -> Vec<(u32, String)> {
    let peers = in_table(look).into_iter().filter(|other| other.peer == peer);
    peers.map(|peer| (peer.bucket, status_word(status_of(peer.status)))).collect()
}

/// Everybody in the table at the cursor.
pub fn in_table(look: &Look<'_>) -> Vec<InTable> {
    let place = look.moment.place;
    let told = place.and_then(|place| Some(look.history.chunk_at(place)?.dht_at(place.at)));
    told.unwrap_or_default()
}

fn table(look: &Look<'_>) -> Option<DhtTable> {
    let history = look.history;
    let told = history.totals_at(look.moment.place?)?.dht.as_deref()?;
    let mut peers = in_table(look);
    // Where no peer has an age, none is told; else 0 is "just now".
    let has_ages = peers.iter().any(|peer| peer.age_ms > 0);
    peers.sort_by_key(|peer| std::cmp::Reverse(peer.age_ms));
    let mut buckets: BTreeMap<u32, Vec<DhtPeer>> =
        told.facts.buckets.iter().map(|cpl| (*cpl, Vec::new())).collect();
    for peer in peers {
        buckets.entry(peer.bucket).or_default().push(DhtPeer {
            key: key::of_peer(history, peer.peer),
            peer: history.interner.text(peer.peer).into_owned(),
            status: status_of(peer.status),
            age_ms: has_ages.then_some(peer.age_ms),
        });
    }
    Some(DhtTable {
        protocol: history.interner.told(told.facts.protocol),
        enabled: told.facts.enabled,
        start_ms: (told.facts.start_ms > 0).then_some(told.facts.start_ms),
        params: told.facts.params.map(params),
        buckets: buckets.into_iter().map(|(cpl, peers)| DhtBucket { cpl, peers }).collect(),
        peer_count: told.peers,
        incoming: queries(look, told, |told| told.incoming),
        outgoing: queries(look, told, |told| told.outgoing),
    })
}

fn params(told: snapshot::DhtParams) -> DhtParams {
    let snapshot::DhtParams { k, alpha, disjoint_paths, beta } = told;
    DhtParams { k, alpha, disjoint_paths, beta }
}

fn queries(look: &Look<'_>, told: &DhtTotals, read: fn(&DhtTotals) -> Option<Queries>) -> Option<DhtQueries> {
    let now = read(told)?;
    let before = look.moment.base().and_then(|(place, base_ms)| {
        let base = look.history.totals_at(place)?.dht.as_deref().and_then(read)?;
        Some((base, base_ms))
    });
    let instant_ms = look.history.totals_at(look.moment.place?)?.instant_ms;
    let rate = before.and_then(|(base, base_ms)| {
        let elapsed_ms = instant_ms.checked_sub(base_ms).filter(|elapsed| *elapsed > 0)?;
        Some(now.all().checked_sub(base.all())? as f64 * 1000.0 / elapsed_ms as f64)
    });
    let Queries { success, error, timeout } = now;
    Some(DhtQueries { success, error, timeout, rate })
}

/// A peer that does not answer, as the schema numbers it.
pub const MISSING: i32 = 1;

fn status_of(number: i32) -> DhtStatus {
    match number {
        0 => DhtStatus::Active,
        MISSING => DhtStatus::Missing,
        2 => DhtStatus::Rejected,
        3 => DhtStatus::Candidate,
        other => DhtStatus::Unknown(other),
    }
}

fn status_word(status: DhtStatus) -> String {
    match status {
        DhtStatus::Active => "active".into(),
        DhtStatus::Missing => "missing".into(),
        DhtStatus::Rejected => "rejected".into(),
        DhtStatus::Candidate => "candidate".into(),
        DhtStatus::Unknown(number) => format!("unknown ({number})"),
    }
}
