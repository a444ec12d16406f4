//! What is known of the selection: facts, traffic, story, streams, and all of it as JSON.

use super::{
    Look, dht, events, peer, plain,
    row::{agent, conn_row, spark, spark_max, stream_row, transport},
    story,
    table::ordered_streams,
};
use crate::{
    frame::{ConnRow, Fact, FactValue, Flow, Inspector, Kind, Status, Story, StreamRow, TrafficChart},
    history::{Column, RowIx},
    intern::Sym,
    key::{self, Named},
    moment::{At, end_of, status_of, status_word},
    series,
    snapshot::{Facts, status},
    view::{InspectorAsk, Key, Range},
};

/// Streams listed of one selection.
const MAX_STREAMS: usize = 100;
/// What the traffic chart covers: 60 s before the cursor.
const CHART_MS: u64 = 60_000;

pub fn answer(look: &Look<'_>, ask: &InspectorAsk) -> Option<Box<Inspector>> {
    let key = look.view.selection.as_ref()?;
    Some(Box::new(match key::find(look.history, key)? {
        Named::Connection(row) => connection(look, ask, key, row)?,
        Named::Stream(row) => stream(look, ask, key, row)?,
        Named::Peer(peer) => self::peer(look, ask, key, peer)?,
        Named::Event(number) => event(look, key, number)?,
    }))
}

fn fact(label: &str, value: FactValue) -> Fact {
    Fact { label: label.into(), value, note: None }
}

fn mono(text: Option<String>) -> FactValue {
    text.map_or(FactValue::Untold, FactValue::Mono)
}

fn text(told: Option<String>) -> FactValue {
    told.map_or(FactValue::Untold, FactValue::Text)
}

fn time(ms: u64) -> FactValue {
    if ms > 0 { FactValue::Time(ms) } else { FactValue::Untold }
}

/// Packets in and out, where the source counts them.
fn packets(flow: &Flow) -> Vec<Fact> {
    let told = [("Packets in", flow.packets_in), ("Packets out", flow.packets_out)];
    told.into_iter().filter_map(|(label, count)| Some(fact(label, FactValue::Count(count?)))).collect()
}

/// The row at the cursor; one that ended before the window, or begins after it, as it was last told.
fn at_cursor(look: &Look<'_>, row: RowIx) -> Option<At> {
    look.moment.find(look.history, row).or_else(|| At::last_told(look.history, row))
}

fn status_fact(look: &Look<'_>, at: &At) -> Fact {
    let mut fact = fact("Status", FactValue::Status(at.status));
    if !at.is_open
        && let Some(end) = look.history.rows.get(at.row).and_then(|row| end_of(look.history, row))
    {
        fact.value = FactValue::End(end);
    }
    fact
}

fn connection(look: &Look<'_>, ask: &InspectorAsk, key: &Key, ix: RowIx) -> Option<Inspector> {
    let history = look.history;
    let interner = &history.interner;
    let at = at_cursor(look, ix)?;
    let row = conn_row(look, &at, false)?;
    let facts = look.moment.facts(history, &at)?;
    let mut facts_out = vec![
        status_fact(look, &at),
        fact("Age", row.age_ms.map_or(FactValue::Untold, FactValue::Millis)),
        fact("Direction", FactValue::Direction(row.direction)),
        fact("Transport", row.transport.clone().map_or(FactValue::Untold, FactValue::Transport)),
        fact("Remote", mono(interner.told(facts.remote))),
        fact("Local", mono(interner.told(facts.local))),
    ];
    if let Some(relay) = &row.relay {
        let peer = interner.known(relay.as_bytes()).unwrap_or(Sym::NONE);
        facts_out.push(fact("Relay", FactValue::Peer(relay.clone(), key::of_peer(history, peer))));
    }
    facts_out.extend([
        Fact {
            note: (facts.upgraded_ms > facts.open_ms && facts.open_ms > 0)
                .then(|| format!("in {} ms", facts.upgraded_ms - facts.open_ms)),
            ..fact("Security", mono(interner.told(facts.security)))
        },
        fact("Muxer", mono(interner.told(facts.muxer))),
        fact("Round trip", row.rtt_ns.map_or(FactValue::Untold, FactValue::Nanos)),
        fact("Opened", time(facts.open_ms)),
        fact("Id", FactValue::Mono(row.id.clone())),
    ]);
    facts_out.extend(packets(&row.flow));
    let tags = facts.tags.iter().map(|tag| interner.text(*tag)).filter(|tag| !tag.starts_with("agent="));
    facts_out.extend(tags.map(|tag| fact("Tag", FactValue::Text(tag.into_owned()))));
    let (streams, stream_count) = streams_of(look, &[&at]);
    let (story, story_cut) = story::of_connection(look, ix);
    let subtitle = [row.agent.clone(), Some(format!("connection {}", row.id))];
    Some(Inspector {
        kind: Kind::Connection,
        title: row.peer.clone(),
        subtitle: subtitle.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        traffic: chart(look, ask, &at, row.flow.clone(), row.shared_flow),
        json: json(
            &serde_json::json!({ "connection": plain::connection_alone(&row), "facts": facts_map(&facts_out), "streams": plain_streams(&streams) }),
        ),
        facts: facts_out,
        ..inspector(key, (story, story_cut), (streams, stream_count), Vec::new())
    })
}

fn stream(look: &Look<'_>, ask: &InspectorAsk, key: &Key, ix: RowIx) -> Option<Inspector> {
    let history = look.history;
    let at = at_cursor(look, ix)?;
    let parent = history.rows.get(ix)?.parent?;
    let connection = key::of_row(history, parent);
    let row = stream_row(look, &at, &connection)?;
    let facts = look.moment.facts(history, &at)?;
    let parent_row = history.rows.get(parent)?;
    let peer = history.interner.text(parent_row.facts.name).into_owned();
    let mut facts_out = vec![
        status_fact(look, &at),
        fact("Protocol", row.protocol.clone().map_or(FactValue::Text("negotiating".into()), FactValue::Mono)),
        fact("Direction", FactValue::Direction(row.direction)),
        fact("Age", row.age_ms.map_or(FactValue::Untold, FactValue::Millis)),
        fact("Opened", time(facts.open_ms)),
        fact("Peer", FactValue::Peer(peer.clone(), key::of_peer(history, parent_row.facts.name))),
        fact("Connection", FactValue::Connection(history.interner.id_text(parent_row.id), connection)),
        fact("Id", FactValue::Mono(row.id.clone())),
    ];
    facts_out.extend(packets(&row.flow));
    Some(Inspector {
        kind: Kind::Stream,
        title: peer,
        subtitle: format!(
            "{} · stream {}",
            row.protocol.clone().unwrap_or_else(|| "negotiating".into()),
            row.id
        ),
        traffic: history
            .seen
            .stream_traffic
            .then(|| chart(look, ask, &at, row.flow.clone(), false))
            .flatten(),
        json: json(&serde_json::json!({ "stream": plain::stream(&row), "facts": facts_map(&facts_out) })),
        facts: facts_out,
        ..inspector(key, story::of_stream(look, ix), (Vec::new(), 0), Vec::new())
    })
}

fn peer(look: &Look<'_>, ask: &InspectorAsk, key: &Key, peer: Sym) -> Option<Inspector> {
    let history = look.history;
    let id = history.interner.told(peer)?;
    let of_peer = |at: &&At| look.moment.facts(history, at).is_some_and(|facts| facts.name == peer);
    let all: Vec<&At> = look.moment.connections.iter().filter(of_peer).collect();
    let open: Vec<&At> = all.iter().copied().filter(|at| at.is_open).collect();
    let facts_of = |at: &&At| look.moment.facts(history, at);
    let known: Vec<&Facts> = all.iter().filter_map(facts_of).collect();
    let rows = || {
        history.rows.iter().map(|(_, row)| row).filter(|row| row.parent.is_none() && row.facts.name == peer)
    };
    let last = rows().max_by_key(|row| row.last_seen_ms);
    let agent = known.iter().find_map(|facts| self::agent(look, facts)).or_else(|| agent(look, &last?.facts));
    let rtt = open.iter().filter_map(|at| at.figures.latency_ns).min();
    let status = match (open.first(), last) {
        (Some(at), _) => FactValue::Status(at.status),
        (None, Some(row)) if !status::is_open(row.status) => FactValue::Status(status_of(row.status)),
        (None, Some(_)) => FactValue::Status(Status::Closed),
        // Known by events alone: a dial that failed.
        (None, None) => FactValue::Text("never connected".into()),
    };
    let mut flow = peer::sum(look, &open).flow();
    let (streams, stream_count) = streams_of(look, &open);
    let mut facts_out = vec![
        fact("Status", status),
        fact("Agent", text(agent.clone())),
        fact("Connections", FactValue::Count(open.len() as u64)),
        fact(
            "Streams",
            if history.seen.streams { FactValue::Count(u64::from(stream_count)) } else { FactValue::Untold },
        ),
        fact("Round trip", rtt.map_or(FactValue::Untold, FactValue::Nanos)),
        fact("First seen", rows().map(|row| row.begin_ms()).min().map_or(FactValue::Untold, FactValue::Time)),
    ];
    for (bucket, status) in dht::buckets_of(look, peer) {
        let value = FactValue::Text(format!("bucket {bucket}"));
        facts_out.push(Fact { note: Some(status), ..fact("Routing table", value) });
    }
    for facts in &known {
        let address = history.interner.told(facts.remote);
        let is_new = !facts_out
            .iter()
            .any(|known| matches!((&known.value, &address), (FactValue::Mono(a), Some(b)) if a == b));
        if is_new && let Some(address) = address {
            facts_out.push(Fact {
                note: transport(look, facts).map(str::to_owned),
                ..fact("Address", FactValue::Mono(address))
            });
        }
    }
    let mut in_order = all.clone();
    in_order.sort_by_key(|at| !at.is_open);
    let connections: Vec<ConnRow> = in_order
        .iter()
        .take(MAX_STREAMS)
        .filter_map(|at| {
            let mut row = conn_row(look, at, false)?;
            spark(look, at.row, &mut row.flow);
            Some(row)
        })
        .collect();
    let traffic = (history.seen.connection_traffic && !open.is_empty()).then(|| {
        let range = chart_range(look);
        peer::add_spark(look, &open, &mut flow);
        TrafficChart {
            span: Some(range),
            rate_in: flow.spark_in.clone(),
            rate_out: flow.spark_out.clone(),
            flow: flow.clone(),
            shared: false,
        }
    });
    Some(Inspector {
        kind: Kind::Peer,
        title: id,
        subtitle: [agent, Some(format!("{} open", open.len()))]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · "),
        traffic: traffic.filter(|_| ask.chart_columns > 0),
        json: json(
            &serde_json::json!({ "facts": facts_map(&facts_out), "connections": connections.iter().map(plain::connection_alone).collect::<Vec<_>>(), "streams": plain_streams(&streams) }),
        ),
        facts: facts_out,
        ..inspector(key, story::of_peer(look, peer), (streams, stream_count), connections)
    })
}

fn event(look: &Look<'_>, key: &Key, number: u64) -> Option<Inspector> {
    let history = look.history;
    let (event, content) = history.events.find(number)?;
    let row = events::row(look, (event, content), None, &[key.0.as_str()].into());
    let mut facts = vec![
        fact("Time", FactValue::Time(event.at_ms)),
        fact("Type", FactValue::Mono(row.kind.clone())),
        fact("What", text(Some(row.text.clone()).filter(|text| !text.is_empty()))),
    ];
    if let (Some(peer), Some(peer_key)) = (&row.peer, &row.peer_key) {
        facts.push(fact("Peer", FactValue::Peer(peer.clone(), peer_key.clone())));
    }
    let run = look.moment.run;
    if let Some(connection) = event.connection.some() {
        let row = history.rows.generations(run, None, connection).last();
        let id = history.interner.id_text(connection);
        facts.push(match row {
            Some(row) => fact("Connection", FactValue::Connection(id, key::of_row(history, *row))),
            None => fact("Connection", FactValue::Mono(id)),
        });
    }
    Some(Inspector {
        kind: Kind::Event,
        title: row.peer.clone().unwrap_or_else(|| row.kind.clone()),
        subtitle: format!("{} · event {number}", row.kind),
        facts,
        json: row.content.unwrap_or_default(),
        ..inspector(key, (Vec::new(), 0), (Vec::new(), 0), Vec::new())
    })
}

fn inspector(
    key: &Key,
    story: (Vec<Story>, u32),
    streams: (Vec<StreamRow>, u32),
    connections: Vec<ConnRow>,
) -> Inspector {
    let flows = streams.0.iter().map(|row| &row.flow).chain(connections.iter().map(|row| &row.flow));
    Inspector {
        key: key.clone(),
        kind: Kind::Event,
        title: String::new(),
        subtitle: String::new(),
        facts: Vec::new(),
        traffic: None,
        story: story.0,
        story_cut: story.1,
        spark_max: spark_max(flows),
        streams: streams.0,
        stream_count: streams.1,
        connections,
        json: String::new(),
    }
}

/// Streams of connections, open first, with sparklines; and how many are open.
fn streams_of(look: &Look<'_>, connections: &[&At]) -> (Vec<StreamRow>, u32) {
    let mut rows = Vec::new();
    let mut open = 0;
    for connection in connections {
        let key = key::of_row(look.history, connection.row);
        for at in ordered_streams(look, connection) {
            open += u32::from(at.is_open);
            if rows.len() < MAX_STREAMS
                && let Some(at) = look.moment.stream(look.history, at)
                && let Some(mut row) = stream_row(look, &at, &key)
            {
                if look.history.seen.stream_traffic {
                    spark(look, at.row, &mut row.flow);
                }
                rows.push(row);
            }
        }
    }
    (rows, open)
}

fn chart_range(look: &Look<'_>) -> Range {
    let to_ms = look.moment.at_ms;
    Range { from_ms: to_ms.saturating_sub(CHART_MS), to_ms }
}

fn chart(look: &Look<'_>, ask: &InspectorAsk, at: &At, flow: Flow, shared: bool) -> Option<TrafficChart> {
    let columns = usize::from(ask.chart_columns).min(4096);
    if columns == 0 || flow.total_in.is_none() && flow.total_out.is_none() {
        return None;
    }
    // Of one that ended: its last minute.
    let mut range = chart_range(look);
    if !at.is_open
        && let Some(end) = look.history.rows.get(at.row).and_then(|row| row.end)
    {
        range = Range { from_ms: end.at_ms.saturating_sub(CHART_MS), to_ms: end.at_ms };
    }
    let line = |column| {
        let points = look.history.points(at.row, column, range.from_ms, range.to_ms);
        series::rates(&points, range, columns, &look.gaps)
    };
    Some(TrafficChart {
        span: Some(range),
        rate_in: line(Column::BytesIn),
        rate_out: line(Column::BytesOut),
        flow,
        shared,
    })
}

fn plain_streams(streams: &[StreamRow]) -> Vec<serde_json::Value> {
    streams.iter().map(plain::stream).collect()
}

fn facts_map(facts: &[Fact]) -> serde_json::Value {
    let pairs = facts.iter().map(|fact| {
        let value = match &fact.value {
            FactValue::Untold => serde_json::Value::Null,
            FactValue::Text(text) | FactValue::Mono(text) | FactValue::Transport(text) => text.clone().into(),
            FactValue::Peer(text, _) | FactValue::Connection(text, _) => text.clone().into(),
            FactValue::Time(n)
            | FactValue::Millis(n)
            | FactValue::Nanos(n)
            | FactValue::Count(n)
            | FactValue::Bytes(n) => (*n).into(),
            FactValue::Rate(rate) => (*rate).into(),
            FactValue::Status(status) => status_word(*status).into(),
            FactValue::Direction(direction) => plain::direction(*direction),
            FactValue::End(end) => serde_json::json!({
                "ts": end.at_ms, "inferred": end.inferred, "cause": end.cause, "error": end.error,
            }),
        };
        (fact.label.clone(), value)
    });
    serde_json::Value::Object(pairs.collect())
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
