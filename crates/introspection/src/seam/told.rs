//! What a payload says that a seam is made of, read from a few of its bytes.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
};

use prost::Message;

use super::Run;
use crate::{
    fields::{Fields, Odd},
    wire::{Runtime, ServerMessage, server_message::Payload},
};

pub(super) enum Told {
    State {
        at_ms: u64,
        run: Run,
    },
    Event {
        at_ms: u64,
        /// A hash of its type's name and of its content: how its type is declared depends on who tells it.
        print: u64,
    },
    Runtime,
    Other,
}

pub(super) fn told(payload: &[u8]) -> Result<Told, Odd> {
    let mut told = Told::Other;
    let mut fields = Fields::of(payload);
    while let Some(field) = fields.next()? {
        match field.number {
            2 => told = state(field.value.bytes()?)?,
            3 => told = Told::Runtime,
            4 => told = event(field.value.bytes()?)?,
            5 | 6 => told = Told::Other,
            _ => {}
        }
    }
    Ok(told)
}

fn state(state: &[u8]) -> Result<Told, Odd> {
    let (mut at_ms, mut start_ms, mut duration_ms) = (0, 0, 0);
    let mut fields = Fields::of(state);
    while let Some(field) = fields.next()? {
        match field.number {
            3 => at_ms = field.value.varint()?,
            4 => start_ms = field.value.varint()?,
            5 => duration_ms = field.value.varint()?,
            _ => {}
        }
    }
    let is_windowed = start_ms > 0 && at_ms.saturating_sub(start_ms) <= duration_ms;
    Ok(Told::State { at_ms, run: Run { start_ms, is_windowed } })
}

fn event(event: &[u8]) -> Result<Told, Odd> {
    let (mut name, mut at_ms, mut content): (&[u8], u64, &[u8]) = (&[], 0, &[]);
    let mut fields = Fields::of(event);
    while let Some(field) = fields.next()? {
        match field.number {
            1 => {
                let mut declared = Fields::of(field.value.bytes()?);
                while let Some(field) = declared.next()? {
                    if field.number == 1 {
                        name = field.value.bytes()?;
                    }
                }
            }
            2 => at_ms = field.value.varint()?,
            3 => content = field.value.bytes()?,
            _ => {}
        }
    }
    let mut hasher = DefaultHasher::new();
    (name, content).hash(&mut hasher);
    Ok(Told::Event { at_ms, print: hasher.finish() })
}

/// None: it is no Runtime after all.
fn runtime(payload: &[u8]) -> Option<Runtime> {
    match ServerMessage::decode(payload).ok()?.payload {
        Some(Payload::Runtime(runtime)) => Some(runtime),
        _ => None,
    }
}

/// Whether two Runtimes name different peers.
pub(super) fn is_another_peer(known: &[u8], told: &[u8]) -> bool {
    match (runtime(known), runtime(told)) {
        (Some(known), Some(told)) => {
            !known.peer_id.is_empty() && !told.peer_id.is_empty() && known.peer_id != told.peer_id
        }
        _ => false,
    }
}

/// Whether a Runtime says anything that the one known does not. An endpoint adds event types of its own to what the node
/// says, so less is nothing new.
pub(super) fn says_more(known: &[u8], told: &[u8]) -> bool {
    if known == told {
        return false;
    }
    let (Some(known), Some(mut told)) = (runtime(known), runtime(told)) else { return true };
    told.event_types.retain(|declared| !known.event_types.contains(declared));
    !told.event_types.is_empty() || told != Runtime { event_types: Vec::new(), ..known }
}
