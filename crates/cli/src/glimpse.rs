//! What a frame is and when it happened, without decoding all of it: a state can take megabytes.

use peerscope_introspection::wire::{CommandResponse, EventType, Runtime, ServerNotice};

/// A `ServerMessage` of which a state and an event are read in part.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Glimpse {
    #[prost(oneof = "Kind", tags = "2, 3, 4, 5, 6")]
    pub kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Kind {
    #[prost(message, tag = "2")]
    State(StateTime),
    #[prost(message, tag = "3")]
    Runtime(Runtime),
    #[prost(message, tag = "4")]
    Event(EventHead),
    #[prost(message, tag = "5")]
    Response(CommandResponse),
    #[prost(message, tag = "6")]
    Notice(ServerNotice),
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StateTime {
    #[prost(uint64, tag = "3")]
    pub instant_ts: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct EventHead {
    #[prost(message, optional, tag = "1")]
    pub kind: Option<EventType>,
    #[prost(uint64, tag = "2")]
    pub ts: u64,
}

#[cfg(test)]
mod tests {
    use peerscope_introspection::wire::{
        Event, ServerMessage, State, Subsystems, Version, server_message::Payload,
    };
    use prost::Message;

    use super::*;

    fn glimpse(payload: Payload) -> Option<Kind> {
        let message = ServerMessage { version: Some(Version { version: 1 }), payload: Some(payload) };
        Glimpse::decode(&message.encode_to_vec()[..]).expect("a message").kind
    }

    #[test]
    fn it_tells_what_the_whole_message_would() {
        let state =
            State { subsystems: Some(Subsystems::default()), instant_ts: 7, start_ts: 3, ..State::default() };
        assert_eq!(glimpse(Payload::State(state)), Some(Kind::State(StateTime { instant_ts: 7 })));
        let kind = Some(EventType { name: "A".into(), property_types: Vec::new() });
        let event = Event { r#type: kind.clone(), ts: 9, content: "{}".into() };
        assert_eq!(glimpse(Payload::Event(event)), Some(Kind::Event(EventHead { kind, ts: 9 })));
        let runtime = Runtime { peer_id: "p".into(), ..Runtime::default() };
        assert_eq!(glimpse(Payload::Runtime(runtime.clone())), Some(Kind::Runtime(runtime)));
        let response = CommandResponse { id: 4, ..CommandResponse::default() };
        assert_eq!(glimpse(Payload::Response(response.clone())), Some(Kind::Response(response)));
        let notice = ServerNotice { discarded_events: 5, ..ServerNotice::default() };
        assert_eq!(glimpse(Payload::Notice(notice)), Some(Kind::Notice(notice)));
    }
}
