//! A history, the node's own recording and a session, all cut from one message: no panic, nothing that was not told, nothing in
//! another order, and nothing of the session left out but states and events. The last two bytes say where it is cut.

use bytes::Bytes;
use peerscope_introspection::{
    frame::read_message,
    glance::glance,
    seam::{Overlap, Seam},
};

pub fn run(bytes: &[u8]) {
    let all: Vec<Bytes> = read_message(bytes).flatten().map(Bytes::copy_from_slice).collect();
    let [.., one, two] = *bytes else { return };
    let mut cuts = [one, two].map(|cut| all.len() * usize::from(cut) / 255);
    cuts.sort_unstable();
    let (known, recording, session) = (&all[..cuts[0]], &all[..cuts[1]], &all[cuts[0]..]);

    let mut seam = Seam::new();
    known.iter().for_each(|payload| seam.note(payload));
    let mut join = seam.join();
    let mut new: Vec<Bytes> = recording.iter().flat_map(|payload| join.take(payload.clone())).collect();
    new.extend(join.finish());
    assert_eq!(join.finish().len(), 0, "once");
    assert_in_order(&new, recording);
    if known.is_empty() {
        assert_eq!(new, recording);
        assert!(!join.reaches_back());
    }

    let mut overlap = Overlap::default();
    assert!(session.iter().all(|payload| overlap.is_new(payload)), "nothing was recorded");
    new.iter().for_each(|payload| overlap.recorded(payload));
    for payload in session {
        let was_over = overlap.is_over();
        let is_new = overlap.is_new(payload);
        let has_time = glance(payload).is_ok_and(|told| told.at_ms.is_some());
        assert!(is_new || (has_time && !was_over));
    }
}

/// Each of them is one of all, after the one before it.
fn assert_in_order(some: &[Bytes], all: &[Bytes]) {
    let mut rest = all.iter();
    assert!(some.iter().all(|payload| rest.any(|other| other == payload)));
}
