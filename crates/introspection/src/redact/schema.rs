//! What is in each field of the schema: to be kept, replaced, or looked into. A field that is not here is left out.

/// A message of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    Server,
    /// All of its fields are numbers, of these numbers at most.
    Numbers(&'static [u32]),
    State,
    Subsystems,
    Connection,
    EndpointPair,
    Attributes,
    StreamList,
    Stream,
    ConnectionRef,
    Dht,
    Bucket,
    PeerInDht,
    Traffic,
    Runtime,
    EventType,
    EventProperty,
    Event,
    Response,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Number,
    Message(Message),
    Text(Text),
    /// Bytes that are, or may be, the id of a connection, a stream or a transport.
    Id,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    Peer,
    Address,
    Protocol,
    /// `agent=…`, or anything.
    Tag,
    /// What the node runs.
    Agent,
    /// Version and platform of it.
    Build,
    /// The name of an event type or of a property.
    Name,
    Content,
    /// Words, such as a cause.
    Free,
}

use Field::{Id, Message as Inner, Number, Text as Words};

/// Gauges, timelines and the like.
const fn numbers(known: &'static [u32]) -> Field {
    Inner(Message::Numbers(known))
}

const GAUGE: Field = numbers(&[1, 2, 3]);

pub fn field(message: Message, number: u32) -> Option<Field> {
    Some(match (message, number) {
        (Message::Server, 1) => numbers(&[1]),
        (Message::Server, 2) => Inner(Message::State),
        (Message::Server, 3) => Inner(Message::Runtime),
        (Message::Server, 4) => Inner(Message::Event),
        (Message::Server, 5) => Inner(Message::Response),
        (Message::Server, 6) => numbers(&[1, 1000]),
        (Message::Numbers(known), number) if known.contains(&number) => Number,
        (Message::State, 1) => Inner(Message::Subsystems),
        (Message::State, 2) => Inner(Message::Traffic),
        (Message::State, 3 | 4 | 5 | 1000) => Number,
        (Message::Subsystems, 1) => Inner(Message::Connection),
        (Message::Subsystems, 2) => Inner(Message::Dht),
        (Message::Connection, 1 | 4 | 16) => Id,
        (Message::Connection, 2) => Words(Text::Peer),
        (Message::Connection, 3 | 7 | 10) => Number,
        (Message::Connection, 5) => Inner(Message::EndpointPair),
        (Message::Connection, 6) => numbers(&[1, 2, 3]),
        (Message::Connection, 8) => Inner(Message::Traffic),
        (Message::Connection, 9) => Inner(Message::Attributes),
        (Message::Connection, 11) => Inner(Message::StreamList),
        (Message::Connection, 17) => Inner(Message::Connection),
        (Message::Connection | Message::Stream, 99) => Words(Text::Tag),
        (Message::Connection | Message::Stream, 1000) => Words(Text::Free),
        (Message::EndpointPair, 1 | 2) => Words(Text::Address),
        (Message::Attributes, 1 | 2) => Words(Text::Protocol),
        (Message::StreamList, 1) => Id,
        (Message::StreamList, 2) => Inner(Message::Stream),
        (Message::Stream, 1) => Id,
        (Message::Stream, 2) => Words(Text::Protocol),
        (Message::Stream, 3 | 7 | 16) => Number,
        (Message::Stream, 4) => Inner(Message::Traffic),
        (Message::Stream, 5) => Inner(Message::ConnectionRef),
        (Message::Stream, 6) => numbers(&[1, 2]),
        (Message::ConnectionRef, 1) => Inner(Message::Connection),
        (Message::ConnectionRef, 2) => Id,
        (Message::Traffic, 1 | 2) => GAUGE,
        (Message::Dht, 1) => Words(Text::Protocol),
        (Message::Dht, 2 | 3) => Number,
        (Message::Dht, 4) => numbers(&[1, 2, 3, 4]),
        (Message::Dht, 5) => Inner(Message::Bucket),
        (Message::Dht, 6 | 7) => GAUGE,
        (Message::Bucket, 1) => Number,
        (Message::Bucket, 2) => Inner(Message::PeerInDht),
        (Message::PeerInDht, 1) => Words(Text::Peer),
        (Message::PeerInDht, 2 | 3) => Number,
        (Message::Runtime, 1) => Words(Text::Agent),
        (Message::Runtime, 2 | 3) => Words(Text::Build),
        (Message::Runtime, 4) => Words(Text::Peer),
        (Message::Runtime, 7) => Inner(Message::EventType),
        (Message::EventType, 1) => Words(Text::Name),
        (Message::EventType, 2) => Inner(Message::EventProperty),
        (Message::EventProperty, 1) => Words(Text::Name),
        (Message::EventProperty, 2 | 3) => Number,
        (Message::Event, 1) => Inner(Message::EventType),
        (Message::Event, 2) => Number,
        (Message::Event, 3) => Words(Text::Content),
        (Message::Response, 1 | 2) => Number,
        (Message::Response, 3) => Words(Text::Free),
        (Message::Response, 4) => numbers(&[1, 2]),
        _ => return None,
    })
}
