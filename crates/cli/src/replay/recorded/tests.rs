use flate2::{Compression, write::GzEncoder};
use peerscope_introspection::{
    frame,
    recording::Writer,
    wire::{Event, Runtime, ServerNotice, State, event_type::EventProperty},
};

use super::*;

pub fn state(ms: u64) -> Payload {
    Payload::State(State { instant_ts: ms, start_ts: 1, ..State::default() })
}

pub fn event(name: &str, ms: u64) -> Payload {
    let kind = EventType { name: name.into(), property_types: Vec::new() };
    Payload::Event(Event { r#type: Some(kind), ts: ms, content: format!("{{\"at\":{ms}}}") })
}

pub fn runtime(peer: &str) -> Payload {
    let property_types = vec![EventProperty { name: "at".into(), ..EventProperty::default() }];
    let event_types = vec![EventType { name: "A".into(), property_types }];
    Payload::Runtime(Runtime { peer_id: peer.into(), event_types, ..Runtime::default() })
}

pub fn lost(count: u64) -> Payload {
    Payload::Notice(ServerNotice { discarded_events: count, ..ServerNotice::default() })
}

fn bytes(payloads: &[Payload]) -> Vec<u8> {
    let mut writer = Writer::new();
    payloads.iter().for_each(|payload| writer.put_segment(&frame::segment(payload.clone())));
    writer.take().to_vec()
}

fn read(bytes: &[u8]) -> Result<Recorded> {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(bytes).expect("written");
    Recorded::read(file.path())
}

/// The file is gone by its name when this is there; it is open.
pub fn recorded(payloads: &[Payload]) -> Recorded {
    read(&bytes(payloads)).expect("a recording")
}

fn payloads(recorded: &Recorded, places: &[Place]) -> Vec<(u64, Payload)> {
    places.iter().map(|place| (place.ms, recorded.payload(*place).expect("it is there"))).collect()
}

/// Out of order, one without a time, one run after another.
fn mixed() -> Vec<Payload> {
    vec![
        runtime("first"),
        event("A", 5_000),
        state(4_000),
        event("B", 0),
        event("A", 3_000),
        lost(7),
        runtime("second"),
        state(6_000),
    ]
}

#[test]
fn frames_are_ordered_by_time_and_stay_in_the_file() {
    let packed = {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&bytes(&mixed())).expect("packed");
        gzip.finish().expect("packed")
    };
    for recorded in [recorded(&mixed()), read(&packed).expect("a packed recording")] {
        assert_eq!(payloads(&recorded, &recorded.states), [(4_000, state(4_000)), (6_000, state(6_000))]);
        assert_eq!(
            payloads(&recorded, &recorded.told),
            [
                (3_000, event("A", 3_000)),
                (3_000, lost(7)),
                (4_000, event("B", 0)),
                (5_000, event("A", 5_000))
            ]
        );
        assert_eq!(
            payloads(&recorded, &recorded.runtimes),
            [(0, runtime("first")), (5_000, runtime("second"))]
        );
        assert_eq!((recorded.events, recorded.span_ms), (3, (3_000, 6_000)));
        let types: Vec<_> = recorded.types.iter().map(|kind| kind.name.as_str()).collect();
        assert_eq!(types, ["A"], "of B no property was told");
    }
}

#[test]
fn damage_is_counted_and_the_rest_is_there() {
    let mut damaged = bytes(&mixed());
    damaged[20] ^= 1;
    damaged.extend([1, 2, 3]);
    let recorded = read(&damaged).expect("a recording");
    assert_eq!((recorded.problems.damaged, recorded.problems.truncated_bytes), (1, 3));
    assert_eq!((recorded.states.len(), recorded.told.len(), recorded.runtimes.len()), (2, 4, 1));
}

#[test]
fn a_recording_with_nothing_to_replay_is_refused() {
    for (content, why) in [
        (Vec::new(), "too few for a recording"),
        (vec![2, 0, 0, 0, 0], "version 2"),
        (bytes(&[runtime("a")]), "neither a state nor an event"),
    ] {
        let error = read(&content).expect_err("nothing to replay");
        assert!(format!("{error:#}").contains(why), "{error:#}");
    }
}

#[test]
fn a_file_that_was_changed_meanwhile_is_an_error_and_no_other_frame() {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(&bytes(&[state(1), state(2)])).expect("written");
    let recorded = Recorded::read(file.path()).expect("a recording");
    file.as_file().set_len(30).expect("cut");
    assert_eq!(recorded.payload(recorded.states[0]).expect("still there"), state(1));
    assert!(recorded.payload(recorded.states[1]).is_err());
    file.as_file_mut().seek(SeekFrom::Start(0)).expect("at its beginning");
    file.write_all(&[0xff; 30]).expect("written");
    let error = recorded.payload(recorded.states[0]).expect_err("changed");
    assert!(format!("{error:#}").contains("can't be read any more: the file was changed"), "{error:#}");
}
