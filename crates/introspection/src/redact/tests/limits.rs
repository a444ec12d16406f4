//! Long texts, and more names than are remembered.

use super::*;

#[test]
fn a_long_text_takes_no_stack_and_little_time() {
    let mut redactor = all();
    for part in ["1:", ":", "1.", "a:b.", "2001:db8::1-", "/ip4/"] {
        assert!(!redactor.text(&part.repeat(200_000)).is_empty());
    }
}

fn id_of(redactor: &mut Redactor, connection: Connection) -> Bytes {
    let subsystems = Subsystems { connections: vec![connection], dht: None };
    let state = State { subsystems: Some(subsystems), ..State::default() };
    let message = ServerMessage { version: None, payload: Some(Payload::State(state)) }.encode_to_vec();
    let redacted = redactor.payload(&message).expect("it is a message");
    match ServerMessage::decode(&redacted[..]).expect("it still is one").payload {
        Some(Payload::State(state)) => state.subsystems.expect("they are kept").connections[0].id.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn ids_keep_apart_and_stay_whatever_there_is_too_much_of() {
    for kind in 0..3 {
        let mut redactor = all();
        let pass = |redactor: &mut Redactor| -> Vec<Bytes> {
            (0..600)
                .map(|number| {
                    let mut connection = Connection {
                        id: match kind {
                            0 => format!("{}-{number}", &ED[..10]).into(),
                            1 => format!("conn-of-{number}").into(),
                            _ => Bytes::from(format!("{number}")),
                        },
                        user_provided_tags: vec![format!("agent=node-of-{number}/1.0")],
                        ..Connection::default()
                    };
                    if kind == 2 {
                        connection.peer_id = format!("peer {number}!");
                    }
                    id_of(redactor, connection)
                })
                .collect()
        };
        let ids = pass(&mut redactor);
        assert!(redactor.agents.overflown && (kind < 2 || redactor.peers.overflown));
        assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), 600);
        assert_eq!(pass(&mut redactor), ids, "each is what it was");
        let before = redactor.counts().values;
        let text = redactor.text("seen node-of-599/1.0");
        assert!(text.starts_with("removed-"), "{text}");
        assert_eq!(redactor.counts().values, before + 1);
    }
}

#[test]
fn agents_of_well_known_programs_are_not_remembered_and_found_all_the_same() {
    let mut redactor = all();
    for number in 0..2000 {
        redactor.agent(&format!("kubo/0.{number}/alice"));
    }
    assert!(!redactor.agents.overflown);
    assert_eq!(redactor.text("is (kubo/0.36.0/alice), Lighthouse/v7@bob"), "is (kubo), Lighthouse");
    assert_eq!(redactor.text("/kubo/1.0 of kubo/ there"), "/kubo/1.0 of kubo/ there");
    redactor.agent("kubo/1.0 (of alice)");
    assert_eq!(redactor.text("is kubo/1.0 (of alice)"), "is kubo");
}

#[test]
fn a_longer_agent_goes_before_its_part() {
    for salt in 0..20 {
        let mut redactor = Redactor::new(Options::all(), [salt; 32]);
        redactor.agent("foo/1.0");
        redactor.agent("foo/1.0/alice");
        redactor.agent("foo/1.0/");
        let text = redactor.text("is foo/1.0/alice");
        assert!(!text.contains("alice"), "{text}");
    }
}
