use peerscope_engine::{
    frame::{ConnRow, Direction, Flow, Head, Problems, Status, Table},
    view::{Column, Range, Sort},
};

use super::*;
use crate::model::{Behind, End, OwnRecording, Said, Screen, Trouble, Window};

fn endpoint() -> SourceRef {
    SourceRef::Endpoint("ws://127.0.0.1:9090/introspect".into())
}

fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    update(model, action)
}

fn say(model: &mut Model, said: Said) -> Vec<Effect> {
    update(model, Action::Said(Box::new(said)))
}

fn live() -> Link {
    Link::Live { interval_ms: 500, lag_ms: 0 }
}

fn row(key: &str) -> TableRow {
    TableRow::Connection(Box::new(ConnRow {
        key: Key(key.into()),
        id: key.into(),
        status: Status::Active,
        end: None,
        peer: String::new(),
        peer_key: Key(String::new()),
        agent: None,
        transport: None,
        direction: Direction::In,
        remote: None,
        relay: None,
        rtt_ns: None,
        age_ms: None,
        streams: None,
        flow: Flow::default(),
        shared_flow: false,
        expanded: false,
    }))
}

fn frame(head: Head, panels: Vec<Answer>) -> Said {
    Said::Frame(Rc::new(Frame { rev: 1, history_version: 1, head, panels }))
}

/// Ten snapshots, a second apart; the cursor on the fifth.
fn head() -> Head {
    Head {
        span: Some(Range { from_ms: 1_000, to_ms: 10_000 }),
        cursor_ms: Some(5_000),
        snapshot: 5,
        snapshots: 10,
        previous_ms: Some(4_000),
        next_ms: Some(6_000),
        ..Head::default()
    }
}

#[test]
fn opening_forgets_the_source_before_but_not_the_user() {
    let mut model = Model {
        theme: Theme::Light,
        window: Window { width: 1.0, height: 2.0, scale: 3.0 },
        now_ms: 77.0,
        ..Model::default()
    };
    say(&mut model, frame(head(), Vec::new()));
    model.route.screen = Screen::Events;
    model.route.selection = Some(Key("c".into()));
    model.route.query = "x".into();
    model.route.cursor = Cursor::At(5);
    model.error = Some(Trouble::default());
    let effects = act(&mut model, Action::Open(endpoint()));
    assert_eq!(effects.last(), Some(&Effect::Open(endpoint())));
    let kept = Route { screen: Screen::Events, source: Some(endpoint()), ..Route::default() };
    assert_eq!(
        (&model.route, &model.link, &model.frame, &model.error),
        (&kept, &Link::Connecting, &None, &None)
    );
    assert_eq!((model.theme, model.window.width), (Theme::Light, 1.0));
    assert_eq!(model.recents, [Recent { source: endpoint(), at_ms: 77.0 }]);
}

#[test]
fn recent_sources_are_few_distinct_and_can_be_opened_again() {
    let mut model = Model::default();
    for n in 0..20 {
        act(&mut model, Action::Open(SourceRef::Url(format!("u{}", n % 9))));
    }
    act(&mut model, Action::Open(SourceRef::File("f".into())));
    act(&mut model, Action::Open(SourceRef::Sample));
    let names: Vec<_> = model.recents.iter().map(|recent| recent.source.clone()).collect();
    let expected: Vec<_> = [1, 0, 8, 7, 6, 5].map(|n| SourceRef::Url(format!("u{n}"))).into();
    assert_eq!(names, expected);
}

#[test]
fn a_link_opens_its_source_at_its_moment() {
    let mut model = Model::default();
    let route = Route {
        source: Some(SourceRef::Sample),
        cursor: Cursor::At(9),
        query: "q".into(),
        ..Route::default()
    };
    let effects = act(&mut model, Action::Route(Box::new(route.clone())));
    assert_eq!(effects, [Effect::Open(SourceRef::Sample)]);
    assert_eq!((model.route, model.link), (route, Link::File(Reading::default())));
}

#[test]
fn what_is_read_can_be_cancelled_and_stays() {
    let mut model = Model::default();
    act(&mut model, Action::Open(SourceRef::Url("https://a.example/b.mock".into())));
    let mut before = model.clone();
    say(&mut model, frame(head(), Vec::new()));
    assert_eq!(act(&mut model, Action::CancelReading), [Effect::CancelReading]);
    let cut = Reading { bytes: 41, total: Some(100), end: Some(End::Cancelled), ..Reading::default() };
    say(&mut model, Said::Link(Link::File(cut)));
    assert_eq!(act(&mut model, Action::CancelReading), [], "it is over");
    assert!(model.frame.is_some() && model.route.source.is_some());
    // Where nothing is in yet, nothing is to stay.
    assert_eq!(act(&mut before, Action::CancelReading), [Effect::Close]);
    assert_eq!((before.link, before.route.source), (Link::Idle, None));
}

#[test]
fn going_back_within_a_source_does_not_open_it_again() {
    let mut model = Model::default();
    act(&mut model, Action::Open(endpoint()));
    let route = Route { source: Some(endpoint()), screen: Screen::Graph, ..Route::default() };
    assert_eq!(act(&mut model, Action::Route(Box::new(route.clone()))), []);
    assert_eq!(model.route, route);
    // A link has no word for a file, so none means the one that is open.
    act(&mut model, Action::Open(SourceRef::File("a".into())));
    assert_eq!(act(&mut model, Action::Route(Box::default())), []);
    assert_eq!(model.route.source, Some(SourceRef::File("a".into())));
    act(&mut model, Action::Open(endpoint()));
    assert_eq!(act(&mut model, Action::Route(Box::default())), [Effect::Close]);
    assert_eq!(model.link, Link::Idle);
}

#[test]
fn one_step_goes_to_the_moment_that_the_frame_names() {
    let mut model = Model::default();
    assert_eq!(act(&mut model, Action::Step(1)), []);
    assert_eq!(model.route.cursor, Cursor::Live);
    say(&mut model, frame(head(), Vec::new()));
    act(&mut model, Action::Step(-1));
    assert_eq!(model.route.cursor, Cursor::At(4_000));
    act(&mut model, Action::Step(3));
    assert_eq!(model.route.cursor, Cursor::At(8_000));
    act(&mut model, Action::Step(-100));
    assert_eq!(model.route.cursor, Cursor::At(1_000));
}

#[test]
fn a_step_past_the_newest_follows_it() {
    let mut model = Model::default();
    say(&mut model, frame(Head { next_ms: None, ..head() }, Vec::new()));
    act(&mut model, Action::Step(-1));
    act(&mut model, Action::Step(1));
    assert_eq!(model.route.cursor, Cursor::Live);
}

#[test]
fn holding_stops_at_what_is_shown_and_lets_go_again() {
    let mut model = Model::default();
    act(&mut model, Action::Hold);
    assert_eq!(model.route.cursor, Cursor::Live);
    say(&mut model, frame(head(), Vec::new()));
    act(&mut model, Action::Hold);
    assert_eq!(model.route.cursor, Cursor::At(5_000));
    act(&mut model, Action::Hold);
    assert_eq!(model.route.cursor, Cursor::Live);
}

#[test]
fn a_range_has_a_length() {
    let mut model = Model::default();
    act(&mut model, Action::Range(Some(Range { from_ms: 5, to_ms: 5 })));
    assert_eq!(model.route.range, None);
    act(&mut model, Action::Range(Some(Range { from_ms: 5, to_ms: 6 })));
    assert!(model.route.range.is_some());
}

#[test]
fn pausing_is_for_a_link_that_is_up() {
    let mut model = Model::default();
    assert_eq!(act(&mut model, Action::Pause(true)), []);
    say(&mut model, Said::Link(live()));
    assert_eq!(act(&mut model, Action::Pause(true)), [Effect::Pause(true)]);
    assert_eq!(act(&mut model, Action::Pause(false)), []);
    say(&mut model, Said::Link(Link::Paused { interval_ms: 500 }));
    assert_eq!(act(&mut model, Action::Pause(false)), [Effect::Pause(false)]);
}

#[test]
fn a_link_that_comes_back_says_so_and_keeps_the_view() {
    let mut model = Model::default();
    act(&mut model, Action::Open(endpoint()));
    say(&mut model, Said::Link(live()));
    assert!(model.toasts.is_empty());
    say(&mut model, frame(head(), Vec::new()));
    let waiting = Link::Waiting { cause: "gone".into(), lost_at_ms: Some(1.0), retry_at_ms: 2.0, attempt: 1 };
    say(&mut model, Said::Link(waiting));
    assert_eq!(act(&mut model, Action::RetryNow), [Effect::RetryNow]);
    say(&mut model, Said::Link(Link::Connecting));
    assert!(model.frame.is_some());
    say(
        &mut model,
        Said::Link(Link::Waiting {
            cause: "gone".into(),
            lost_at_ms: Some(1.0),
            retry_at_ms: 2.0,
            attempt: 2,
        }),
    );
    let effects = say(&mut model, Said::Link(live()));
    assert_eq!(effects, [Effect::Expire(1)]);
    act(&mut model, Action::DismissToast(1));
    assert!(model.toasts.is_empty());
}

#[test]
fn what_to_look_at_stays_while_it_is_tried_again() {
    let mut model = Model::default();
    act(&mut model, Action::Open(endpoint()));
    say(&mut model, Said::Trouble(Trouble { title: "Cannot reach it".into(), ..Trouble::default() }));
    say(&mut model, Said::Link(Link::Connecting));
    assert!(model.error.is_some());
    say(&mut model, Said::Link(live()));
    assert_eq!(model.error, None);
}

#[test]
fn errors_stay_and_are_said_once() {
    let mut model = Model::default();
    for _ in 0..3 {
        assert_eq!(act(&mut model, Action::Toast { error: true, text: "bad".into() }), []);
    }
    assert_eq!(model.toasts.len(), 1);
    for n in 0..10 {
        act(&mut model, Action::Toast { error: false, text: n.to_string() });
    }
    assert_eq!(model.toasts.len(), TOASTS);
}

#[test]
fn enter_walks_through_the_rows_and_around() {
    let mut model = Model::default();
    act(&mut model, Action::NextMatch(1));
    assert_eq!(model.route.selection, None);
    let table = Table { rows: vec![row("a"), row("b"), row("c")], ..Table::default() };
    say(&mut model, frame(head(), vec![Answer::Connections(table)]));
    let mut walk = |by| {
        act(&mut model, Action::NextMatch(by));
        model.route.selection.as_ref().map(|key| key.0.clone()).unwrap_or_default()
    };
    assert_eq!([walk(1), walk(1), walk(-1), walk(-1), walk(1), walk(1)], ["a", "b", "a", "c", "a", "b"]);
}

#[test]
fn lost_events_are_told_until_they_are_seen_and_again_when_there_are_more() {
    let mut model = Model::default();
    let lost = |lost_events| {
        frame(
            Head { problems: Problems { lost_events, ..Problems::default() }, ..Head::default() },
            Vec::new(),
        )
    };
    say(&mut model, lost(5));
    assert_eq!((lost_events(&model), model.lost_seen), (5, 0));
    say(&mut model, Said::Behind(Some(Behind { wanted_ms: 1, interval_ms: 2, lag_ms: 3, dropped: 0 })));
    act(&mut model, Action::DismissBehind);
    assert_eq!((model.lost_seen, model.behind), (5, None));
    say(&mut model, lost(9));
    assert_eq!(lost_events(&model) - model.lost_seen, 4);
    // Filled anew, a history knows of fewer.
    say(&mut model, lost(2));
    assert_eq!(model.lost_seen, 2);
}

#[test]
fn the_engines_loss_is_told_and_its_recovery_too() {
    let mut model = Model::default();
    say(&mut model, frame(head(), Vec::new()));
    say(&mut model, Said::Lost("asked to".into()));
    assert!(model.notice.as_ref().is_some_and(|notice| notice.contains("asked to")));
    assert!(model.frame.is_some(), "the view stays");
    say(&mut model, Said::Recovered("all is back".into()));
    assert_eq!(model.notice.as_deref(), Some("all is back"));
    act(&mut model, Action::DismissNotice);
    assert_eq!(model.notice, None);
}

#[test]
fn small_things() {
    let mut model = Model::default();
    assert_eq!(act(&mut model, Action::Theme(Theme::Dark)), [Effect::StoreTheme(Theme::Dark)]);
    act(&mut model, Action::Go(Screen::Graph));
    act(&mut model, Action::Query("a b".into()));
    act(&mut model, Action::Select(Some(Key("k".into()))));
    let sort = Sort { by: Column::Age, descending: false };
    act(&mut model, Action::Sort(sort));
    act(&mut model, Action::SourcePanel(true));
    assert_eq!(model.route.sort, Some(sort));
    assert!(model.source_panel && model.theme == Theme::Dark && !model.route.query.is_empty());
    assert_eq!(act(&mut model, Action::Close), [Effect::Close]);
    assert_eq!(model.route, Route { sort: Some(sort), ..Route::default() });
    assert!(follows(&model) && !model.source_panel);
}

#[test]
fn a_comparison_is_pinned_and_turned_round() {
    let mut model = Model::default();
    act(&mut model, Action::PinHere);
    assert_eq!(model.route.pinned_ms, None, "nothing is shown");
    say(&mut model, frame(head(), Vec::new()));
    act(&mut model, Action::PinHere);
    assert_eq!(model.route.pinned_ms, Some(5_000), "the snapshot that the live view shows");
    act(&mut model, Action::Cursor(Cursor::At(9_000)));
    act(&mut model, Action::Swap);
    assert_eq!((model.route.pinned_ms, model.route.cursor), (Some(9_000), Cursor::At(5_000)));
    act(&mut model, Action::Pin(None));
    act(&mut model, Action::Swap);
    assert_eq!((model.route.pinned_ms, model.route.cursor), (None, Cursor::At(5_000)));
}

#[test]
fn another_grouping_unfolds_all() {
    let mut model = Model::default();
    model.connections.folds.all = true;
    act(&mut model, Action::Group(Some(peerscope_engine::view::Group::Peer)));
    assert!(!model.connections.folds.all);
    act(&mut model, Action::Open(endpoint()));
    assert!(model.route.group.is_some(), "the next source is grouped alike");
}

#[test]
fn what_the_node_recorded_itself_adds_up_and_fills_what_was_missed() {
    let mut model = Model::default();
    let own = |frames, from_ms, fills, trouble: Option<&str>| {
        let trouble = trouble.map(str::to_owned);
        Said::Own(OwnRecording { frames, from_ms, fills, trouble })
    };
    say(&mut model, own(10, Some(5_000), false, Some("It broke off.")));
    say(&mut model, Said::Link(live()));
    let lost = |model: &mut Model| {
        let cause = "gone".to_owned();
        let waiting = Link::Waiting { cause, lost_at_ms: Some(9_000.0), retry_at_ms: 9_500.0, attempt: 1 };
        say(model, Said::Link(waiting));
    };
    for (fills, words) in [(true, "filled"), (false, "a gap")] {
        lost(&mut model);
        say(&mut model, own(2, Some(9_001), fills, None));
        say(&mut model, Said::Link(live()));
        assert!(model.toasts.last().is_some_and(|toast| toast.text.contains(words)), "{words}");
    }
    assert_eq!(model.own, OwnRecording { frames: 14, from_ms: Some(5_000), fills: false, trouble: None });
    // Another source has its own.
    act(&mut model, Action::Open(endpoint()));
    assert_eq!(model.own, OwnRecording::default());
}
