//! The queue under a made clock.

use proptest::prelude::*;

use super::*;
use crate::event::{EventFrame, PLACE_BYTES};

const LATE: Duration = Duration::from_secs(5);
const BATCH: Duration = Duration::from_millis(20);
const RETENTION: Duration = Duration::from_secs(120);

fn queue(bytes: usize) -> Queue<u32, u32> {
    Queue::new(Limits { bytes, late: LATE, batch: BATCH }, RETENTION)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// All that can be taken by now, as long as something can.
fn drain(queue: &mut Queue<u32, u32>, now: Instant) -> Vec<Next<u32, u32>> {
    let mut taken = Vec::new();
    loop {
        match queue.next(now) {
            Next::Idle | Next::At(_) => return taken,
            next => taken.push(next),
        }
    }
}

#[test]
fn the_first_event_goes_at_once_and_later_ones_gather_for_20_ms() {
    let (mut queue, now) = (queue(1000), Instant::now());
    queue.push_event(now, 1, 1);
    assert_eq!(queue.next(now), Next::Events(vec![1]));
    queue.push_event(now + ms(5), 1, 2);
    assert_eq!(queue.next(now + ms(5)), Next::At(now + ms(20)));
    queue.push_event(now + ms(19), 1, 3);
    assert_eq!(queue.next(now + ms(19)), Next::At(now + ms(20)));
    assert_eq!(queue.next(now + ms(20)), Next::Events(vec![2, 3]));
    assert_eq!(queue.next(now + ms(20)), Next::Idle);
    queue.push_event(now + ms(90), 1, 4);
    assert_eq!(queue.next(now + ms(90)), Next::Events(vec![4]), "after a silence");
}

#[test]
fn a_full_batch_does_not_wait_and_none_is_larger() {
    let (mut queue, now) = (queue(1 << 20), Instant::now());
    queue.push_event(now, 1, 0);
    queue.next(now);
    for event in 1..=5 {
        queue.push_event(now, 20 << 10, event);
    }
    assert_eq!(queue.next(now), Next::Events(vec![1, 2, 3]));
    assert_eq!(queue.next(now), Next::At(now + BATCH));
    queue.push_event(now, 100 << 10, 6);
    assert_eq!(
        queue.next(now),
        Next::Events(vec![4, 5]),
        "what is too long for the batch waits for the next one"
    );
    assert_eq!(queue.next(now), Next::Events(vec![6]), "and goes alone");
}

#[test]
fn of_states_only_the_newest_waits_and_it_keeps_its_place() {
    let (mut queue, now) = (queue(1000), Instant::now());
    queue.push_event(now, 1, 1);
    queue.push_state(now, 10, 10);
    queue.push_event(now, 1, 2);
    queue.push_state(now, 10, 20);
    assert_eq!(queue.take_gone(), Gone { dropped: 0, replaced: 1 });
    queue.push_event(now, 1, 3);
    assert_eq!((queue.len(), queue.bytes()), (4, 13));
    let taken = drain(&mut queue, now);
    assert_eq!(taken, [Next::Events(vec![1, 2]), Next::State(20)], "a replaced state is no lost event");
    assert_eq!(drain(&mut queue, now + BATCH), [Next::Events(vec![3])]);
}

#[test]
fn events_that_are_not_taken_within_5_s_fall_out_oldest_first_and_are_told_first() {
    let (mut queue, now) = (queue(1000), Instant::now());
    queue.push_event(now, 1, 1);
    queue.push_state(now, 10, 10);
    queue.push_event(now + ms(1000), 1, 2);
    queue.push_event(now + ms(4000), 1, 3);
    assert_eq!(queue.next(now + ms(6001)), Next::Lost(2));
    assert_eq!(queue.take_gone().dropped, 2, "counted although nothing was pushed");
    assert_eq!(drain(&mut queue, now + ms(6001)), [Next::State(10), Next::Events(vec![3])]);
}

#[test]
fn at_5_s_sharp_nothing_has_fallen_out() {
    let (mut queue, now) = (queue(1000), Instant::now());
    queue.push_event(now, 1, 1);
    assert_eq!(queue.next(now + LATE), Next::Events(vec![1]));
}

#[test]
fn bytes_are_bounded_and_what_fell_out_is_counted() {
    let (mut queue, now) = (queue(100), Instant::now());
    for event in 0..10 {
        queue.push_event(now, 30, event);
        assert!(queue.bytes() <= 100);
    }
    assert_eq!(queue.next(now), Next::Lost(7));
    assert_eq!(queue.next(now), Next::Events(vec![7, 8, 9]));
}

#[test]
fn a_frame_longer_than_the_bound_waits_alone() {
    let (mut queue, now) = (queue(100), Instant::now());
    queue.push_event(now, 30, 1);
    queue.push_state(now, 500, 10);
    assert_eq!(queue.take_gone(), Gone { dropped: 1, replaced: 0 });
    assert_eq!(drain(&mut queue, now), [Next::Lost(1), Next::State(10)]);
    queue.push_event(now, 500, 2);
    assert_eq!(drain(&mut queue, now), [Next::Events(vec![2])]);
    assert_eq!(queue.bytes(), 0);
}

#[test]
fn paused_everything_waits_in_order_and_comes_when_resumed() {
    let (mut queue, now) = (queue(1000), Instant::now());
    queue.push_state(now, 1, 9);
    queue.pause();
    queue.push_state(now, 1, 10);
    queue.push_event(now + ms(1), 1, 1);
    queue.push_state(now + ms(2), 1, 20);
    queue.push_event(now + ms(3), 1, 2);
    queue.push_event(now + ms(60_000), 1, 3);
    let later = now + ms(100_000);
    assert_eq!(queue.next(later), Next::Idle);
    queue.resume(later);
    queue.push_state(later, 1, 30);
    queue.push_event(later, 1, 4);
    let mut taken = drain(&mut queue, later);
    taken.extend(drain(&mut queue, later + BATCH));
    assert_eq!(
        taken,
        [
            Next::State(9),
            Next::State(10),
            Next::Events(vec![1]),
            Next::State(20),
            Next::Events(vec![2, 3]),
            Next::State(30),
            Next::Events(vec![4])
        ]
    );
}

#[test]
fn what_waited_in_a_pause_is_due_when_resumed() {
    let (mut queue, now) = (queue(1000), Instant::now());
    queue.pause();
    queue.push_event(now, 1, 1);
    queue.push_state(now, 1, 10);
    let resumed = now + ms(60_000);
    queue.resume(resumed);
    queue.push_event(resumed + ms(3000), 1, 2);
    assert_eq!(queue.next(resumed + ms(5001)), Next::Lost(2));
    assert_eq!(queue.next(resumed + ms(5001)), Next::Events(vec![2]));
}

#[test]
fn what_is_older_than_the_retention_falls_out_of_a_pause_uncounted() {
    let (mut queue, now) = (queue(1000), Instant::now());
    queue.pause();
    queue.push_event(now, 1, 1);
    queue.push_event(now + ms(1000), 1, 2);
    queue.push_event(now + ms(100_000), 1, 3);
    assert_eq!(queue.len(), 3);
    queue.resume(now + ms(120_001));
    assert_eq!(drain(&mut queue, now + ms(120_001)), [Next::Events(vec![2, 3])]);

    queue.pause();
    queue.set_retention(ms(10));
    queue.push_event(now + ms(200_000), 1, 4);
    queue.push_event(now + ms(200_011), 1, 5);
    assert_eq!(queue.len(), 1, "it falls out while it is paused");
}

#[test]
fn bytes_are_bounded_in_a_pause_too_and_told_when_resumed() {
    let (mut queue, now) = (queue(100), Instant::now());
    queue.pause();
    for state in 0..5 {
        queue.push_state(now, 40, state);
    }
    assert_eq!(queue.next(now), Next::Idle);
    queue.resume(now);
    assert_eq!(drain(&mut queue, now), [Next::Lost(3), Next::State(3), Next::State(4)]);
}

#[test]
fn what_the_node_lost_is_told_too() {
    let (mut queue, now) = (queue(100), Instant::now());
    queue.note_lost(7);
    queue.push_event(now, 1, 1);
    assert_eq!(drain(&mut queue, now), [Next::Lost(7), Next::Events(vec![1])]);
    queue.note_lost(u64::MAX);
    queue.note_lost(1);
    assert_eq!(queue.next(now), Next::Lost(u64::MAX));
}

#[test]
fn dropping_all_leaves_nothing_and_counts_nothing() {
    let (mut queue, now) = (queue(100), Instant::now());
    queue.push_event(now, 1, 1);
    queue.push_state(now, 1, 10);
    queue.drop_all();
    assert_eq!((queue.len(), queue.bytes(), queue.next(now)), (0, 0, Next::Idle));
    queue.push_state(now, 1, 11);
    assert_eq!(queue.next(now), Next::State(11));
}

#[derive(Clone, Debug)]
enum Op {
    State(usize),
    Event(usize),
    Pause,
    Resume,
    DropAll,
    Wait(u64),
    Take,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        3 => (1_usize..60_000).prop_map(Op::State),
        8 => (1_usize..40_000).prop_map(Op::Event),
        1 => Just(Op::Pause),
        1 => Just(Op::Resume),
        1 => Just(Op::DropAll),
        3 => prop_oneof![0_u64..30, 0_u64..7_000, 0_u64..130_000].prop_map(Op::Wait),
        6 => Just(Op::Take),
    ];
    proptest::collection::vec(op, 0..200)
}

proptest! {
    /// Whatever happens: order and bounds hold, and each frame is taken, told lost, waiting, or fell out as agreed.
    #[test]
    fn order_bounds_and_counts_hold(ops in ops(), bound in 1_usize..200_000) {
        let mut queue = queue(bound);
        let mut now = Instant::now();
        let (mut number, mut last_taken) = (0_u32, None);
        let (mut pushed, mut taken, mut told) = (0_u64, 0_u64, 0_u64);
        let mut gone = Gone::default();
        let mut uncounted = false;
        let mut sent = std::collections::HashMap::new();
        let mut resumed = now;
        for op in ops {
            match op {
                Op::State(bytes) | Op::Event(bytes) => {
                    number += 1;
                    pushed += 1;
                    sent.insert(number, (now, bytes));
                    match op {
                        Op::State(_) => queue.push_state(now, bytes, number),
                        _ => queue.push_event(now, bytes, number),
                    }
                }
                Op::Pause => { queue.pause(); uncounted = true; }
                Op::Resume => { if queue.is_paused() { resumed = now; } queue.resume(now); }
                Op::DropAll => { queue.drop_all(); uncounted = true; }
                Op::Wait(millis) => now += ms(millis),
                Op::Take => {
                    let paused = queue.is_paused();
                    let numbers = match queue.next(now) {
                        Next::Idle => vec![],
                        Next::At(time) => {
                            prop_assert!(!paused && time > now && time <= now + BATCH);
                            vec![]
                        }
                        Next::Lost(count) => { prop_assert!(!paused && count > 0); told += count; vec![] }
                        Next::State(state) => vec![state],
                        Next::Events(events) => {
                            let bytes: usize = events.iter().map(|event| sent[event].1).sum();
                            prop_assert!(!events.is_empty());
                            prop_assert!(events.len() == 1 || bytes <= BATCH_BYTES);
                            for event in &events {
                                prop_assert!(now - sent[event].0.max(resumed) <= LATE, "no event is late");
                            }
                            events
                        }
                    };
                    for number in numbers {
                        prop_assert!(!paused);
                        prop_assert!(last_taken < Some(number), "in the order they came");
                        last_taken = Some(number);
                        taken += 1;
                    }
                }
            }
            prop_assert!(queue.bytes() <= bound || queue.len() == 1);
            prop_assert!(queue.len() > 0 || queue.bytes() == 0);
            let more = queue.take_gone();
            gone = Gone { dropped: gone.dropped + more.dropped, replaced: gone.replaced + more.replaced };
            prop_assert_eq!(gone.dropped, told + queue.lost, "the endpoint counts what the session is told");
            let accounted = taken + told + queue.lost + gone.replaced + queue.len() as u64;
            prop_assert!(accounted <= pushed);
            prop_assert!(uncounted || accounted == pushed, "{accounted} of {pushed}");
        }
    }
}

#[test]
fn an_events_place_is_counted_for_what_it_takes() {
    type Place = Entry<Item<bytes::Bytes, std::sync::Arc<EventFrame>>>;
    assert!(size_of::<Place>() <= PLACE_BYTES && size_of::<Place>() * 2 > PLACE_BYTES);
}
