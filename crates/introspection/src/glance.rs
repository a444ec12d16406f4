//! What a payload is and when it was, read from a few of its bytes. For who sorts frames and does not look into them.

use crate::fields::{Fields, Odd};

/// What a `ServerMessage` carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A snapshot.
    State,
    /// What the node is.
    Runtime,
    /// Something that happened.
    Event {
        /// It declares its type's properties.
        declares: bool,
    },
    /// An answer to a command, a notice, or nothing that this version knows.
    Other,
}

/// A payload at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glance {
    /// What it carries.
    pub kind: Kind,
    /// When, in ms since the Unix epoch, of a state or an event.
    pub at_ms: Option<u64>,
}

/// Looks at a payload. What is skipped is not looked into: it can be damaged all the same.
///
/// # Errors
/// [`Odd`] when its fields can't be told apart.
pub fn glance(payload: &[u8]) -> Result<Glance, Odd> {
    let mut glance = Glance { kind: Kind::Other, at_ms: None };
    let mut fields = Fields::of(payload);
    while let Some(field) = fields.next()? {
        match field.number {
            2 => glance = Glance { kind: Kind::State, at_ms: Some(number(field.value.bytes()?, 3)?) },
            3 => glance = Glance { kind: Kind::Runtime, at_ms: None },
            4 => {
                let event = field.value.bytes()?;
                let declares = event_type(event)?.is_some_and(|(_, declares)| declares);
                glance = Glance { kind: Kind::Event { declares }, at_ms: Some(number(event, 2)?) };
            }
            5 | 6 => glance = Glance { kind: Kind::Other, at_ms: None },
            _ => {}
        }
    }
    Ok(glance)
}

/// A number of a message; 0 when it is not told.
fn number(message: &[u8], number: u32) -> Result<u64, Odd> {
    let mut told = 0;
    let mut fields = Fields::of(message);
    while let Some(field) = fields.next()? {
        if field.number == number {
            told = field.value.varint()?;
        }
    }
    Ok(told)
}

/// The `EventType` of an `Event`, and whether it has properties.
pub(crate) fn event_type(event: &[u8]) -> Result<Option<(&[u8], bool)>, Odd> {
    let mut told = None;
    let mut fields = Fields::of(event);
    while let Some(field) = fields.next()? {
        if field.number == 1 {
            let declared = field.value.bytes()?;
            let mut inner = Fields::of(declared);
            let mut declares = false;
            while let Some(field) = inner.next()? {
                declares |= field.number == 2;
            }
            told = Some((declared, declares));
        }
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::wire::{
        CommandResponse, Event, EventType, Runtime, ServerMessage, State, event_type::EventProperty,
        server_message::Payload,
    };

    fn of(payload: Payload) -> Glance {
        let message = ServerMessage { version: None, payload: Some(payload) };
        glance(&message.encode_to_vec()).expect("a message")
    }

    #[test]
    fn kind_and_time_are_told_of_each_payload() {
        let state = State { instant_ts: 7, ..State::default() };
        assert_eq!(of(Payload::State(state)), Glance { kind: Kind::State, at_ms: Some(7) });
        let mut event = Event { ts: 9, r#type: Some(EventType::default()), ..Event::default() };
        let told = of(Payload::Event(event.clone()));
        assert_eq!(told, Glance { kind: Kind::Event { declares: false }, at_ms: Some(9) });
        event.r#type =
            Some(EventType { property_types: vec![EventProperty::default()], ..EventType::default() });
        assert_eq!(of(Payload::Event(event)).kind, Kind::Event { declares: true });
        assert_eq!(of(Payload::Runtime(Runtime::default())), Glance { kind: Kind::Runtime, at_ms: None });
        let other = of(Payload::Response(CommandResponse::default()));
        assert_eq!(other, Glance { kind: Kind::Other, at_ms: None });
    }

    #[test]
    fn what_is_no_message_is_odd() {
        assert_eq!(glance(&[0x12, 9, 1]), Err(Odd));
        assert_eq!(glance(&[0x10, 1]), Err(Odd));
        assert_eq!(glance(&[]), Ok(Glance { kind: Kind::Other, at_ms: None }));
    }
}
