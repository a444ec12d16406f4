use proptest::prelude::*;

use super::*;

#[test]
fn a_token_leaves_the_address_however_it_came() {
    for hash in [
        "#/overview?ws=ws://127.0.0.1:9090/introspect?token=s3cret",
        "#/overview?ws=ws%3A%2F%2F127.0.0.1%3A9090%2Fintrospect%3Ftoken%3Ds3cret",
        "#/overview?ws=http://127.0.0.1:9090/introspect&token=s3cret",
    ] {
        let read = read(hash);
        assert_eq!(read.token.as_deref(), Some("s3cret"), "{hash}");
        assert_eq!(read.route.source, Some(SourceRef::Endpoint("ws://127.0.0.1:9090/introspect".into())));
        let again = write(&read.route);
        assert!(!again.contains("s3cret") && !again.contains("token"), "{again}");
    }
}

#[test]
fn a_recording_has_its_token_apart_too() {
    for hash in [
        "#/overview?url=http%3A%2F%2Fh%3A1%2Frecording%3Ftoken%3Ds3cret%26k%3Dv",
        "#/overview?url=http://h:1/recording?k=v&token=s3cret",
        "#url=http://h:1/recording?k=v&token=s3cret",
    ] {
        let read = read(hash);
        assert_eq!(read.route.source, Some(SourceRef::Url("http://h:1/recording?k=v".into())), "{hash}");
        assert_eq!(read.token.as_deref(), Some("s3cret"));
        assert!(!write(&read.route).contains("s3cret"));
    }
    assert_eq!(recording("./a.mock#x").url, "./a.mock");
    assert_eq!(recording("/a?token=t").dial(), "/a?token=t");
}

#[test]
fn a_source_alone_is_a_link() {
    let endpoint = |url: &str| Some(SourceRef::Endpoint(url.into()));
    let read = read("#ws=ws://127.0.0.1:9090/introspect?token=s3cret&t=5");
    assert_eq!(read.route.source, endpoint("ws://127.0.0.1:9090/introspect"));
    assert_eq!((read.token.as_deref(), read.route.cursor), (Some("s3cret"), Cursor::At(5)));
    assert_eq!(super::read("#overview?ws=h:1").route.source, endpoint("ws://h:1/introspect"));
}

/// A link in a link in a link is no way to use up the stack.
#[test]
fn a_link_is_unpacked_once() {
    let nested = "#/?ws=".repeat(100_000);
    assert!(read(&nested).route.source.is_some());
    assert!(address(&nested).url.len() < 100);
}

#[test]
fn what_people_paste_is_an_address() {
    let cases = [
        ("127.0.0.1:9090", "ws://127.0.0.1:9090/introspect", None),
        (" ws://[::1]:1/ ", "ws://[::1]:1/introspect", None),
        ("wss://node.example/a/b?token=x%2By&k=v", "wss://node.example/a/b?k=v", Some("x+y")),
        ("https://node.example", "wss://node.example/introspect", None),
        (
            "http://127.0.0.1:5/#/graph?ws=ws://127.0.0.1:5/introspect?token=t",
            "ws://127.0.0.1:5/introspect",
            Some("t"),
        ),
        ("ws://h/introspect?token=", "ws://h/introspect", None),
    ];
    for (text, url, token) in cases {
        assert_eq!(address(text), Address { url: url.into(), token: token.map(str::to_owned) }, "{text}");
    }
}

#[test]
fn the_nodes_own_recording_lies_beside_its_socket() {
    for (socket, recording) in [
        ("ws://h:1/introspect?token=a%26b", "http://h:1/recording?token=a%26b"),
        ("wss://h/node/7/introspect?k=v&token=t", "https://h/node/7/recording?k=v&token=t"),
        ("ws://[::1]:9/introspect", "http://[::1]:9/recording"),
        ("ws://h:1/a/?token=x/y", "http://h:1/a/recording?token=x/y"),
    ] {
        assert_eq!(own_recording(socket), recording);
    }
}

#[test]
fn the_token_comes_back_only_to_dial() {
    let address = address("ws://h:1/introspect?k=v&token=a%26b");
    assert_eq!(address.dial(), "ws://h:1/introspect?k=v&token=a%26b");
    assert_eq!(super::address("h:1").dial(), "ws://h:1/introspect");
}

#[test]
fn a_link_says_all_that_it_can() {
    let read = read(
        "#/events?sample&t=1700000000000&from=5&to=9&sel=p~12D3&q=peer%3Aab%20c&sort=-in&cols=x&group=peer&a=7\
         &budget=512",
    );
    assert_eq!(
        read.route,
        Route {
            screen: Screen::Events,
            source: Some(SourceRef::Sample),
            cursor: Cursor::At(1_700_000_000_000),
            range: Some(Range { from_ms: 5, to_ms: 9 }),
            selection: Some(Key("p~12D3".into())),
            query: "peer:ab c".into(),
            sort: Some(Sort { by: Column::RateIn, descending: true }),
            group: Some(Group::Peer),
            pinned_ms: Some(7),
            budget: Budget::of_mib(512),
        }
    );
}

#[test]
fn the_budget_is_a_whole_number_within_bounds() {
    let cases = [
        ("512", 512),
        ("0512", 512),
        ("16", 16),
        ("2048", 2048),
        ("0", 16),
        ("15", 16),
        ("2049", 2048),
        ("99999999999999999999999999", 2048),
        ("256", 256),
        ("", 256),
        ("lots", 256),
        ("-5", 256),
        ("%2B512", 256),
        ("1.5", 256),
        ("512MiB", 256),
    ];
    for (text, mib) in cases {
        let route = read(&format!("#/overview?sample&budget={text}")).route;
        assert_eq!((route.budget.mib(), route.budget.bytes()), (mib, u64::from(mib) << 20), "{text}");
        let kept = if mib == 256 { String::new() } else { format!("&budget={mib}") };
        assert_eq!(write(&route), format!("#/overview?sample{kept}"), "{text}");
    }
    assert_eq!(read("#/overview?sample").route.budget, Budget::default());
}

#[test]
fn nonsense_is_the_start() {
    for hash in
        ["", "#", "#/", "#/nowhere", "#/overview?t=soon&from=9&to=5&sort=beauty&sel=&ws=&%zz=%", "#?&&="]
    {
        assert_eq!(read(hash), Read::default(), "{hash}");
    }
    assert_eq!(read("#/graph?t=live").route, Route { screen: Screen::Graph, ..Route::default() });
}

#[test]
fn the_name_of_an_endpoint_is_its_origin() {
    assert_eq!(origin_of("ws://127.0.0.1:9090/introspect"), "ws://127.0.0.1:9090");
    assert_eq!(origin_of("wss://h?x"), "wss://h");
    assert_eq!(origin_of("h"), "h");
}

fn routes() -> impl Strategy<Value = Route> {
    let source = prop_oneof![
        Just(None),
        Just(Some(SourceRef::Sample)),
        "[a-z]{1,8}:[0-9]{1,4}/[a-z%&?=# ∆]{0,8}"
            .prop_map(|text| Some(SourceRef::Endpoint(address(&text).url))),
        ".{1,20}"
            .prop_map(|text| Some(recording(&text).url).filter(|url| !url.is_empty()).map(SourceRef::Url)),
    ];
    let range = proptest::option::of((0..u64::MAX, 1..1000_u64)).prop_map(|range| {
        range.map(|(from_ms, len)| Range { from_ms: from_ms.saturating_sub(len), to_ms: from_ms.max(1) })
    });
    let sort = proptest::option::of((0..COLUMNS.len(), any::<bool>()))
        .prop_map(|sort| sort.map(|(at, descending)| Sort { by: COLUMNS[at].0, descending }));
    (
        (0..Screen::ALL.len()).prop_map(|at| Screen::ALL[at]),
        source,
        prop_oneof![Just(Cursor::Live), any::<u64>().prop_map(Cursor::At)],
        range,
        proptest::option::of(".{1,20}".prop_map(Key)),
        ".{0,20}",
        sort,
        proptest::option::of((0..GROUPS.len()).prop_map(|at| GROUPS[at].0)),
        proptest::option::of(any::<u64>()),
        (0..4096_u64).prop_map(Budget::of_mib),
    )
        .prop_map(|(screen, source, cursor, range, selection, query, sort, group, pinned_ms, budget)| {
            Route { screen, source, cursor, range, selection, query, sort, group, pinned_ms, budget }
        })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(route in routes()) {
        prop_assert_eq!(read(&write(&route)), Read { route, token: None });
    }

    #[test]
    fn any_text_can_be_read(text in ".{0,200}") {
        let first = read(&text);
        prop_assert_eq!(read(&write(&first.route)).route, first.route);
    }
}
