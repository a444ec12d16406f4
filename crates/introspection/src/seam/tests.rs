use proptest::{collection::vec, prelude::*};
use prost::Message;

use super::*;
use crate::wire::{
    Event, EventType, Runtime, ServerMessage, ServerNotice, State, event_type::EventProperty,
    server_message::Payload,
};

/// When the node of these tests began.
const START_MS: u64 = 1_000;

fn payload(payload: Payload) -> Bytes {
    ServerMessage { version: None, payload: Some(payload) }.encode_to_vec().into()
}

fn state_of(start_ts: u64, instant_ts: u64) -> Bytes {
    payload(Payload::State(State { instant_ts, start_ts, ..State::default() }))
}

fn state(at_ms: u64) -> Bytes {
    state_of(START_MS, at_ms)
}

fn event_as(at_ms: u64, content: &str, property_types: Vec<EventProperty>) -> Bytes {
    let declared = EventType { name: "T".to_owned(), property_types };
    payload(Payload::Event(Event { r#type: Some(declared), ts: at_ms, content: content.to_owned() }))
}

fn event(at_ms: u64, content: &str) -> Bytes {
    event_as(at_ms, content, Vec::new())
}

fn runtime(peer_id: &str, types: &[&str]) -> Bytes {
    let declared = |name: &&str| EventType { name: (*name).to_owned(), property_types: Vec::new() };
    let event_types = types.iter().map(declared).collect();
    payload(Payload::Runtime(Runtime { peer_id: peer_id.to_owned(), event_types, ..Runtime::default() }))
}

fn notice() -> Bytes {
    payload(Payload::Notice(ServerNotice::default()))
}

/// What of a recording is new to who knows these, and whether it reaches back to them.
fn joined(known: &[Bytes], recording: &[Bytes]) -> (Vec<Bytes>, bool) {
    let mut seam = Seam::new();
    known.iter().for_each(|payload| seam.note(payload));
    let mut join = seam.join();
    let mut new: Vec<Bytes> = recording.iter().flat_map(|payload| join.take(payload.clone())).collect();
    new.extend(join.finish());
    (new, join.reaches_back())
}

#[test]
fn who_knows_nothing_takes_everything_at_once() {
    let mut join = Seam::new().join();
    for payload in [runtime("a", &[]), event(5, "x"), event(3, "y"), notice(), Bytes::new(), state(4)] {
        assert_eq!(join.take(payload.clone()), [payload]);
    }
    assert_eq!(join.finish(), Vec::<Bytes>::new());
    assert!(!join.reaches_back(), "there is nothing to reach back to");
}

#[test]
fn past_the_seam_each_frame_is_taken_and_none_twice() {
    let known = [runtime("a", &["T"]), state(2000), event(2400, "x"), event(2500, "y")];
    let recording = [
        runtime("a", &[]),
        event(1900, "w"),
        state(2000),
        notice(),
        event(2500, "y"),
        event(2500, "y"),
        event(2500, "z"),
        state(2450),
        event(2501, "y"),
        notice(),
        state(3000),
    ];
    let (new, reaches_back) = joined(&known, &recording);
    // Of the newest millisecond what is not known; a state by the newest state, whatever the events say.
    assert_eq!(new, recording[5..]);
    assert!(reaches_back);
}

#[test]
fn an_event_is_the_same_however_its_type_is_declared() {
    let declared = vec![EventProperty::default()];
    let known = [state(2000), event_as(2500, "y", declared)];
    let (new, _) = joined(&known, &[state(2000), event(2500, "y"), event(2500, "Y")]);
    assert_eq!(new, [event(2500, "Y")]);
}

#[test]
fn a_recording_that_begins_later_leaves_a_hole() {
    let known = [state(2000), event(2500, "x")];
    let recording = [event(2501, "y"), state(3000)];
    assert_eq!(joined(&known, &recording), (recording.to_vec(), false));
    let recording = [event(2500, "x"), state(3000)];
    assert_eq!(joined(&known, &recording), (vec![state(3000)], true));
    assert_eq!(joined(&known, &[]), (Vec::new(), false));
}

#[test]
fn of_another_run_everything_is_taken_whatever_its_times() {
    let known = [runtime("a", &[]), state(5000), event(5500, "x")];
    // Its clock was set back: the events before its first state wait until that tells the run.
    let recording =
        [runtime("a", &[]), event(4000, "x"), event(5500, "x"), state_of(4100, 4200), event(4300, "y")];
    assert_eq!(joined(&known, &recording), (recording.to_vec(), false));
    let another_peer = [event(4000, "x"), runtime("b", &[]), event(4001, "y")];
    assert_eq!(joined(&known, &another_peer), (another_peer.to_vec(), false));
    // After it the other run is the one that is known.
    let both = [&known[..], &recording[..]].concat();
    assert_eq!(joined(&both, &recording), (Vec::new(), true));
}

#[test]
fn a_start_that_is_the_windows_tells_no_run() {
    let windowed = |at_ms: u64| {
        let state = State {
            instant_ts: at_ms,
            start_ts: at_ms - 1000,
            snapshot_duration_ms: 1000,
            ..State::default()
        };
        payload(Payload::State(state))
    };
    let all: Vec<Bytes> = (2..9).map(|n| windowed(n * 1000)).collect();
    assert_eq!(joined(&all[..4], &all[2..]), (all[4..].to_vec(), true));
}

#[test]
fn a_runtime_is_taken_where_it_says_more() {
    let known = [runtime("a", &["T", "EndpointStats"]), state(2000)];
    let recording = [runtime("a", &["T"]), state(2000), runtime("a", &["T", "U"]), state(3000)];
    assert_eq!(joined(&known, &recording).0, recording[2..]);
}

#[test]
fn before_any_state_events_are_told_apart_by_their_times() {
    let known = [event(2000, "x")];
    let recording = [event(1000, "w"), event(2000, "x"), event(2001, "y")];
    assert_eq!(joined(&known, &recording), (vec![event(2001, "y")], true));
}

#[test]
fn whether_it_reaches_back_is_told_once_something_is_taken() {
    let known = [runtime("a", &[]), event(5, "x")];
    for (first_ms, reaches_back) in [(4, true), (6, false)] {
        let mut seam = Seam::new();
        known.iter().for_each(|payload| seam.note(payload));
        let mut join = seam.join();
        let recording = [runtime("a", &["T"]), event(first_ms, "w"), event(9, "y")];
        let mut taken = Vec::new();
        for payload in &recording {
            taken.extend(join.take(payload.clone()));
            assert!(taken.is_empty() || join.reaches_back() == reaches_back, "from {first_ms} on: {taken:?}");
        }
        assert_eq!(taken.first(), Some(&recording[0]));
    }
}

#[test]
fn a_recording_has_to_begin_with_what_is_known_least_far() {
    let mut seam = Seam::new();
    assert_eq!(seam.since_ms(), None);
    seam.note(&event(2000, "x"));
    assert_eq!(seam.since_ms(), Some(2000));
    seam.note(&state(1500));
    assert_eq!(seam.since_ms(), Some(1500));
    seam.note(&state_of(9_000, 9_500));
    assert_eq!(seam.since_ms(), Some(9_500), "of another run nothing is known before it");
}

/// What of a session is new to who took this recording first.
fn told_after(recording: &[Bytes], session: &[Bytes]) -> Vec<Bytes> {
    let mut overlap = Overlap::default();
    recording.iter().for_each(|payload| overlap.recorded(payload));
    session.iter().filter(|payload| overlap.is_new(payload)).cloned().collect()
}

#[test]
fn of_a_session_what_the_recording_told_is_taken_once() {
    let recording = [runtime("a", &["T"]), event(1900, "w"), state(2000), event(2100, "x"), event(2100, "x")];
    let session = [
        runtime("a", &["T"]),
        notice(),
        event(2100, "x"),
        state(1950),
        event(1900, "w"),
        state(2000),
        event(2100, "x"),
        // Once more than it was recorded, later than it was, and told by the endpoint alone.
        event(2100, "x"),
        event(1899, "w"),
        event(2000, "endpoint"),
        state(2001),
    ];
    let new = told_after(&recording, &session);
    assert_eq!(new, [&session[..2], &session[7..]].concat());
    assert_eq!(told_after(&[], &session), session);
    assert_eq!(told_after(&recording, &[state_of(9, 1500)]), [state_of(9, 1500)], "of another run");
}

#[test]
fn an_overlap_ends() {
    let mut overlap = Overlap::default();
    assert!(overlap.is_over());
    overlap.recorded(&event(2000, "x"));
    overlap.recorded(&state(1500));
    assert!(!overlap.is_over());
    assert!(overlap.is_new(&state(11_500)) && !overlap.is_over());
    assert!(overlap.is_new(&state(11_501)) && overlap.is_over());
}

#[test]
fn states_after_a_clock_was_set_back_are_new() {
    let recording = [state(3_600_000), state(5_000)];
    let session = [state(4_000), state(5_000), state(6_000)];
    assert_eq!(told_after(&recording, &session), session[2..], "it was set back before the recording's end");
    let recording = [state(3_600_000), event(3_600_001, "x")];
    assert_eq!(told_after(&recording, &session), session, "it is set back after it");
}

#[test]
fn of_very_many_events_those_near_the_end_are_remembered() {
    let recording: Vec<Bytes> = (0..200_000).map(|at_ms| event(at_ms, "x")).collect();
    let mut overlap = Overlap::default();
    recording.iter().for_each(|payload| overlap.recorded(payload));
    assert!(recording[190_000..].iter().all(|payload| !overlap.is_new(payload)));
}

proptest! {
    /// A session begins anywhere while a node tells frames, and the recording is taken later; events can be told a little out of
    /// order, by either.
    #[test]
    fn a_recording_and_the_session_before_it_tell_each_event_once(
        steps in vec(0..3u64, 1..80),
        swaps in vec(0..79usize, 0..20),
        from in 0..80usize,
        taken in 0..80usize,
    ) {
        let mut at_ms = 2000;
        let all: Vec<Bytes> = steps.iter().enumerate().map(|(index, step)| {
            at_ms += step;
            event(at_ms, &index.to_string())
        }).collect();
        let (from, taken) = (from.min(all.len()), taken.min(all.len()));
        let (from, taken) = (from.min(taken), from.max(taken));
        let mut session = all[from..].to_vec();
        for swap in swaps {
            if swap + 1 < session.len() {
                session.swap(swap, swap + 1);
            }
        }
        let mut told = all[..taken].to_vec();
        told.extend(told_after(&all[..taken], &session));
        let mut all = all;
        told.sort();
        all.sort();
        prop_assert_eq!(told, all);
    }

    /// A client knows the first of what a node tells, a session begins later, and the recording is taken later still. The node's
    /// clock may be set back anywhere.
    #[test]
    fn what_happened_since_a_session_began_is_told_once(
        steps in vec((any::<bool>(), 0..3u64), 1..80),
        places in vec(0..80usize, 4),
        set_back in (0..80usize, 0..200u64),
    ) {
        let mut at_ms = 2000;
        let all: Vec<Bytes> = steps.iter().enumerate().map(|(index, (is_state, step))| {
            at_ms = if index == set_back.0 { at_ms - set_back.1 } else { at_ms + step };
            if *is_state { state(at_ms) } else { event(at_ms, &index.to_string()) }
        }).collect();
        let mut places: Vec<usize> = places.iter().map(|place| (*place).min(all.len())).collect();
        places.sort_unstable();
        let [known, from, taken] = [places[1], places[2], places[3]];
        let (new, _) = joined(&all[..known], &all[places[0]..taken]);
        let mut told = all[..known].to_vec();
        told.extend(new.iter().cloned());
        told.extend(told_after(&new, &all[from..]));
        for (index, payload) in all.iter().enumerate().filter(|(index, _)| !steps[*index].0) {
            let times = told.iter().filter(|told| *told == payload).count();
            prop_assert!(times <= 1, "event {} {} times", index, times);
            prop_assert!(times == 1 || index < from, "event {} is lost", index);
        }
    }

    /// A node tells frames in order of time, many of them within one millisecond. A client has the first of them, and the node's
    /// own recording the last.
    #[test]
    fn what_was_known_and_what_is_new_is_what_the_node_told(
        steps in vec((any::<bool>(), 0..3u64), 1..80),
        known in 0..80usize,
        from in 0..80usize,
    ) {
        let (mut at_ms, mut all, mut last_state) = (2000, Vec::new(), 0);
        for (index, (is_state, step)) in steps.into_iter().enumerate() {
            at_ms += step;
            // A node takes no two snapshots in one millisecond.
            if is_state && at_ms > last_state {
                last_state = at_ms;
                all.push(state(at_ms));
            } else {
                all.push(event(at_ms, &index.to_string()));
            }
        }
        let (known, from) = (known.min(all.len()), from.min(all.len()));
        let (new, reaches_back) = joined(&all[..known], &all[from..]);
        prop_assert_eq!(new, &all[from.max(known)..]);
        if from < known {
            prop_assert!(reaches_back);
        }
    }

    #[test]
    fn any_bytes_are_taken_without_a_panic(all in vec(vec(any::<u8>(), 0..40), 0..10)) {
        let all: Vec<Bytes> = all.into_iter().map(Bytes::from).collect();
        joined(&all, &all);
        told_after(&all, &all);
    }
}
