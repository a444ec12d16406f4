//! An event's content, of any kind: no panic, a sentence of bounded length, and the content as it was told. The first line names
//! the type.

use peerscope_engine::{
    Engine, Options,
    frame::Answer,
    view::{EventsAsk, InspectorAsk, Key, OverviewAsk, Panel, View},
};
use peerscope_introspection::wire::{
    Event, EventType, ServerMessage,
    event_type::{EventProperty, event_property::PropertyType},
    server_message::Payload,
};
use prost::Message;

/// Declared: one property of each type. Any other name is told without a declaration.
const DECLARED: &str = "Declared";

const QUERIES: [&str; 4] = ["", "peer:a", "\"a\"", "n>5"];

fn kind(name: &str) -> EventType {
    let property = |name: &str, kind: PropertyType| EventProperty {
        name: name.into(),
        r#type: kind as i32,
        has_multiple: name == "list",
    };
    let declared = [
        property("list", PropertyType::String),
        property("n", PropertyType::Number),
        property("at", PropertyType::Time),
        property("who", PropertyType::Peerid),
        property("where", PropertyType::Multiaddr),
        property("json", PropertyType::Json),
    ];
    let property_types = if name == DECLARED { declared.to_vec() } else { Vec::new() };
    EventType { name: name.into(), property_types }
}

pub fn run(text: &str) {
    let (name, content) = text.split_once('\n').unwrap_or((DECLARED, text));
    let mut engine = Engine::new(Options::default());
    for ts in [5, 1000] {
        let event = Event { r#type: Some(kind(name)), ts, content: content.into() };
        let message = ServerMessage { version: None, payload: Some(Payload::Event(event)) };
        engine.take(message.encode_to_vec().into());
    }
    let first = Key("e~0".into());
    let query = QUERIES[content.len() % QUERIES.len()];
    let events = EventsAsk {
        hidden: Vec::new(),
        first: None,
        rows: 9,
        chart_bars: 3,
        expanded: vec![first.clone()],
        group: None,
        unfolded: Vec::new(),
    };
    let view = View {
        query: query.into(),
        selection: Some(first),
        panels: vec![
            Panel::Events(events),
            Panel::Inspector(InspectorAsk { chart_columns: 9 }),
            Panel::Overview(OverviewAsk { spark_points: 9, peers: 5, protocols: 5, churn_bars: 9 }),
        ],
        ..View::default()
    };
    let frame = engine.answer(&view);
    let Some(Answer::Events(told)) = frame.panels.first() else { panic!("no events") };
    for row in &told.rows {
        assert!(row.text.chars().count() <= 201, "{}", row.text);
        if let Some(shown) = &row.content {
            let begin = if row.cut { shown.strip_suffix('…').expect("a cut is marked") } else { content };
            assert!(content.starts_with(begin) && shown.starts_with(begin));
        }
    }
    assert!(!query.is_empty() || told.matching == 2);
    engine.rows_json("events", &view);
}
