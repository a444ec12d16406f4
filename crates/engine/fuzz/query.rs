//! Whatever is typed: no panic, and what is wrong is said in words.

use std::cell::RefCell;

use peerscope_engine::{
    Engine, Options,
    view::{CompletionAsk, Cursor, EventsAsk, Panel, View},
};

/// A state of one connection with a stream, and an event, as they are on the wire.
const STATE: &[u8] = b"\x12\x40\x0a\x30\x0a\x2e\x0a\x01c\x12\x06peer-a\x2a\x16\x0a\x00\x12\x12/ip4/1.2.3.4/tcp/5\x5a\x0b\x12\x09\x0a\x01s\x12\x04/p/1\x18\xe8\x07\x20\x01";
const EVENT: &[u8] = b"\x22\x22\x0a\x06\x0a\x04Ping\x10\xe8\x07\x1a\x15{\"rttNs\":5,\"peer\":\"a\"}";

thread_local!(static ENGINE: RefCell<Engine> = RefCell::new({
    let mut engine = Engine::new(Options::default());
    engine.take(STATE.into());
    engine.take(EVENT.into());
    engine
}));

pub fn run(text: &str) {
    ENGINE.with_borrow_mut(|engine| {
        let events = EventsAsk {
            hidden: Vec::new(),
            first: None,
            rows: 9,
            chart_bars: 3,
            expanded: Vec::new(),
            group: None,
            unfolded: Vec::new(),
        };
        let complete = |events| Panel::Completion(CompletionAsk { caret: text.len() as u32 / 2, events });
        let view = View {
            query: text.into(),
            cursor: Cursor::Live,
            panels: vec![Panel::Events(events), complete(false), complete(true)],
            ..View::default()
        };
        engine.answer(&view);
        engine.rows_json("connections", &view);
    });
}
