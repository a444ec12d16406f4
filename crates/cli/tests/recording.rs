//! `generate` and `inspect` as processes: what they write, what they say, and their exit codes.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use tempfile::TempDir;

fn peerscope(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_peerscope")).args(arguments).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).expect("written");
        path
    }

    /// A recording of a few seconds of a made-up node.
    fn generated(&self, name: &str, more: &[&str]) -> Vec<u8> {
        let path = self.path(name);
        let arguments = ["generate", "--connections", "12", "--streams", "2", "--duration", "5", "--out"];
        let out = peerscope(&[&arguments[..], &[as_text(&path)], more].concat());
        assert!(out.status.success(), "{}", text(&out.stderr));
        assert!(out.stdout.is_empty());
        std::fs::read(path).expect("a recording")
    }
}

fn as_text(path: &Path) -> &str {
    path.to_str().expect("a path of plain text")
}

/// The object of `--json`.
fn inspected(path: &Path) -> Value {
    let out = peerscope(&["inspect", as_text(path), "--json"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    assert_eq!(text(&out.stdout).lines().count(), 1);
    serde_json::from_slice(&out.stdout).expect("JSON")
}

/// What it says when nothing could be read.
fn refused(path: &Path) -> String {
    let out = peerscope(&["inspect", as_text(path), "--json"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(out.stdout.is_empty());
    text(&out.stderr)
}

/// Where each segment begins.
fn segments(recording: &[u8]) -> Vec<usize> {
    let mut at = 4;
    let mut places = Vec::new();
    while let Some(len) = recording.get(at + 4..at + 8) {
        places.push(at);
        at += 8 + u32::from_le_bytes(len.try_into().expect("four bytes")) as usize;
    }
    places
}

#[test]
fn what_is_generated_is_told_exactly() {
    let folder = Folder::new();
    folder.generated("a.trace", &[]);
    let told = inspected(&folder.path("a.trace"));
    let keys: Vec<&String> = told.as_object().expect("an object").keys().collect();
    let mut expected = [
        "file",
        "bytes",
        "version",
        "frames",
        "states",
        "events",
        "runtimes",
        "responses",
        "notices",
        "unknown",
        "bad_checksums",
        "undecodable",
        "truncated_bytes",
        "first_ms",
        "last_ms",
        "peers",
        "connections",
        "streams",
        "dht_peers",
        "event_types",
        "implementation",
        "peer_id",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    for (key, value) in [
        ("version", 1_u64),
        ("frames", 106),
        ("states", 5),
        ("events", 100),
        ("runtimes", 1),
        ("responses", 0),
        ("bad_checksums", 0),
        ("undecodable", 0),
        ("truncated_bytes", 0),
        ("first_ms", 1_700_000_000_000),
        ("peers", 12),
        ("connections", 12),
        ("streams", 24),
    ] {
        assert_eq!(told[key], value, "{key}");
    }
    let types = told["event_types"].as_object().expect("an object");
    assert_eq!(types.values().filter_map(Value::as_u64).sum::<u64>(), 100);
    assert!(told["peer_id"].as_str().is_some_and(|id| id.len() > 40));
    assert!(told["dht_peers"].as_u64() >= Some(12));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let folder = Folder::new();
    let once = folder.generated("a", &["--churn", "5", "--seed", "7"]);
    assert!(once == folder.generated("b", &["--churn", "5", "--seed", "7"]));
    assert!(once != folder.generated("c", &["--churn", "5", "--seed", "8"]));
    assert!(
        folder.generated("d", &[]) == folder.generated("e", &["--seed", "1", "--start", "1700000000000"])
    );
}

#[test]
fn what_can_not_be_made_leaves_what_was_there() {
    let folder = Folder::new();
    let path = folder.file("good", b"good");
    let figures = ["--connections", "100000", "--streams", "9", "--duration", "2"];
    let out = peerscope(&[&["generate"], &figures[..], &["--out", as_text(&path)]].concat());
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("take fewer connections or streams"), "{}", text(&out.stderr));
    assert_eq!(std::fs::read(&path).expect("it is there"), b"good");
    assert_eq!(std::fs::read_dir(folder.0.path()).expect("a folder").count(), 1);
}

#[test]
fn people_get_a_summary() {
    let folder = Folder::new();
    folder.generated("a", &[]);
    let out = peerscope(&["inspect", as_text(&folder.path("a"))]);
    assert_eq!(out.status.code(), Some(0));
    let told = text(&out.stdout);
    for part in ["peerscope-synthetic", "2023-11-14T22:13:20.000Z", "states", "event types", "no problems"] {
        assert!(told.contains(part), "{part} in\n{told}");
    }
}

#[test]
fn a_packed_recording_is_read_as_it_is() {
    let folder = Folder::new();
    let plain = folder.generated("a", &[]);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&plain).expect("packed");
    let packed = gzip.finish().expect("packed");
    let mut told = inspected(&folder.file("packed", &packed));
    assert_eq!(told["bytes"], packed.len());
    let mut expected = inspected(&folder.path("a"));
    for key in ["bytes", "file"] {
        told[key] = Value::Null;
        expected[key] = Value::Null;
    }
    assert_eq!(told, expected);

    // Half of it: what could be unpacked counts, and people are told.
    let half = folder.file("half", &packed[..packed.len() / 2]);
    let kept = inspected(&half)["frames"].as_u64().expect("a number");
    assert!(kept > 0 && kept < 106, "{kept}");
    let out = peerscope(&["inspect", as_text(&half)]);
    assert!(text(&out.stdout).contains("the gzip stream is damaged"));
}

#[test]
fn damage_is_counted_and_the_rest_is_read() {
    let folder = Folder::new();
    let plain = folder.generated("a", &[]);
    let places = segments(&plain);

    let mut bad = plain.clone();
    bad[places[20] + 12] ^= 1;
    let told = inspected(&folder.file("checksum", &bad));
    assert_eq!((&told["bad_checksums"], &told["frames"]), (&1.into(), &105.into()));

    let mut bad = plain.clone();
    bad[places[30] + 6] ^= 0xff;
    let told = inspected(&folder.file("length", &bad));
    assert_eq!((&told["bad_checksums"], &told["frames"]), (&1.into(), &105.into()));

    let cut = places[105] + 9;
    let told = inspected(&folder.file("cut", &plain[..cut]));
    assert_eq!((&told["truncated_bytes"], &told["frames"]), (&9.into(), &105.into()));

    let out = peerscope(&["inspect", as_text(&folder.path("cut"))]);
    assert!(text(&out.stdout).contains("bytes of a truncated tail"));
}

#[test]
fn what_cannot_be_read_is_exit_code_one_with_the_reason() {
    let folder = Folder::new();
    assert!(refused(&folder.file("empty", b"")).contains("0 bytes are too few for a recording"));
    assert!(refused(&folder.file("short", &[1, 0])).contains("2 bytes are too few"));
    assert!(refused(&folder.file("nothing", &[1, 0, 0, 0])).contains("it holds no frame"));
    assert!(refused(&folder.file("cut", &[1, 0, 0, 0, 9, 9])).contains("2 bytes are not a whole frame"));
    let told = refused(&folder.file("version", &[3, 0, 0, 0, 1, 2, 3, 4]));
    assert!(told.contains("protocol version 3; only version 1 can be read"), "{told}");
    assert!(refused(&folder.path("absent")).contains("can't be opened"));
    assert!(refused(folder.0.path()).contains("can't be read"));
}

#[test]
fn wrong_usage_is_exit_code_two() {
    for wrong in [
        &["inspect"][..],
        &["inspect", "a", "b"],
        &["inspect", "a", "--yaml"],
        &["generate"],
        &["generate", "--out", "x", "--churn", "101"],
        &["generate", "--out", "x", "--duration", "0"],
        &["generate", "--out", "x", "--interval", "1"],
        &["nothing-like-this"],
        &[],
    ] {
        let out = peerscope(wrong);
        assert_eq!(out.status.code(), Some(2), "{wrong:?}");
        assert!(!out.stderr.is_empty() && out.stdout.is_empty(), "{wrong:?}");
    }
}

#[test]
fn a_state_that_fits_no_frame_is_an_error_and_no_panic() {
    let folder = Folder::new();
    let path = folder.path("a");
    let arguments = ["--connections", "100", "--streams", "10000", "--event-rate", "0", "--duration", "1"];
    let out = peerscope(&[&["generate", "--out", as_text(&path)][..], &arguments].concat());
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("longer than a frame may be"), "{}", text(&out.stderr));
}

#[test]
fn the_recordings_of_other_programs_are_told_as_they_are_known() {
    for (name, connections, streams, peers) in [
        ("observer-sample-1min.mock", 10, 96, None),
        ("go-libp2p-short.libp2p.trace", 14, 65, Some(6)),
        ("go-libp2p-pause.libp2p.trace", 18, 77, Some(5)),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
        if !path.exists() {
            eprintln!("SKIPPED: {} is not there", path.display());
            continue;
        }
        let told = inspected(&path);
        assert_eq!(
            (&told["connections"], &told["streams"]),
            (&connections.into(), &streams.into()),
            "{name}"
        );
        if let Some(peers) = peers {
            assert_eq!(told["peers"], peers, "{name}");
        }
        assert_eq!((&told["bad_checksums"], &told["truncated_bytes"]), (&0.into(), &0.into()), "{name}");
    }
}
