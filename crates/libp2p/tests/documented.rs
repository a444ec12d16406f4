//! docs/events.md lists every event that this crate tells, with what it has.
#![cfg(all(
    feature = "autonat",
    feature = "dcutr",
    feature = "gossipsub",
    feature = "identify",
    feature = "kad",
    feature = "mdns",
    feature = "ping",
    feature = "relay",
    feature = "rendezvous",
    feature = "request-response",
    feature = "upnp"
))]

use peerscope_introspection::{Introspector as _, wire::event_type::event_property::PropertyType};
use peerscope_libp2p::Introspector;

fn table() -> String {
    let mut table = String::from("| event | properties |\n| --- | --- |\n");
    for kind in Introspector::new().event_metadata() {
        let properties = kind.property_types.iter().map(|property| {
            let kind = match PropertyType::try_from(property.r#type) {
                Ok(PropertyType::String) => "text",
                Ok(PropertyType::Number) => "number",
                Ok(PropertyType::Time) => "time",
                Ok(PropertyType::Peerid) => "peer",
                Ok(PropertyType::Multiaddr) => "address",
                Ok(PropertyType::Json) => "JSON",
                Err(error) => panic!("{error}"),
            };
            format!("{}: {kind}{}", property.name, if property.has_multiple { "[]" } else { "" })
        });
        table.push_str(&format!("| {} | {} |\n", kind.name, properties.collect::<Vec<_>>().join(", ")));
    }
    table
}

#[test]
fn every_event_is_listed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/events.md");
    let table = table();
    if std::env::var_os("PEERSCOPE_WRITE_EVENTS").is_some() {
        let document = std::fs::read_to_string(path).expect("docs/events.md");
        let head = document.split("| event |").next().expect("a head");
        std::fs::write(path, format!("{head}{table}")).expect("written");
    }
    // In a package of this crate alone there are no docs beside it.
    let Ok(document) = std::fs::read_to_string(path) else {
        return eprintln!("SKIPPED: no docs/events.md above");
    };
    assert!(
        document.ends_with(&table),
        "docs/events.md is not up to date: PEERSCOPE_WRITE_EVENTS=1 cargo test -p peerscope-libp2p --all-features --test documented"
    );
}
