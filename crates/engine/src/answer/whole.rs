//! A snapshot with everything that the history keeps of it, as JSON: what was told, not what screens make of it. Ids are hex
//! here, since they may be any bytes; null is what was not told.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::{
    history::{Chunk, DhtTotals, History, Kept, Place, RowIx, Want},
    intern::Sym,
    snapshot::{DhtParams, Facts, Figures, InTable, Queries},
};

/// The last one that is not after `at_ms`.
pub fn snapshot(history: &History, at_ms: u64) -> Option<Value> {
    let place = history.place_at(at_ms)?;
    let (chunk, totals) = (history.chunk_at(place)?, history.totals_at(place)?);
    Some(json!({
        "instant_ms": totals.instant_ms,
        "start_ms": totals.start_ms,
        "duration_ms": totals.duration_ms,
        "closed_cut": totals.closed_cut,
        "total": figures(&totals.figures),
        "connections": connections(history, chunk, place),
        "dht": totals.dht.as_deref().map(|told| dht(history, told, &chunk.dht_at(place.at))),
    }))
}

fn dht(history: &History, told: &DhtTotals, peers: &[InTable]) -> Value {
    let facts = &told.facts;
    let text = |sym| history.interner.text(sym).into_owned();
    let queries = |told: Queries| json!([told.success, told.error, told.timeout]);
    let params = |told: DhtParams| json!([told.k, told.alpha, told.disjoint_paths, told.beta]);
    let peer = |peer: &InTable| json!([peer.bucket, text(peer.peer), peer.status, peer.age_ms]);
    json!({
        "protocol": text(facts.protocol), "enabled": facts.enabled, "start_ms": facts.start_ms,
        "params": facts.params.map(params), "buckets": facts.buckets,
        "incoming": told.incoming.map(queries), "outgoing": told.outgoing.map(queries),
        "peers": peers.iter().map(peer).collect::<Vec<_>>(),
    })
}

fn connections(history: &History, chunk: &Chunk, place: Place) -> Vec<Value> {
    let mut streams: HashMap<RowIx, Vec<Value>> = HashMap::new();
    let mut connections = Vec::new();
    for (ix, kept, _) in chunk.statuses_at(place.at) {
        let Some(kept) = chunk.kept_at(kept, place.at, Want::ALL) else { continue };
        let Some(row) = history.rows.get(ix) else { continue };
        let mut value = kept_row(history, chunk, row.id, &kept);
        match row.parent {
            Some(parent) => streams.entry(parent).or_default().push(value),
            None => {
                value["streams"] = json!([]);
                connections.push((ix, value));
            }
        }
    }
    for (ix, connection) in &mut connections {
        if let Some(streams) = streams.remove(ix) {
            connection["streams"] = streams.into();
        }
    }
    connections.into_iter().map(|(_, connection)| connection).collect()
}

fn kept_row(history: &History, chunk: &Chunk, id: Sym, kept: &Kept) -> Value {
    let facts = chunk.facts(kept.facts).cloned().unwrap_or_default();
    let text = |sym| history.interner.text(sym).into_owned();
    let hex = |sym| hex(history.interner.bytes_of(sym));
    let Facts { name, role, transport, local, remote, muxer, security, carrier, tags, .. } = facts;
    json!({
        "id": hex(id), "status": kept.status, "role": role, "name": text(name), "transport": hex(transport),
        "local": text(local), "remote": text(remote), "muxer": text(muxer), "security": text(security),
        "carrier": hex(carrier), "tags": tags.into_iter().map(text).collect::<Vec<_>>(),
        "open_ms": facts.open_ms, "upgraded_ms": facts.upgraded_ms, "close_ms": facts.close_ms,
        "cause": text(facts.cause), "figures": figures(&kept.figures),
    })
}

fn figures(figures: &Figures) -> Value {
    json!({
        "bytes_in": figures.bytes_in, "bytes_out": figures.bytes_out, "packets_in": figures.packets_in,
        "packets_out": figures.packets_out, "now_in": figures.now_in, "now_out": figures.now_out,
        "latency_ns": figures.latency_ns,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
