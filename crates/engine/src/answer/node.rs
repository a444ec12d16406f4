//! The node itself: its Runtime as it was known, its event types, what the session is set to, and what came in.

use serde_json::{Value, json};

use super::Look;
use crate::{
    event::PropertyKind,
    frame::{ConfigurationTold, Node, PropertyTold, RuntimeTold, TypeTold},
    history::{Configuration, RuntimeKept},
    view::Cursor,
};

/// A source may make up thousands.
const MAX_TYPES: usize = 512;

/// The time that is looked at: of a live view, whatever came last.
fn at_ms(look: &Look<'_>) -> u64 {
    match look.view.cursor {
        Cursor::Live => u64::MAX,
        Cursor::At(ms) => ms,
    }
}

/// The node's Runtime, as it was known at the cursor.
pub fn runtime<'a>(look: &Look<'a>) -> Option<&'a RuntimeKept> {
    let run = look.history.runs.get(look.moment.run)?;
    run.runtime_at(at_ms(look)).map(|(_, runtime)| runtime)
}

pub fn answer(look: &Look<'_>) -> Node {
    let runs = &look.history.runs;
    let run = runs.get(look.moment.run);
    let configurations = &look.history.configurations;
    let (types, type_count) = types(look);
    Node {
        runtime: run.and_then(|run| run.runtime_at(at_ms(look))).map(runtime_told),
        runtimes: run.map_or(Vec::new(), |run| run.runtimes().iter().map(runtime_told).collect()),
        start_ms: runs.start_ms(look.moment.run),
        run: look.moment.run,
        runs: runs.count(),
        types,
        type_count,
        configuration: configurations.at(at_ms(look)).map(configuration),
        configurations: configurations.all().iter().copied().map(configuration).collect(),
        counted: look.counters.clone(),
    }
}

fn runtime_told((at_ms, kept): &(u64, RuntimeKept)) -> RuntimeTold {
    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    RuntimeTold {
        at_ms: *at_ms,
        implementation: some(&kept.implementation),
        version: some(&kept.version),
        platform: some(&kept.platform),
        peer_id: some(&kept.peer_id),
    }
}

fn configuration((at_ms, told): (u64, Configuration)) -> ConfigurationTold {
    ConfigurationTold { at_ms, retention_ms: told.retention_ms, interval_ms: told.interval_ms }
}

fn types(look: &Look<'_>) -> (Vec<TypeTold>, u32) {
    let events = &look.history.events;
    let mut counts = Vec::new();
    events.parts(0, u64::MAX).for_each(|part| part.count(&mut counts));
    let mut of_type = vec![0u64; events.types()];
    for (kind, count) in counts {
        if let Some(slot) = of_type.get_mut(usize::from(kind)) {
            *slot = u64::from(count);
        }
    }
    let mut kinds: Vec<(u16, u64)> = (0..=u16::MAX).zip(of_type).collect();
    let all = kinds.len() as u32;
    kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
    let told = kinds.into_iter().take(MAX_TYPES).map(|(kind, count)| TypeTold {
        name: events.name(kind).to_owned(),
        properties: (events.properties(kind).iter())
            .map(|property| PropertyTold {
                name: property.name.clone(),
                kind: kind_word(property.kind).into(),
                multiple: property.multiple,
            })
            .collect(),
        count,
    });
    (told.collect(), all)
}

fn kind_word(kind: PropertyKind) -> &'static str {
    match kind {
        PropertyKind::Text => "text",
        PropertyKind::Number => "number",
        PropertyKind::Time => "time",
        PropertyKind::PeerId => "peer",
        PropertyKind::Multiaddr => "address",
        PropertyKind::Json => "JSON",
    }
}

/// All of it as one row, for scripts.
pub fn rows(look: &Look<'_>) -> Vec<Value> {
    vec![json!(answer(look))]
}
