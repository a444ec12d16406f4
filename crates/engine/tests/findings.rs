//! Each rule on a history that shows it, and on one that does not.

mod kit;

use kit::*;
use peerscope_engine::{
    Engine,
    frame::{Answer, Finding, Show},
    view::{Cursor, OverviewAsk, Panel},
};
use peerscope_introspection::wire::{self, server_message::Payload};

const START: u64 = 1_000_000;
const MINUTE: u64 = 60_000;

fn findings(engine: &mut Engine) -> Vec<Finding> {
    let ask = OverviewAsk { spark_points: 9, peers: 5, protocols: 5, churn_bars: 9 };
    match engine.answer(&view(Cursor::Live, Panel::Overview(ask))).panels.pop() {
        Some(Answer::Overview(overview)) => overview.findings,
        other => panic!("{other:?}"),
    }
}

fn found(engine: &mut Engine, rule: &str) -> Option<Finding> {
    findings(engine).into_iter().find(|finding| finding.rule == rule)
}

/// Connections that are open, then all closed: so many, each so long after the one before.
fn closing(many: u64, apart_ms: u64) -> Engine {
    let mut engine = engine();
    let peers = |closed: bool| -> Vec<Conn> {
        (0..many)
            .map(|at| {
                let open = conn(&format!("c{at}"), &format!("p{at}")).open(START);
                if closed { open.closed(START + MINUTE + at * apart_ms, "reset") } else { open }
            })
            .collect()
    };
    tell(&mut engine, START + MINUTE, &peers(false));
    tell(&mut engine, START + MINUTE + many * apart_ms, &peers(true));
    engine
}

#[test]
fn many_ends_at_once_have_one_cause() {
    let finding = found(&mut closing(7, 100), "ended-together").expect("a finding");
    assert_eq!(finding.title, "7 connections ended within 3 s: reset by remote");
    assert_eq!(finding.at_ms, Some(START + MINUTE));
    assert_eq!(finding.show, Show::Connections("-status:open cause:\"reset by remote\"".into()));
    assert_eq!(found(&mut closing(4, 100), "ended-together"), None);
    assert_eq!(found(&mut closing(7, 2_000), "ended-together"), None);
}

#[test]
fn dials_that_fail_say_over_what_and_why() {
    let dials = |failed: u64, tried: u64| {
        let mut engine = engine();
        tell(&mut engine, START, &[]);
        for at in 0..tried {
            engine.take(event(START + at, "Dialing", r#"{"peer":"p"}"#));
        }
        let errors = r#"{"peer":"p","reason":"Transport","errors":[{"address":"/ip4/1.2.3.4/udp/1/quic-v1","error":"timed out."}]}"#;
        for at in 0..failed {
            engine.take(event(START + 100 + at, "DialFailure", errors));
        }
        // What was no dial counts for nothing.
        let untried = r#"{"peer":"p","reason":"DialPeerConditionFalse","errors":[{"error":"NotDialing"}]}"#;
        for at in 0..5 {
            engine.take(event(START + 200 + at, "DialFailure", untried));
        }
        tell(&mut engine, START + 1000, &[]);
        found(&mut engine, "failed-dials")
    };
    let finding = dials(31, 40).expect("a finding");
    assert_eq!(finding.title, "31 of 40 dials failed");
    assert_eq!(finding.text, "31 addresses over quic-v1: timed out");
    assert_eq!(finding.at_ms, Some(START + 130));
    assert_eq!(dials(4, 4), None);
    assert_eq!(dials(10, 40), None);
}

#[test]
fn connections_that_die_before_their_upgrade() {
    let history = |dead: usize, tells: bool| {
        let mut engine = engine();
        let upgraded = |mut conn: Conn| {
            conn.0.timeline.get_or_insert_default().upgraded_ts = if tells { START + 20 } else { 0 };
            conn
        };
        let mut all = vec![upgraded(conn("a", "a").open(START))];
        all.extend((0..dead).map(|at| conn(&format!("d{at}"), "d").open(START)));
        tell(&mut engine, START + 1000, &all);
        let mut all = vec![upgraded(conn("a", "a").open(START))];
        all.extend(
            (0..dead)
                .map(|at| conn(&format!("d{at}"), "d").open(START).closed(START + 1500, "handshake: eof")),
        );
        tell(&mut engine, START + 2000, &all);
        found(&mut engine, "ended-unfinished")
    };
    let finding = history(3, true).expect("a finding");
    assert!(finding.title.starts_with("3 connections ended before"), "{}", finding.title);
    assert!(finding.text.contains("eof"), "{}", finding.text);
    assert_eq!(history(2, true), None);
    assert_eq!(history(5, false), None, "a source that never tells upgrades");
}

#[test]
fn a_peer_that_comes_and_goes() {
    let history = |times: u64, each_ms: u64| {
        let mut engine = engine();
        for at in 0..times {
            let begin = START + at * (each_ms + 1000);
            let name = format!("c{at}");
            tell(&mut engine, begin, &[conn(&name, "12D3KooWRestlessPeer").open(begin)]);
            let closed = conn(&name, "12D3KooWRestlessPeer").open(begin).closed(begin + each_ms, "reset");
            tell(&mut engine, begin + each_ms, &[closed]);
        }
        found(&mut engine, "restless-peers")
    };
    let finding = history(5, 4_000).expect("a finding");
    assert_eq!(finding.title, "12D3…lessPeer came and went 5 times in 24 s");
    assert_eq!(finding.text, "It stays for 4.0 s at a time (median)");
    assert_eq!(history(3, 4_000), None);
    assert_eq!(history(5, 90_000), None, "it stays");
}

#[test]
fn streams_that_leak_are_old_and_silent() {
    let history = |streams: usize, moves: bool, minutes: u64| {
        let mut engine = engine();
        for at in 0..=minutes {
            let mut one = conn("c", "12D3KooWLeakyPeer").open(START);
            for stream in 0..streams {
                one = one.stream(&format!("s{stream}"), "/leak", if moves { at + 1 } else { 1 });
            }
            tell(&mut engine, START + at * MINUTE, &[one]);
        }
        found(&mut engine, "silent-streams")
    };
    let finding = history(25, false, 12).expect("a finding");
    assert_eq!(finding.title, "25 streams of /leak are open for over 10 min and silent");
    assert_eq!(finding.text, "25 of them with 12D3…eakyPeer");
    assert_eq!(history(25, true, 12), None);
    assert_eq!(history(25, false, 8), None);
    assert_eq!(history(19, false, 12), None);
}

#[test]
fn a_peer_behind_a_relay_for_long() {
    let history = |minutes: u64, direct_too: bool| {
        let mut engine = engine();
        let relayed = conn("r", "far").open(START).remote("/ip4/1.2.3.4/tcp/1/p2p/12D3Relay/p2p-circuit");
        let mut all = vec![relayed];
        all.extend(direct_too.then(|| conn("d", "far").open(START)));
        tell(&mut engine, START + minutes * MINUTE, &all);
        found(&mut engine, "relayed-only")
    };
    assert_eq!(
        history(2, false).map(|found| found.title).as_deref(),
        Some("1 peer is reached through a relay only")
    );
    assert_eq!(history(2, true), None);
    assert_eq!(history(0, false), None);
}

#[test]
fn one_protocol_that_takes_it_all() {
    let history = |bytes: u64| {
        let mut engine = engine();
        for at in 0..12u64 {
            let one = conn("c", "p").open(START).bytes(at * (bytes + 2), 0);
            let one = one.stream("a", "/big", at * bytes).stream("b", "/small", at).stream("d", "/tiny", at);
            tell(&mut engine, START + at * 1000, &[one]);
        }
        found(&mut engine, "dominant-protocol")
    };
    assert_eq!(
        history(1_000_000).map(|found| found.title).as_deref(),
        Some("/big takes 100 % of the traffic")
    );
    assert_eq!(history(1_000), None, "little traffic is nobody's concern");
}

#[test]
fn events_that_were_dropped() {
    let mut engine = engine();
    tell(&mut engine, START, &[]);
    assert_eq!(findings(&mut engine), []);
    let kind = wire::server_notice::Kind::DiscardingEvents as i32;
    engine.take(payload(Payload::Notice(wire::ServerNotice { kind, discarded_events: 12 })));
    assert_eq!(
        found(&mut engine, "discarded-events").map(|found| found.title).as_deref(),
        Some("The node dropped 12 events")
    );
}

#[test]
fn buckets_in_which_nobody_answers_are_named() {
    let table = |statuses: &[(u32, i32)]| {
        let mut engine = engine();
        let mut told = state(START, &[]);
        let bucket = |cpl: u32| {
            let of_it = statuses.iter().enumerate().filter(|(_, (bucket, _))| *bucket == cpl);
            let peer = |(n, (_, status)): (usize, &(u32, i32))| wire::dht::PeerInDht {
                peer_id: format!("p{n}"),
                status: *status,
                age_in_bucket: 1000,
            };
            wire::dht::Bucket { cpl, peers: of_it.map(peer).collect() }
        };
        let buckets = (0..3).map(bucket).collect();
        told.subsystems.get_or_insert_default().dht =
            Some(wire::Dht { enabled: true, buckets, ..Default::default() });
        engine.take(payload(Payload::State(told)));
        found(&mut engine, "stale-buckets")
    };
    let finding = table(&[(0, 0), (0, 1), (1, 1), (1, 1), (2, 0)]).expect("a finding");
    assert_eq!(finding.title, "In 1 of 3 DHT buckets nobody answers");
    assert_eq!(finding.text, "All their peers are missing: bucket 1");
    assert_eq!(
        table(&[(0, 0), (0, 1), (1, 1), (2, 3)]),
        None,
        "a single silent peer is no bucket gone stale"
    );
    assert_eq!(table(&[]), None);
}
