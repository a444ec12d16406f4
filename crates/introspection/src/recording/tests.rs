use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

use super::*;
use crate::{
    frame::{HEADER_LEN, MAX_SEGMENT_LEN, segment},
    wire::{Event, EventType, State, server_message::Payload},
};

/// All items of a file that comes in pieces of so many bytes.
fn read(file: &[u8], piece: usize) -> Vec<Item> {
    let mut reader = Reader::new();
    let mut items = Vec::new();
    for piece in file.chunks(piece.max(1)) {
        reader.push(piece);
        items.extend(reader.by_ref());
    }
    reader.finish();
    items.extend(reader.by_ref());
    items
}

fn payloads(items: &[Item]) -> Vec<&[u8]> {
    items
        .iter()
        .filter_map(|item| if let Item::Frame { payload, .. } = item { Some(&payload[..]) } else { None })
        .collect()
}

fn problems(items: &[Item]) -> Vec<Problem> {
    items
        .iter()
        .filter_map(|item| if let Item::Problem(problem) = item { Some(problem.clone()) } else { None })
        .collect()
}

fn event(name: &str, ts: u64) -> Bytes {
    let kind = EventType { name: name.into(), property_types: Vec::new() };
    segment(Payload::Event(Event { r#type: Some(kind), ts, content: format!("{{\"at\":{ts}}}") }))
}

/// A recording of segments, and where each begins and ends.
fn recording(segments: &[Bytes]) -> (Vec<u8>, Vec<(usize, usize)>) {
    let mut writer = Writer::new();
    let (mut at, mut places) = (VERSION_LEN, Vec::new());
    for segment in segments {
        writer.put_segment(segment);
        places.push((at, at + segment.len()));
        at += segment.len();
    }
    (writer.take().to_vec(), places)
}

/// A made recording of at most 4 KiB, with payloads of every size from short to a few hundred bytes.
fn small() -> (Vec<u8>, Vec<(usize, usize)>) {
    let mut segments: Vec<Bytes> =
        (0..12).map(|n| event(&"Name".repeat(1 + n * n / 4), n as u64 * 131)).collect();
    segments.push(segment(Payload::State(State { instant_ts: 1_700_000_000_000, ..Default::default() })));
    segments.push(event("Last", 5));
    let (file, places) = recording(&segments);
    assert!(file.len() <= 4096, "{} bytes", file.len());
    (file, places)
}

fn pack(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_is_written_is_read() {
    let (file, places) = small();
    let items = read(&file, file.len());
    assert_eq!(problems(&items), []);
    let offsets: Vec<usize> = places.iter().map(|(at, _)| *at).collect();
    let found: Vec<usize> = items
        .iter()
        .filter_map(|item| if let Item::Frame { offset, .. } = item { Some(*offset as usize) } else { None })
        .collect();
    assert_eq!(found, offsets);
    for (payload, (at, end)) in payloads(&items).into_iter().zip(places) {
        assert_eq!(payload, &file[at + HEADER_LEN..end]);
    }
}

#[test]
fn the_version_is_written_once_even_with_nothing_after_it() {
    let mut writer = Writer::new();
    assert_eq!(writer.take(), &[1, 0, 0, 0][..]);
    writer.put(b"x");
    assert_eq!(writer.pending(), HEADER_LEN + 1);
    assert_eq!(writer.take().len(), HEADER_LEN + 1);
    assert_eq!(read(&[1, 0, 0, 0], 4), []);
}

#[test]
fn too_few_bytes_are_told() {
    assert_eq!(read(b"", 1), [Item::Problem(Problem::TooShort(0))]);
    assert_eq!(read(&[1, 0, 0], 1), [Item::Problem(Problem::TooShort(3))]);
    assert_eq!(
        read(&[0x1f, 0x8b], 1),
        [
            Item::Problem(Problem::TooShort(0)),
            Item::Problem(Problem::Gzip { offset: 0, cause: GzipProblem::Cut })
        ]
    );
}

#[test]
fn each_version_byte_flipped_is_refused_by_its_version() {
    let (file, _) = small();
    for at in 0..VERSION_LEN {
        for flip in [1_u8, 0x80, 0xff] {
            let mut bad = file.clone();
            bad[at] ^= flip;
            let version = u32::from_le_bytes(bad[..4].try_into().unwrap());
            assert_eq!(read(&bad, 100), [Item::Problem(Problem::Version(version))]);
            assert_eq!(
                Problem::Version(version).to_string(),
                format!(
                    "this is no recording, or one of protocol version {version}; only version 1 can be read"
                )
            );
        }
    }
}

#[test]
fn every_byte_flipped_costs_its_own_frame_alone() {
    let (file, places) = small();
    let whole = read(&file, file.len());
    let all = payloads(&whole);
    for at in VERSION_LEN..file.len() {
        let hit = places.iter().position(|(from, end)| (*from..*end).contains(&at)).unwrap();
        for flip in [1_u8, 0x10, 0x80, 0xff] {
            let mut bad = file.clone();
            bad[at] ^= flip;
            let items = read(&bad, file.len());
            let rest: Vec<&[u8]> = all
                .iter()
                .enumerate()
                .filter(|(index, _)| *index != hit)
                .map(|(_, payload)| *payload)
                .collect();
            assert_eq!(payloads(&items), rest, "byte {at} by {flip:#x}");
            let problems = problems(&items);
            let (from, end) = (places[hit].0 as u64, places[hit].1 as u64);
            let length_is_sound = !(places[hit].0 + 4..places[hit].0 + 8).contains(&at);
            let expected = if length_is_sound {
                Problem::Checksum { offset: from, bytes: end - from }
            } else if hit + 1 < places.len() {
                Problem::Skipped { offset: from, bytes: end - from }
            } else {
                Problem::Truncated { offset: from, bytes: end - from }
            };
            assert_eq!(problems, [expected], "byte {at} by {flip:#x}");
        }
    }
}

#[test]
fn every_cut_keeps_all_whole_frames() {
    let (file, places) = small();
    let all = read(&file, file.len());
    for cut in VERSION_LEN..file.len() {
        let items = read(&file[..cut], cut);
        let whole = places.iter().filter(|(_, end)| *end <= cut).count();
        assert_eq!(items[..whole], all[..whole], "cut at {cut}");
        let end = whole.checked_sub(1).map_or(VERSION_LEN, |last| places[last].1);
        let left = (cut - end) as u64;
        let expected =
            if left == 0 { vec![] } else { vec![Problem::Truncated { offset: end as u64, bytes: left }] };
        assert_eq!(problems(&items), expected, "cut at {cut}");
        assert_eq!(items.len(), whole + usize::from(left > 0));
    }
}

#[test]
fn a_damaged_length_that_fits_the_frame_after_next_is_found_out() {
    // Payloads of 120 bytes: one with bit 7 of its length flipped ends just where the third frame begins.
    let like = |ts: u64| {
        let name = "n".repeat(121 - (event("n", ts).len() - HEADER_LEN));
        let segment = event(&name, ts);
        assert_eq!(segment.len(), HEADER_LEN + 120);
        segment
    };
    let (mut file, places) = recording(&[like(1), like(2), like(3)]);
    file[places[0].0 + 4] ^= 0x80;
    let items = read(&file, 50);
    assert_eq!(payloads(&items).len(), 2);
    assert_eq!(problems(&items), [Problem::Skipped { offset: 4, bytes: 128 }]);
}

#[test]
fn two_frames_damaged_in_a_row_are_skipped_together() {
    let (mut file, places) = small();
    file[places[3].0 + HEADER_LEN] ^= 1;
    file[places[4].0 + HEADER_LEN] ^= 1;
    let items = read(&file, 17);
    assert_eq!(payloads(&items).len(), places.len() - 2);
    let bytes = (places[4].1 - places[3].0) as u64;
    assert_eq!(problems(&items), [Problem::Skipped { offset: places[3].0 as u64, bytes }]);
}

#[test]
fn garbage_between_frames_is_skipped() {
    let (one, two) = (event("One", 1), event("Two", 2));
    let garbage: Vec<u8> = (0..5_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (file, _) = recording(&[one.clone(), garbage.clone().into(), two]);
    let items = read(&file, 999);
    assert_eq!(payloads(&items).len(), 2);
    let offset = (VERSION_LEN + one.len()) as u64;
    assert_eq!(problems(&items), [Problem::Skipped { offset, bytes: garbage.len() as u64 }]);
}

#[test]
fn a_frame_that_is_no_message_is_found_again_too() {
    let mut writer = Writer::new();
    writer.put(b"first");
    writer.put(b"second, not protobuf at all");
    writer.put(b"");
    let mut file = writer.take().to_vec();
    file[9] = 0x70; // a length of many bytes
    let items = read(&file, file.len());
    assert_eq!(payloads(&items), [&b"second, not protobuf at all"[..], b""]);
}

#[test]
fn a_packed_recording_is_told_by_its_content() {
    let (file, _) = small();
    let packed = pack(&file);
    for piece in [1, 13, packed.len()] {
        assert_eq!(read(&packed, piece), read(&file, file.len()));
    }
    for (content, is_packed) in [(&packed, true), (&file, false)] {
        let mut reader = Reader::new();
        reader.push(&content[..1]);
        assert!(!reader.is_packed(), "one byte tells nothing");
        reader.push(&content[1..]);
        assert_eq!(reader.is_packed(), is_packed);
    }
}

#[test]
fn a_damaged_packing_keeps_what_could_be_unpacked() {
    let segments: Vec<Bytes> = (0..4_000).map(|n| event("Event", n * n)).collect();
    let (file, places) = recording(&segments);
    let packed = pack(&file);
    let items = read(&packed[..packed.len() / 2], 1_000);
    let kept = payloads(&items).len();
    assert!(kept > 1_000 && kept < 4_000, "{kept}");
    let found = problems(&items);
    let Some(Problem::Gzip { offset, cause: GzipProblem::Cut }) = found.last() else { panic!("{found:?}") };
    assert!(*offset as usize >= places[kept - 1].1);

    let mut wrong_sum = packed.clone();
    let at = wrong_sum.len() - 7;
    wrong_sum[at] ^= 4;
    let items = read(&wrong_sum, 1_000);
    assert_eq!(payloads(&items).len(), 4_000);
    let offset = file.len() as u64;
    assert_eq!(problems(&items), [Problem::Gzip { offset, cause: GzipProblem::Checksum }]);
}

#[test]
fn a_packed_recording_of_another_version_is_refused_and_not_unpacked_further() {
    let mut content = vec![0; 64 << 20];
    content[0] = 2;
    let packed = pack(&content);
    let mut reader = Reader::new();
    reader.push(&packed);
    reader.finish();
    assert_eq!(reader.next(), Some(Item::Problem(Problem::Version(2))));
    assert_eq!(reader.next(), None);
    assert!(reader.is_done());
}

#[test]
fn a_refused_recording_is_refused_alike_in_any_pieces() {
    // Found by the fuzzer: all at once, the damage of the packing was told beside the version.
    let mut packed = pack(&[9; 4_000]);
    let at = packed.len() - 9;
    packed[at] ^= 0xff;
    packed.truncate(packed.len() - 1);
    for piece in [1, 20, packed.len()] {
        assert_eq!(read(&packed, piece), [Item::Problem(Problem::Version(0x0909_0909))]);
    }
}

#[test]
fn the_longest_segment_is_read_and_a_longer_one_is_damage() {
    let mut writer = Writer::new();
    writer.put(&vec![7; MAX_SEGMENT_LEN]);
    let mut file = writer.take().to_vec();
    assert_eq!(payloads(&read(&file, 4 << 20)).len(), 1);
    file[8..12].copy_from_slice(&(MAX_SEGMENT_LEN as u32 + 1).to_le_bytes());
    file.push(0);
    let bytes = (HEADER_LEN + MAX_SEGMENT_LEN + 1) as u64;
    assert_eq!(problems(&read(&file, 4 << 20)), [Problem::Truncated { offset: 4, bytes }]);
}

#[test]
fn what_lies_further_ahead_than_64_mib_is_the_tail() {
    let mut file = vec![1, 0, 0, 0];
    let garbage = MAX_SEGMENT_LEN + 1_000;
    file.resize(4 + garbage, 0xff);
    file.extend_from_slice(&event("Far", 1));
    let bytes = (file.len() - 4) as u64;
    assert_eq!(read(&file, 4 << 20), [Item::Problem(Problem::Truncated { offset: 4, bytes })]);
}

/// Headers that each claim 60,000 bytes of what follows, so that each costs a checksum over them.
fn costly(headers: usize) -> Vec<u8> {
    [0xdead_beef_u32.to_le_bytes(), 60_000_u32.to_le_bytes()].concat().repeat(headers)
}

#[test]
fn a_file_made_to_cost_as_much_as_it_can_is_given_up() {
    // Without a bound these 8 MiB would cost some 60 GB of checksums.
    let file = [vec![1, 0, 0, 0], costly(1 << 20)].concat();
    let items = read(&file, 1 << 20);
    assert!(matches!(problems(&items)[..], [Problem::Truncated { offset: 4, .. }]), "{:?}", items.len());
}

#[test]
fn what_a_search_may_cost_does_not_depend_on_the_pieces() {
    // The bound is reached just before the good frame by who is given nothing for the bytes that he passed.
    let file = [vec![1, 0, 0, 0], costly(4_475), event("Good", 1).to_vec(), costly(20_000)].concat();
    let at_once = read(&file, file.len());
    assert_eq!(payloads(&at_once).len(), 1);
    assert_eq!(read(&file, 1_000), at_once);
}

/// How often a whole file, pushed at once, wants to be called again before it gives the next item.
fn calls_again(file: &[u8]) -> Vec<usize> {
    let mut reader = Reader::new();
    reader.push(file);
    reader.finish();
    let mut again = vec![0];
    loop {
        match reader.step() {
            Progress::Working => *again.last_mut().unwrap() += 1,
            Progress::Item(_) => again.push(0),
            Progress::Starved => return again,
        }
    }
}

#[test]
fn a_step_takes_a_bounded_time_whatever_a_piece_holds() {
    let (file, places) = small();
    assert_eq!(calls_again(&file), vec![0; places.len() + 1], "what is sound is given at once");

    let mut writer = Writer::new();
    writer.put(&vec![0; 40 << 20]);
    let again = calls_again(&pack(&writer.take()));
    assert!(again.len() == 2 && again[0] >= 40, "a frame of 40 MiB in some kilobytes: {again:?}");

    let again = calls_again(&[vec![1, 0, 0, 0], costly(1 << 15)].concat());
    assert!(again.len() == 2 && again[0] >= 200, "256 MiB of checksums may come to nothing: {again:?}");

    let again = calls_again(&[vec![1, 0, 0, 0], vec![0xff; 4 << 20]].concat());
    assert!(again.len() == 2 && again[0] >= 30, "4 Mi places to look at: {again:?}");

    let again = calls_again(&[pack(&[1, 0, 0, 0]), pack(b"").repeat(10_000)].concat());
    assert!(again.len() == 1 && again[0] >= 100, "10,000 members with nothing in them: {again:?}");
}

/// Segments as damage meets them: sound ones, bad ones, and anything.
fn pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let sound = (0_u64..1_000, "[a-z]{0,30}").prop_map(|(ts, name)| event(&name, ts).to_vec());
    let bad = (0_u64..1_000, any::<prop::sample::Index>(), 1_u8..=255).prop_map(|(ts, at, flip)| {
        let mut segment = event("Bad", ts).to_vec();
        let at = at.index(segment.len());
        segment[at] ^= flip;
        segment
    });
    let garbage = prop::collection::vec(any::<u8>(), 0..40);
    prop::collection::vec(prop_oneof![4 => sound, 2 => bad, 1 => garbage], 0..12)
}

#[test]
fn what_waits_is_what_was_pushed_and_not_read() {
    let (plain, places) = small();
    let mut reader = Reader::new();
    reader.push(&plain[..places[2].1 + 5]);
    assert_eq!(reader.waiting(), places[2].1 + 5);
    assert_eq!(reader.by_ref().count(), 3);
    assert_eq!(reader.waiting(), 5);
    let packed = pack(&plain);
    let mut reader = Reader::new();
    reader.push(&packed);
    assert_eq!(reader.waiting(), packed.len());
    assert_eq!(reader.by_ref().count(), places.len());
    assert_eq!(reader.waiting(), 0);
}

proptest! {
    /// However a piece is handed over.
    #[test]
    fn a_piece_written_in_place_is_as_one_pushed(segments in pieces(), piece in 1_usize..50, packed in any::<bool>()) {
        let plain = [vec![1, 0, 0, 0], segments.concat()].concat();
        let file = if packed { pack(&plain) } else { plain };
        let mut reader = Reader::new();
        let mut items = Vec::new();
        for piece in file.chunks(piece) {
            reader.push_with(piece.len(), |slot| slot.copy_from_slice(piece));
            items.extend(reader.by_ref());
        }
        reader.finish();
        items.extend(reader.by_ref());
        prop_assert_eq!(items, read(&file, piece));
    }

    #[test]
    fn the_pieces_make_no_difference(segments in pieces(), piece in 1_usize..50, packed in any::<bool>(), cut in 0_usize..30) {
        let mut file = [vec![1, 0, 0, 0], segments.concat()].concat();
        if packed {
            file = pack(&file);
        }
        file.truncate(file.len().saturating_sub(cut));
        let at_once = read(&file, file.len());
        prop_assert_eq!(&read(&file, 1), &at_once);
        prop_assert_eq!(&read(&file, piece), &at_once);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic_and_add_up(bytes in prop::collection::vec(any::<u8>(), 0..300), versioned in any::<bool>()) {
        let file = if versioned { [vec![1, 0, 0, 0], bytes].concat() } else { bytes };
        let items = read(&file, 7);
        if versioned {
            let told: u64 = items.iter().map(|item| match item {
                Item::Frame { payload, .. } => (HEADER_LEN + payload.len()) as u64,
                Item::Problem(Problem::Checksum { bytes, .. } | Problem::Skipped { bytes, .. } | Problem::Truncated { bytes, .. }) => *bytes,
                Item::Problem(_) => 0,
            }).sum();
            prop_assert_eq!(told + 4, file.len() as u64, "every byte is in a frame or a problem: {:?}", items);
        }
    }

    #[test]
    fn what_stands_before_damage_is_kept(segments in prop::collection::vec(0_u64..1_000, 1..8), garbage in prop::collection::vec(any::<u8>(), 0..200)) {
        let segments: Vec<Bytes> = segments.into_iter().map(|ts| event("Kept", ts)).collect();
        let (mut file, _) = recording(&segments);
        let sound = read(&file, file.len());
        file.extend_from_slice(&garbage);
        prop_assert_eq!(&read(&file, 100)[..segments.len()], &sound[..]);
    }
}
