//! Redaction of any payloads: no panic; what is kept is a message wherever the payload was one; the ids of peers that the
//! schema names are gone; the same payload gives the same bytes. The bytes are a live message.

use peerscope_introspection::{
    frame::read_message,
    redact::{Options, Redactor},
    wire::{ServerMessage, server_message::Payload},
};
use prost::Message;

pub fn run(bytes: &[u8]) {
    let mut redactor = Redactor::new(Options::all(), [3; 32]);
    for payload in read_message(bytes).flatten() {
        let redacted = redactor.payload(payload);
        let Some(redacted) = redacted else { continue };
        if let Ok(before) = ServerMessage::decode(payload) {
            let after = ServerMessage::decode(&redacted[..]).expect("it was a message, and is one");
            no_peer_is_left(&before, &after);
        }
        // By now every peer is known, so nothing changes any more.
        let again = redactor.payload(payload).expect("it was kept before");
        assert_eq!(redactor.payload(payload), Some(again));
    }
}

fn peers(message: &ServerMessage) -> Vec<String> {
    match &message.payload {
        Some(Payload::State(state)) => {
            let subsystems = state.subsystems.clone().unwrap_or_default();
            let buckets = subsystems.dht.into_iter().flat_map(|dht| dht.buckets);
            let in_dht = buckets.flat_map(|bucket| bucket.peers).map(|peer| peer.peer_id);
            subsystems.connections.into_iter().map(|connection| connection.peer_id).chain(in_dht).collect()
        }
        Some(Payload::Runtime(runtime)) => vec![runtime.peer_id.clone()],
        _ => Vec::new(),
    }
}

fn no_peer_is_left(before: &ServerMessage, after: &ServerMessage) {
    let (before, after) = (peers(before), peers(after));
    assert_eq!(before.len(), after.len());
    for (id, stand_in) in before.iter().zip(&after) {
        assert!(id.is_empty() == stand_in.is_empty() && (id.is_empty() || id != stand_in), "{id}");
    }
}
