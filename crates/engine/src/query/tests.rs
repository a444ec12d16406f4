use proptest::prelude::*;

use super::*;

struct Connection;

impl Subject for Connection {
    fn is_open(&self) -> bool {
        true
    }

    fn texts(&self, field: TextField) -> Vec<Cow<'_, str>> {
        vec![match field {
            TextField::Status => "active".into(),
            TextField::Peer => "12D3KooWAbcQmYx".into(),
            TextField::Transport => "quic-v1".into(),
            TextField::Protocol => "/ipfs/ping/1.0.0".into(),
            TextField::Direction => "in".into(),
            TextField::Agent => "kubo/0.36.0".into(),
            TextField::Remote => "203.0.113.7:4001".into(),
            TextField::Security | TextField::Muxer | TextField::Cause => return Vec::new(),
        }]
    }

    fn number(&self, field: NumberField) -> Option<f64> {
        match field {
            NumberField::In => Some(2e6),
            NumberField::Age => Some(9e9),
            NumberField::Streams => Some(3.0),
            _ => None,
        }
    }

    fn others(&self) -> Vec<Cow<'_, str>> {
        vec!["kubo/0.36.0".into()]
    }
}

fn matches(text: &str) -> bool {
    Query::parse(text).matches(&Connection)
}

#[test]
fn all_terms_must_hold() {
    for hit in [
        "",
        "kubo",
        "KOOWABC",
        "203.0.113.7:4001",
        "status:active peer:abc transport:quic protocol:ping kubo",
        "status:open",
        "\"kubo/0.36.0\"",
        "peer:12D3…QmYx protocol:/ipfs/ping in>1MB age<10s \"kubo\"",
        "in>=2MB/s streams=3 streams:3",
        "-status:closed -lighthouse -in<1kB",
        "direction:in agent:kubo remote:203.0",
    ] {
        assert!(matches(hit), "{hit}");
        assert_eq!(Query::parse(hit).error(), None, "{hit}");
    }
    for miss in [
        "status:closed",
        "peer:kubo",
        "protocol:kad",
        "transport:tcp",
        "kubo nothere",
        "in>2MB",
        "age>10s",
        "rtt<1s",
        "cause:reset",
        "-kubo",
        "-status:open",
        "peer:12D3…QmYy",
    ] {
        assert!(!matches(miss), "{miss}");
    }
}

#[test]
fn mistakes_are_said_with_their_place_and_do_not_hide_everything() {
    for (text, place, says) in [
        ("status:", "character 8", "status:active"),
        ("kubo status:bogus", "character 13", "one of open"),
        ("kubo in>fast", "character 9", "in>1MB"),
        ("age:MB", "character 5", "age>10s"),
        ("agent: kubo", "character 7", "agent:kubo"),
        ("kubo colour:red", "character 6", "total-out"),
    ] {
        let query = Query::parse(text);
        let error = query.error().unwrap_or_default();
        assert!(error.contains(place) && error.contains(says), "{text}: {error}");
        assert!(query.matches(&Connection), "{text}");
    }
    for fine in
        ["/ip4/1.2.3.4:80", "localhost:4001", "https://a", "\"colour:red\"", "-", "--", ":", "a:b:c:d/e"]
    {
        let error = Query::parse(fine).error();
        assert!(error.is_none() || fine == "a:b:c:d/e", "{fine}: {error:?}");
    }
}

#[test]
fn events_are_found_by_their_properties() {
    let content = r#"{"peer":"12D3","rttNs":1500000,"agent":"kubo/1","Added":["/a","/b"]}"#;
    let event = Event { name: "PingResult", peer: "12D3", content };
    let is_property = |name: &str| ["peer", "rttns", "agent", "added"].contains(&name);
    for hit in
        ["rttNs>1000000", "added:/b", "peer:12D3", "agent:kubo", "pingresult -lighthouse", "rttNs=1500000"]
    {
        let query = Query::parse(hit);
        assert!(query.matches_event(&event), "{hit}");
        assert_eq!(query.event_error(is_property), None, "{hit}");
    }
    for miss in ["rttNs>2000000", "added:/c", "peer:12D4", "failure:timeout"] {
        assert!(!Query::parse(miss).matches_event(&event), "{miss}");
    }
    let error = |text: &str| Query::parse(text).event_error(is_property).unwrap_or_default();
    assert!(error("failure:timeout").contains("character 1"), "{}", error("failure:timeout"));
    assert!(error("x status:open").contains("character 3"));
    assert!(error("in>5MB").contains("of connections"));
}

proptest! {
    #[test]
    fn whatever_is_typed_is_no_panic(text in "\\PC{0,40}", field in "(status|in|age|peer|x)[:<>=]{0,2}\\PC{0,8}") {
        for text in [&text, &field, &format!("{field} {text}")] {
            let query = Query::parse(text);
            query.matches(&Connection);
            query.matches_event(&Event { name: "a", peer: "b", content: "{\"x\":1}" });
            query.error();
            query.event_error(|_| false);
        }
    }
}
