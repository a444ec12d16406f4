use super::*;

fn bytes_text(value: f64) -> String {
    bytes(value).text()
}

#[test]
fn bytes_have_three_significant_digits() {
    for (value, text) in [
        (0.0, "0 B"),
        (0.4, "0 B"),
        (306.0, "306 B"),
        (999.4, "999 B"),
        (999.5, "1.00 kB"),
        (9_430.0, "9.43 kB"),
        (9_994.0, "9.99 kB"),
        (9_996.0, "10.0 kB"),
        (61_300.0, "61.3 kB"),
        (99_960.0, "100 kB"),
        (709_000.0, "709 kB"),
        (999_499.0, "999 kB"),
        (999_500.0, "1.00 MB"),
        (1_020_000_000.0, "1.02 GB"),
        (-1500.0, "−1.50 kB"),
        (-0.2, "0 B"),
        (1.2e18, "1200 PB"),
    ] {
        assert_eq!(bytes_text(value), text, "{value}");
    }
    assert_eq!(bytes(f64::NAN).text(), "–");
    assert_eq!(bytes(9_430.0).per_second(), "9.43 kB/s");
}

#[test]
fn durations() {
    for (ms, text) in [
        (0, "0 ms"),
        (7, "7 ms"),
        (340, "340 ms"),
        (999, "999 ms"),
        (1000, "1.0 s"),
        (4_230, "4.2 s"),
        (9_949, "9.9 s"),
        (9_950, "9 s"),
        (34_900, "34 s"),
        (59_999, "59 s"),
        (60_000, "1m 00s"),
        (593_000, "9m 53s"),
        (6_060_000, "1h 41m"),
        (86_399_999, "23h 59m"),
        (273_600_000, "3d 4h"),
    ] {
        assert_eq!(duration_ms(ms), text, "{ms}");
    }
    assert_eq!(nanos(38_000_000).text(), "38 ms");
    assert_eq!(nanos(1_240_000).text(), "1.2 ms");
    assert_eq!(nanos(74_000).text(), "74 µs");
    assert_eq!(duration(-1.0).text(), "–");
}

#[test]
fn counts() {
    assert_eq!(count(0), "0");
    assert_eq!(count(999), "999");
    assert_eq!(count(38_204), "38\u{2009}204");
    assert_eq!(count(1_000_000), "1\u{2009}000\u{2009}000");
    assert_eq!(thousands(-1234), "−1\u{2009}234");
    assert_eq!(short_count(118.0), "118");
    assert_eq!(short_count(38_204.0), "38.2k");
    assert_eq!(frequency(0.0), "0");
    assert_eq!(frequency(0.25), "0.25");
    assert_eq!(frequency(3.44), "3.4");
    assert_eq!(frequency(25.4), "25");
    assert_eq!(percent(0.324), "32 %");
    assert_eq!(percent(0.06), "6.0 %");
    assert_eq!(percent(0.0), "0 %");
}

#[test]
fn clocks_follow_the_zone() {
    let noon = 1_700_000_000_041; // 2023-11-14T22:13:20.041Z
    assert_eq!(clock(noon, 0, Clock::Millis), "22:13:20.041");
    assert_eq!(clock(noon, 120, Clock::Seconds), "00:13:20");
    assert_eq!(clock(noon, -330, Clock::Minutes), "16:43");
    assert_eq!(date_clock(noon, 120, Clock::Seconds), "2023-11-15 00:13:20");
    assert_eq!(date_clock(0, -1, Clock::Minutes), "1969-12-31 23:59");
    assert_eq!(date_clock(951_782_400_000, 0, Clock::Minutes), "2000-02-29 00:00");
}

#[test]
fn peers_show_their_tail() {
    let id = "12D3KooWeyE6kLDbUkApz5YFJyyWgw4woEA6vctSsAvVWWD6rC2z";
    assert_eq!(peer_parts(id), ("12D3", "WWD6rC2z"));
    assert_eq!(peer_short(id), "12D3…WWD6rC2z");
    assert_eq!(peer_short("peer-7"), "peer-7");
    assert_eq!(peer_short("ééééééééééééééééé"), "éééé…éééééééé");
}

#[test]
fn hostile_text_is_visible() {
    assert_eq!(visible("a\u{202e}b\n\u{0}c", 99), "a⟨202E⟩b␊␀c");
    assert_eq!(visible("abcdef", 3), "abc…");
    assert_eq!(visible("abc", 3), "abc");
    assert_eq!(visible("<b>&amp;", 99), "<b>&amp;", "markup is text to us: it only ever becomes a text node");
}
