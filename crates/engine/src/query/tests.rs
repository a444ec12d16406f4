use proptest::prelude::*;

use super::*;

struct Connection;

impl Subject for Connection {
    fn is_open(&self) -> bool {
        true
    }

    fn any(&self, field: TextField, is_wanted: &mut dyn FnMut(&str) -> bool) -> bool {
        is_wanted(match field {
            TextField::Status => "active",
            TextField::Peer => "12D3KooWAbcQmYx",
            TextField::Transport => "quic-v1",
            TextField::Protocol => "/ipfs/ping/1.0.0",
            TextField::Direction => "in",
            TextField::Agent => "kubo/0.36.0",
            TextField::Remote => "203.0.113.7:4001",
            TextField::Security | TextField::Muxer | TextField::Cause => return false,
        })
    }

    fn number(&self, field: NumberField) -> Option<f64> {
        match field {
            NumberField::In => Some(2e6),
            NumberField::Age => Some(9e9),
            NumberField::Streams => Some(3.0),
            _ => None,
        }
    }

    fn any_other(&self, is_wanted: &mut dyn FnMut(&str) -> bool) -> bool {
        is_wanted("kubo/0.36.0")
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
        let error = query.error().expect("a mistake").text;
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
    let properties = ["peer", "rttNs", "agent", "Added"];
    for hit in
        ["rttNs>1000000", "added:/b", "peer:12D3", "agent:kubo", "pingresult -lighthouse", "rttNs=1500000"]
    {
        let query = Query::parse(hit);
        assert!(query.matches_event(&event), "{hit}");
        assert_eq!(query.event_error(&properties), None, "{hit}");
    }
    for miss in ["rttNs>2000000", "added:/c", "peer:12D4", "failure:timeout"] {
        assert!(!Query::parse(miss).matches_event(&event), "{miss}");
    }
    let error = |text: &str| Query::parse(text).event_error(&properties).expect("a mistake").text;
    assert!(error("failure:timeout").contains("character 1"), "{}", error("failure:timeout"));
    assert!(error("x status:open").contains("character 3"));
    assert!(error("in>5MB").contains("of connections"));
    assert!(Query::parse("type:ping -type:dial").matches_event(&event));
    assert!(!Query::parse("type:dial").matches_event(&event));
    assert_eq!(Query::parse("failure:timeout").event_error(&[]), None, "nothing is declared");
}

#[test]
fn a_mistake_has_its_place_and_a_way_out() {
    for (text, wrong, unfinished, fixed) in [
        ("peer:é in>1MX age<10s", "X", false, "peer:é in>1MB age<10s"),
        ("in>1M", "M", true, "in>1MB"),
        ("é status:", "status:", true, "é status:active"),
        ("-status:opne x", "opne", false, "-status:open x"),
        ("staus:open", "staus", false, "status:open"),
        ("kubo colour:red", "colour", false, "kubo \"colour:red\""),
        ("-colour:\"a b\"", "colour", false, "-\"colour:a b\""),
        ("age:\"MB\" kubo", "MB", false, "age:10s kubo"),
    ] {
        let error = Query::parse(text).error().expect(text);
        assert_eq!((error.at.of(text), error.unfinished), (wrong, unfinished), "{text}");
        let (mended, caret) = error.fix.and_then(|fix| fix.apply(text)).expect(text);
        assert_eq!(mended, fixed);
        assert!(mended.is_char_boundary(caret));
        assert_eq!(Query::parse(&mended).error(), None, "{mended}");
    }
    let text = "in>5MB PingResult";
    let error = Query::parse(text).event_error(&["peer"]).expect("of connections");
    assert_eq!(
        error.fix.and_then(|fix| fix.apply(text)).map(|(text, _)| text).as_deref(),
        Some(" PingResult")
    );
}

#[test]
fn a_sign_after_the_colon_keeps_sign_and_number() {
    for (text, mended) in [("in:>5", "in>5"), ("age:<=10s", "age<=10s"), ("-in:>5MX", "-in>5MB")] {
        let error = Query::parse(text).error().expect("a mistake");
        assert_eq!(error.fix.and_then(|fix| fix.apply(text)).map(|(text, _)| text).as_deref(), Some(mended));
    }
}

proptest! {
    #[test]
    fn whatever_is_typed_is_no_panic(text in "\\PC{0,40}", field in "(status|in|age|peer|x)[:<>=]{0,2}\\PC{0,8}") {
        for text in [&text, &field, &format!("{field} {text}")] {
            let query = Query::parse(text);
            query.matches(&Connection);
            query.matches_event(&Event { name: "a", peer: "b", content: "{\"x\":1}" });
            query.event_error(&["none"]);
            Spot::at(text, 3);
            let Some(error) = query.error() else { continue };
            let (from, to) = (error.at.from as usize, error.at.to as usize);
            prop_assert!(from <= to && text.get(from..to).is_some(), "{} {:?}", text, error);
            // What is proposed mends it, a field's name first and then its value; another mistake may follow, further on.
            let term = error.term.from;
            let (mut mended, mut again, mut steps) = (text.clone(), Some(error), 0);
            while let Some(error) = again.take_if(|error| error.term.from <= term) {
                steps += 1;
                let fixed = error.fix.and_then(|fix| fix.apply(&mended)).map(|(text, _)| text);
                prop_assert!(fixed.is_some() && steps <= 3, "{text} {mended}");
                mended = fixed.unwrap_or_default();
                again = Query::parse(&mended).error();
            }
        }
    }
}
