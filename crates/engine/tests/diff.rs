//! Two moments compared: what the difference says leads from one to the other, and back.

mod kit;

use std::collections::BTreeMap;

use kit::*;
use peerscope_engine::{
    Engine,
    frame::{Answer, Change, Diff, DiffLine, FactValue, Field},
    view::{Cursor, DiffAsk, Panel, Range, Section, View},
};
use proptest::prelude::*;
use serde_json::Value;

fn ask(section: Section) -> DiffAsk {
    DiffAsk { section, scroll_px: 0, height_px: 100_000, row_px: 26, head_px: 28 }
}

fn diff(engine: &mut Engine, pinned_ms: Option<u64>, cursor: Cursor, query: &str, ask: DiffAsk) -> Diff {
    let view = View { pinned_ms, query: query.into(), ..view(cursor, Panel::Diff(ask)) };
    match engine.answer(&view).panels.pop() {
        Some(Answer::Diff(diff)) => diff,
        other => panic!("{other:?}"),
    }
}

/// Each line in a word: `-2`, `a`.
fn plain(diff: &Diff) -> Vec<String> {
    let sign = |change: &Change| match change {
        Change::Vanished => "-",
        Change::Appeared => "+",
        Change::Changed => "~",
    };
    let word = |line: &DiffLine| match line {
        DiffLine::Head(change, count) => format!("{}{count}", sign(change)),
        DiffLine::Item(item) => item.name.clone().unwrap_or("?".into()),
    };
    diff.lines.iter().map(word).collect()
}

/// Two snapshots: `gone` closes, `new` comes, `busy` moves bytes and gets a stream, `calm` stays as it is.
fn world() -> Engine {
    let mut engine = engine();
    let (gone, calm) = (conn("1", "gone").open(5).bytes(1, 1), conn("2", "calm").open(6).bytes(9, 9));
    let calm = calm.stream("s", "/calm", 3);
    let busy = |bytes| conn("3", "busy").open(7).bytes(bytes, 0).stream("a", "/kad", bytes);
    tell(&mut engine, 10_000, &[gone.clone().stream("x", "/kad", 1), calm.clone(), busy(100)]);
    let new = conn("4", "new").open(15_000).bytes(2, 2);
    let gone = gone.closed(14_000, "reset: by peer");
    tell(&mut engine, 20_000, &[gone, calm, busy(700).stream("b", "/ping", 1), new]);
    engine
}

#[test]
fn what_changed_stands_in_the_order_of_the_figure_that_is_shown() {
    let mut engine = engine();
    // Bytes out, which are shown where bytes in stay, must not count against bytes in.
    let moved = |more: u64| {
        let conns = [("a", 10, 9_000), ("b", 500, 0), ("c", 90, 0), ("d", 0, 7)];
        conns.map(|(id, bytes_in, bytes_out)| conn(id, id).open(7).bytes(more * bytes_in, more * bytes_out))
    };
    tell(&mut engine, 10_000, &moved(1));
    tell(&mut engine, 20_000, &moved(2));
    let all = diff(&mut engine, Some(10_000), Cursor::Live, "", ask(Section::Connections));
    assert_eq!(plain(&all), ["~4", "b", "c", "a", "d"]);
}

#[test]
fn what_came_went_and_changed_is_told_apart() {
    let mut engine = world();
    let all = diff(&mut engine, Some(10_000), Cursor::Live, "", ask(Section::Connections));
    assert_eq!(plain(&all), ["-1", "gone", "+1", "new", "~1", "busy"]);
    assert_eq!((all.a_ms, all.b_ms), (Some(10_000), Some(20_000)));
    let counts = all.changes;
    assert_eq!((counts.in_a, counts.in_b, counts.vanished, counts.appeared, counts.changed), (3, 3, 1, 1, 1));
    let items: Vec<_> = all
        .lines
        .iter()
        .filter_map(|line| match line {
            DiffLine::Item(item) => Some(&**item),
            DiffLine::Head(..) => None,
        })
        .collect();
    let end = items[0].end.as_ref().expect("it ended");
    assert_eq!(
        (items[0].at_ms, end.cause.as_deref(), end.error),
        (Some(14_000), Some("reset by remote: by peer"), true)
    );
    assert_eq!((items[1].at_ms, &items[1].end), (Some(15_000), &None));
    let changed: Vec<_> =
        items[2].fields.iter().map(|field| (field.field, field.a.clone(), field.b.clone())).collect();
    assert_eq!(
        changed,
        [
            (Field::Streams, FactValue::Count(1), FactValue::Count(2)),
            (Field::BytesIn, FactValue::Bytes(100), FactValue::Bytes(700)),
        ]
    );
    assert_eq!(all.causes.len(), 1);
    let figures: Vec<_> = all
        .figures
        .iter()
        .map(|figure| (figure.label.as_str(), figure.a.clone(), figure.b.clone()))
        .collect();
    assert!(figures.contains(&("Streams open", FactValue::Count(3), FactValue::Count(3))), "{figures:?}");
    assert!(figures.contains(&("tcp", FactValue::Count(3), FactValue::Count(3))), "{figures:?}");
}

#[test]
fn each_section_compares_its_own() {
    let mut engine = world();
    let mut of = |section| plain(&diff(&mut engine, Some(10_000), Cursor::Live, "", ask(section)));
    assert_eq!(of(Section::Streams), ["-1", "/kad", "+1", "/ping", "~1", "/kad"]);
    assert_eq!(of(Section::Peers), ["-1", "gone", "+1", "new", "~1", "busy"]);
    assert_eq!(of(Section::Protocols), ["+1", "/ping", "~1", "/kad"]);
}

#[test]
fn the_query_filters_what_is_compared() {
    let mut engine = world();
    let mut of = |query| diff(&mut engine, Some(10_000), Cursor::Live, query, ask(Section::Connections));
    assert_eq!(plain(&of("peer:gone")), ["-1", "gone"]);
    assert_eq!(plain(&of("protocol:ping")), ["~1", "busy"], "it has the stream in B");
    assert_eq!(of("in>1XB").query_error.map(|error| error.unfinished), Some(false));
    let streams = diff(&mut engine, Some(10_000), Cursor::Live, "protocol:ping", ask(Section::Streams));
    assert_eq!(plain(&streams), ["+1", "/ping"]);
}

#[test]
fn nothing_pinned_and_a_time_before_all_are_no_mistake() {
    let mut engine = world();
    let none = diff(&mut engine, None, Cursor::Live, "", ask(Section::Connections));
    assert_eq!((none.a_ms, none.b_ms, none.line_count), (None, Some(20_000), 0));
    let before = diff(&mut engine, Some(5), Cursor::Live, "", ask(Section::Connections));
    assert_eq!((before.a_ms, plain(&before).first().map(String::as_str)), (None, Some("+3")));
}

#[test]
fn only_what_is_in_view_is_answered() {
    let mut engine = engine();
    let many: Vec<Conn> = (0..3_000).map(|n| conn(&format!("c{n}"), &format!("peer{n}"))).collect();
    tell(&mut engine, 1_000, &many[..2_000]);
    tell(&mut engine, 2_000, &many[1_000..]);
    let part = DiffAsk { scroll_px: 26_010, height_px: 520, ..ask(Section::Connections) };
    let part = diff(&mut engine, Some(1_000), Cursor::Live, "", part);
    assert!(part.lines.len() <= 22, "{}", part.lines.len());
    assert_eq!((part.changes.vanished, part.changes.appeared), (1_000, 1_000));
    assert_eq!((part.total_px, part.line_count), (2_000 * 26 + 2 * 28, 2_002));
    assert!(part.lines.iter().any(|line| matches!(line, DiffLine::Head(Change::Appeared, 1_000))));
}

/// What a snapshot says, per connection id: bytes, streams, and which of two addresses.
type Plain = BTreeMap<u8, (u64, u8, bool)>;

fn worlds() -> impl Strategy<Value = Vec<Plain>> {
    let row = (prop_oneof![Just(0), 0u64..9], 0u8..4, any::<bool>());
    proptest::collection::vec(proptest::collection::btree_map(0u8..9, row, 0..8), 2..12)
}

fn engine_of(worlds: &[Plain]) -> Engine {
    let mut engine = engine();
    for (at, world) in worlds.iter().enumerate() {
        let rows: Vec<Conn> = world
            .iter()
            .map(|(id, (bytes, streams, quic))| {
                let conn = conn(&format!("c{id}"), &format!("peer{}", id % 4)).bytes(*bytes, 1);
                let conn = if *quic { conn.remote("/ip4/1.2.3.4/udp/5/quic-v1") } else { conn };
                (0..*streams)
                    .fold(conn, |conn, n| conn.stream(&format!("s{n}"), &format!("/p{}", n % 2), *bytes))
            })
            .collect();
        tell(&mut engine, 1_000 + at as u64 * 1_000, &rows);
    }
    engine
}

/// What is open at a time: connections and streams by their keys, each with the figures that both answers have.
fn open_at(engine: &mut Engine, ms: u64) -> BTreeMap<String, BTreeMap<String, Value>> {
    let range = Some(Range { from_ms: ms, to_ms: ms });
    let json = engine.rows_json("connections", &View { cursor: Cursor::At(ms), range, ..View::default() });
    let rows: Vec<Value> = serde_json::from_str(&json).expect("JSON");
    let is_open = |row: &&Value| row["status"] == "active";
    let mut open = BTreeMap::new();
    let mut put = |row: &Value, names: &[&str]| {
        let values = names.iter().map(|name| ((*name).to_owned(), row[*name].clone()));
        let values = values.filter(|(_, value)| !value.is_null()).collect();
        open.insert(row["key"].as_str().expect("a key").to_owned(), values);
    };
    for row in rows.iter().filter(is_open) {
        put(row, &["status", "direction", "transport", "streams", "total_in", "total_out"]);
        for stream in row["stream_rows"].as_array().expect("streams").iter().filter(is_open) {
            put(stream, &["status", "direction", "protocol", "total_in", "total_out"]);
        }
    }
    open
}

fn differences(engine: &mut Engine, a: u64, b: u64) -> Vec<Value> {
    let view = View { cursor: Cursor::At(b), pinned_ms: Some(a), ..View::default() };
    serde_json::from_str(&engine.rows_json("diff", &view)).expect("JSON")
}

/// Of an address only the transport is in the table's rows too.
fn values(object: &Value) -> impl Iterator<Item = (String, Value)> {
    let all = object.as_object().cloned().unwrap_or_default().into_iter();
    all.filter(|(name, _)| !["remote", "local"].contains(&name.as_str()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn the_difference_leads_from_one_moment_to_the_other(worlds in worlds(), a in 0usize..12, b in 0usize..12) {
        let mut engine = engine_of(&worlds);
        let ms = |at: usize| 1_000 + (at % worlds.len()) as u64 * 1_000;
        let (a, b) = (ms(a), ms(b));
        let mut rows = open_at(&mut engine, a);
        let forward = differences(&mut engine, a, b);
        for item in forward.iter().filter(|item| item["section"] == "connections" || item["section"] == "streams") {
            let key = item["key"].as_str().expect("a key").to_owned();
            match item["change"].as_str() {
                Some("vanished") => prop_assert!(rows.remove(&key).is_some(), "{} was not there", key),
                Some("appeared") => {
                    let values = values(&item["b"]).filter(|(_, value)| !value.is_null()).collect();
                    prop_assert!(rows.insert(key, values).is_none());
                }
                Some("changed") => {
                    let row = rows.get_mut(&key);
                    prop_assert!(row.is_some(), "{} was not there", key);
                    let Some(row) = row else { continue };
                    for (name, value) in values(&item["b"]) {
                        if value.is_null() {
                            row.remove(&name);
                        } else {
                            row.insert(name, value);
                        }
                    }
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
        prop_assert_eq!(rows, open_at(&mut engine, b));
        if a == b {
            prop_assert!(forward.is_empty(), "{:?}", forward);
        }
    }

    #[test]
    fn backward_it_is_the_mirror(worlds in worlds(), a in 0usize..12, b in 0usize..12) {
        let mut engine = engine_of(&worlds);
        let ms = |at: usize| 1_000 + (at % worlds.len()) as u64 * 1_000;
        let plain = |item: &Value, change: &str, a: &str, b: &str| {
            format!("{} {} {change} {} {}", item["section"], item["key"], item[a], item[b])
        };
        let mut forward: Vec<String> = differences(&mut engine, ms(a), ms(b))
            .iter()
            .map(|item| plain(item, item["change"].as_str().unwrap_or_default(), "a", "b"))
            .collect();
        let mut backward: Vec<String> = differences(&mut engine, ms(b), ms(a))
            .iter()
            .map(|item| {
                let change = match item["change"].as_str() {
                    Some("vanished") => "appeared",
                    Some("appeared") => "vanished",
                    other => other.unwrap_or_default(),
                };
                plain(item, change, "b", "a")
            })
            .collect();
        forward.sort();
        backward.sort();
        prop_assert_eq!(forward, backward);
    }
}
