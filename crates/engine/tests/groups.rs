//! Groups of the connections table: heads with counts and sums, what is folded, and that only what is in view is answered.

mod kit;

use kit::*;
use peerscope_engine::{
    Engine,
    frame::{GroupRow, Table, TableRow},
    view::{Column, Cursor, Folds, Group, Panel, Sort, TableAsk, View},
};

fn world() -> Engine {
    let mut engine = engine();
    let quic = "/ip4/203.0.113.7/udp/4001/quic-v1";
    let first = |second: u64| {
        vec![
            conn("a", "alice")
                .bytes(1000 * second, 10)
                .stream("1", "/ping", 7 * second)
                .stream("2", "/kad", 3),
            conn("b", "bob").remote(quic).bytes(5000 * second, 10).stream("1", "/kad", 100 * second),
            conn("c", "alice").remote(quic).bytes(0, 0).tag("agent=kubo/1"),
            Conn(peerscope_introspection::wire::Connection {
                transport_id: Default::default(),
                ..conn("d", "dave").remote("").0
            }),
        ]
    };
    tell(&mut engine, 10_000, &first(1));
    let mut last = first(2);
    last[2] = last[2].clone().closed(10_500, "reset");
    tell(&mut engine, 11_000, &last);
    engine
}

fn ask(group: Group) -> TableAsk {
    TableAsk { group: Some(group), ..table_ask() }
}

fn table(engine: &mut Engine, ask: TableAsk, query: &str) -> Table {
    let view = View { query: query.into(), ..view(Cursor::Live, Panel::Connections(ask)) };
    table_of(&engine.answer(&view)).clone()
}

fn heads(table: &Table) -> Vec<GroupRow> {
    let head = |row: &TableRow| match row {
        TableRow::Group(head) => Some((**head).clone()),
        TableRow::Connection(_) | TableRow::Stream(_) => None,
    };
    table.rows.iter().filter_map(head).collect()
}

fn names(table: &Table) -> Vec<String> {
    heads(table).iter().map(|head| head.name.clone().unwrap_or("?".into())).collect()
}

/// Every row in a word: `[tcp 1+1]`, `a`, `a/1`.
fn plain(table: &Table) -> Vec<String> {
    let word = |row: &TableRow| match row {
        TableRow::Group(head) => {
            format!("[{} {}+{}]", head.name.as_deref().unwrap_or("?"), head.open, head.closed)
        }
        TableRow::Connection(row) => row.id.clone(),
        TableRow::Stream(row) => format!("{}/{}", row.peer, row.id),
    };
    table.rows.iter().map(word).collect()
}

#[test]
fn rows_stand_under_what_they_have_in_common() {
    let mut engine = world();
    let transports = table(&mut engine, ask(Group::Transport), "");
    assert_eq!(plain(&transports), ["[tcp 1+0]", "a", "[quic-v1 1+1]", "b", "c", "[? 1+0]", "d"]);
    assert_eq!((transports.groups, transports.row_count), (3, 7));
    let peers = table(&mut engine, ask(Group::Peer), "");
    assert_eq!(plain(&peers), ["[alice 1+1]", "a", "c", "[bob 1+0]", "b", "[dave 1+0]", "d"]);
    assert_eq!(names(&table(&mut engine, ask(Group::Status), "")), ["active", "closed"]);
    assert_eq!(names(&table(&mut engine, ask(Group::Agent), "")), ["kubo/1", "?"]);
    assert_eq!(
        plain(&table(&mut engine, ask(Group::Transport), "peer:alice")),
        ["[tcp 1+0]", "a", "[quic-v1 0+1]", "c"]
    );
}

#[test]
fn by_protocol_the_rows_are_streams_each_once() {
    let mut engine = world();
    let protocols = table(&mut engine, ask(Group::Protocol), "");
    assert_eq!(plain(&protocols), ["[/ping 1+0]", "alice/1", "[/kad 2+0]", "alice/2", "bob/1"]);
    assert_eq!(heads(&protocols)[1].flow.total_in, Some(203));
    assert_eq!(plain(&table(&mut engine, ask(Group::Protocol), "protocol:ping")), ["[/ping 1+0]", "alice/1"]);
    assert_eq!(plain(&table(&mut engine, ask(Group::Protocol), "-protocol:kad")), Vec::<String>::new());
}

#[test]
fn a_head_sums_its_rows_and_stands_by_its_sum() {
    let mut engine = world();
    let by = |by, descending| TableAsk { sort: Sort { by, descending }, ..ask(Group::Transport) };
    let totals = table(&mut engine, by(Column::TotalIn, true), "");
    let sums: Vec<_> =
        heads(&totals).iter().map(|head| (head.flow.total_in, head.flow.rate_in, head.streams)).collect();
    assert_eq!(
        sums,
        [(Some(10_000), Some(5000.0), Some(1)), (Some(2000), Some(1000.0), Some(2)), (None, None, Some(0))]
    );
    assert_eq!(names(&table(&mut engine, by(Column::TotalIn, false), "")), ["tcp", "quic-v1", "?"]);
    assert_eq!(names(&table(&mut engine, by(Column::Streams, true), "")), ["tcp", "quic-v1", "?"]);
    assert_eq!(names(&table(&mut engine, by(Column::Transport, true), "")), ["tcp", "quic-v1", "?"]);
    assert_eq!(names(&table(&mut engine, by(Column::Transport, false), "")), ["quic-v1", "tcp", "?"]);
}

#[test]
fn a_folded_group_is_its_head_alone() {
    let mut engine = world();
    let all = heads(&table(&mut engine, ask(Group::Transport), ""));
    let tcp = all.iter().find(|head| head.name.as_deref() == Some("tcp")).expect("tcp").key.clone();
    let fold = |folds| TableAsk { folds, ..ask(Group::Transport) };
    let one = table(&mut engine, fold(Folds { all: false, but: vec![tcp.clone()] }), "");
    assert_eq!(plain(&one), ["[tcp 1+0]", "[quic-v1 1+1]", "b", "c", "[? 1+0]", "d"]);
    assert_eq!(heads(&one).iter().map(|head| head.folded).collect::<Vec<_>>(), [true, false, false]);
    let rest = table(&mut engine, fold(Folds { all: true, but: vec![tcp] }), "");
    assert_eq!(plain(&rest), ["[tcp 1+0]", "a", "[quic-v1 1+1]", "[? 1+0]"]);
    assert_eq!((rest.open, rest.closed, rest.row_count), (3, 1, 4), "what is folded counts too");
}

#[test]
fn only_what_is_in_view_is_answered() {
    let mut engine = engine();
    let many: Vec<Conn> = (0..5_000).map(|n| conn(&format!("c{n:05}"), &format!("peer{}", n % 50))).collect();
    tell(&mut engine, 1_000, &many);
    let part = TableAsk { scroll_px: 50_000, height_px: 900, ..ask(Group::Peer) };
    let part = table(&mut engine, part, "");
    assert!(part.rows.len() <= 40 && !part.rows.is_empty());
    assert_eq!(part.total_px, 5_000 * 26 + 50 * 32);
    assert!(part.offset_px <= 50_000 && part.offset_px + 32 > 50_000);
    // Numbers and places agree with those of the whole.
    let mut y = part.offset_px;
    for row in &part.rows {
        y += if matches!(row, TableRow::Group(_)) { 32 } else { 26 };
    }
    assert!(y >= 50_900);
}

#[test]
fn what_is_the_peers_is_not_summed() {
    let mut engine = engine();
    for second in 1..=6u64 {
        let twice = [conn("a", "p").bytes(second * 10, 0), conn("b", "p").bytes(second * 10, 0)];
        tell(&mut engine, second * 1000, &twice);
    }
    let peers = table(&mut engine, ask(Group::Peer), "");
    assert_eq!((heads(&peers)[0].flow.total_in, heads(&peers)[0].flow.rate_in), (None, None));
}
