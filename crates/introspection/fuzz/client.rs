//! What an endpoint answers: no panic, a bounded number of commands, each of them one that can be decoded, and none but
//! the greeting before it was answered. The bytes are a recording of what the endpoint sends.

use peerscope_introspection::{
    client::{Client, Config, Link},
    frame::read_message,
    wire::{ClientCommand, ServerMessage},
};
use prost::Message;

pub fn run(bytes: &[u8]) {
    let mut client = Client::new(Config::default());
    let hello = client.connected(0);
    assert_eq!(hello.len(), 1);
    assert!(client.pause().is_empty(), "nothing before the greeting is answered");
    for (now, payload) in read_message(bytes).flatten().enumerate() {
        let Ok(message) = ServerMessage::decode(payload) else { continue };
        let heard = client.clone().overhear(payload);
        let step = client.answer(&message);
        assert_eq!(heard, step, "whoever overhears says the same");
        let mut sent = step.send;
        assert!(sent.len() <= 5);
        assert!(sent.is_empty() || matches!(client.link(), Link::Live { .. }));
        sent.extend(client.runtime_again(now as u64 * 400));
        sent.extend(client.tick(now as u64 * 400 + 200));
        for command in sent {
            ClientCommand::decode(&command[..]).expect("a command");
        }
    }
    let wait = client.disconnected(0);
    assert!((500..=10_000).contains(&wait));
}
