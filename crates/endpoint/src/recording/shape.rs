//! What a reader wants of a recording: all of it or what is new, packed or as it is. Off the async threads, since it walks
//! through megabytes.

use std::io::{self, Write};

use bytes::{BufMut, Bytes, BytesMut};
use flate2::{Compression, write::GzEncoder};
use hyper::{HeaderMap, header};
use peerscope_introspection::{
    frame::{HEADER_LEN, VERSION_LEN},
    glance::{Kind, glance},
    wire::PROTOCOL_VERSION,
};
use tokio::task::spawn_blocking;

/// Level 1 of gzip: 7.6 MB become 1.3 MB in 0.12 s.
const LEVEL: u32 = 1;

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ask {
    /// What is older is known, in ms since the Unix epoch.
    pub(crate) since_ms: Option<u64>,
    /// The reader unpacks gzip.
    pub(crate) packed: bool,
}

impl Ask {
    /// A `since` that is no number is none: all of it is right at any time.
    pub(crate) fn of(query: Option<&str>, headers: &HeaderMap) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let since = pairs.filter(|(key, _)| key == "since").map(|(_, value)| value).next();
        let accepts =
            headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|one| one.to_str().ok());
        Self {
            since_ms: since.and_then(|since| since.parse().ok()),
            packed: accepts.flat_map(|codings| codings.split(',')).any(is_gzip),
        }
    }
}

/// One of the codings that are accepted, with its weight: <https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3>.
fn is_gzip(coding: &str) -> bool {
    let mut parts = coding.split(';').map(str::trim);
    let is_it = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
    let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    is_it && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
}

/// The part that is of that time or later. What is no recording stays as it is.
pub(super) async fn since(whole: [Bytes; 2], since_ms: u64) -> [Bytes; 2] {
    let recording = whole[1].clone();
    match spawn_blocking(move || part(&recording, since_ms)).await {
        Ok(Some(part)) => part,
        _ => whole,
    }
}

/// The newest Runtime before the first state or event of that time, and all from the state or event before that one on: by
/// it a reader sees that the recording reaches back. Nothing is copied but the Runtime. None: it is no sound recording.
fn part(recording: &Bytes, since_ms: u64) -> Option<[Bytes; 2]> {
    let version = u32::from_le_bytes(*recording.first_chunk::<VERSION_LEN>()?);
    if version != PROTOCOL_VERSION {
        return None;
    }
    let (mut at, mut from, mut runtime) = (VERSION_LEN, None, None);
    // Of what lies behind `from` the tail has its own.
    let mut newer_runtime = None;
    while at < recording.len() {
        let header = recording.get(at..)?.first_chunk::<HEADER_LEN>()?;
        let len = usize::try_from(u32::from_le_bytes(*header.last_chunk()?)).ok()?;
        let end = at.checked_add(HEADER_LEN)?.checked_add(len)?;
        let told = glance(recording.get(at + HEADER_LEN..end)?).ok()?;
        match (told.kind, told.at_ms) {
            (Kind::Runtime, _) => newer_runtime = Some(at..end),
            (_, Some(at_ms)) if at_ms >= since_ms => break,
            (_, Some(_)) => {
                from = Some(at);
                runtime = newer_runtime.take().or(runtime);
            }
            _ => {}
        }
        at = end;
    }
    let mut head = BytesMut::new();
    head.put_u32_le(PROTOCOL_VERSION);
    if from.is_some() {
        runtime.iter().for_each(|place: &std::ops::Range<usize>| head.put_slice(&recording[place.clone()]));
    }
    Some([head.freeze(), recording.slice(from.unwrap_or(VERSION_LEN)..)])
}

/// By gzip.
pub(super) async fn pack(pieces: [Bytes; 2]) -> io::Result<Bytes> {
    spawn_blocking(move || {
        let mut packed = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
        pieces.iter().try_for_each(|piece| packed.write_all(piece))?;
        Ok(packed.finish()?.into())
    })
    .await?
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;
    use peerscope_introspection::{
        frame::segment,
        recording::{Item, Reader, Writer},
        wire::{Event, Runtime, State, server_message::Payload},
    };
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn runtime(version: &str) -> Bytes {
        segment(Payload::Runtime(Runtime { version: version.into(), ..Runtime::default() }))
    }

    fn state(instant_ts: u64) -> Bytes {
        segment(Payload::State(State { instant_ts, ..State::default() }))
    }

    fn event(ts: u64) -> Bytes {
        segment(Payload::Event(Event { ts, ..Event::default() }))
    }

    fn recording<'a>(segments: impl IntoIterator<Item = &'a Bytes>) -> Bytes {
        let mut writer = Writer::new();
        segments.into_iter().for_each(|segment| writer.put_segment(segment));
        writer.take().to_vec().into()
    }

    fn part_of(recording: &Bytes, since_ms: u64) -> Bytes {
        part(recording, since_ms).expect("it is sound").concat().into()
    }

    #[test]
    fn of_the_past_the_runtime_and_one_frame_are_left() {
        let all = [runtime("a"), event(1), state(2), runtime("b"), event(3), event(5), state(6), event(6)];
        let whole = recording(&all);
        for (since_ms, from, of) in
            [(0, 0, 0..0), (1, 0, 0..0), (2, 1, 0..1), (3, 2, 0..1), (4, 4, 3..4), (6, 5, 3..4), (9, 7, 3..4)]
        {
            let expected = recording(all[of].iter().chain(&all[from..]));
            assert_eq!(part_of(&whole, since_ms), expected, "since {since_ms}");
        }
        assert_eq!(part_of(&recording([]), 7), recording([]));
        assert_eq!(part_of(&recording(&all[..1]), 7), recording(&all[..1]));
    }

    #[test]
    fn what_is_no_recording_is_left_alone() {
        let whole = recording(&[runtime("a"), event(1)]);
        let mut other_version = whole.to_vec();
        other_version[0] = 2;
        for odd in [Bytes::new(), whole.slice(..3), whole.slice(..whole.len() - 1), other_version.into()] {
            assert_eq!(part(&odd, 7), None);
        }
    }

    #[test]
    fn it_is_packed_for_those_who_unpack_it() {
        let packed = |accepts: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_str(accepts).expect("a header"));
            Ask::of(None, &headers).packed
        };
        for accepts in ["gzip", "gzip, deflate, br, zstd", "br;q=1.0, GZIP;q=0.8"] {
            assert!(packed(accepts), "{accepts}");
        }
        for accepts in ["", "br", "gzip;q=0", "gzip; q=0.000", "gzip;q=x", "xgzip", "identity"] {
            assert!(!packed(accepts), "{accepts}");
        }
        assert!(!Ask::of(None, &HeaderMap::new()).packed);
    }

    #[test]
    fn a_time_is_read_from_the_query() {
        let since = |query| Ask::of(Some(query), &HeaderMap::new()).since_ms;
        assert_eq!(since("token=a&since=1700000000000"), Some(1_700_000_000_000));
        for query in ["", "token=a", "since=", "since=-1", "since=x", "since=99999999999999999999"] {
            assert_eq!(since(query), None, "{query}");
        }
    }

    proptest! {
        /// Every frame of that time or later is there, in its order, and a recording it stays.
        #[test]
        fn nothing_that_is_new_is_left_out(times in vec((any::<bool>(), 0..20u64), 0..30), since_ms in 0..22u64) {
            let all: Vec<Bytes> =
                times.iter().map(|(is_state, at)| if *is_state { state(*at) } else { event(*at) }).collect();
            let part = part_of(&recording(&all), since_ms);
            let mut reader = Reader::new();
            reader.push(&part);
            reader.finish();
            let mut told = Vec::new();
            for item in reader {
                let Item::Frame { payload, .. } = item else { panic!("{item:?}") };
                told.push(glance(&payload).expect("a frame").at_ms.expect("a time"));
            }
            prop_assert!(times.iter().map(|(_, at)| *at).collect::<Vec<_>>().ends_with(&told));
            let is_new = |at: &&u64| **at >= since_ms;
            let new = times.iter().filter(|(_, at)| *at >= since_ms).count();
            prop_assert_eq!(told.iter().filter(is_new).count(), new);
            prop_assert!(times.is_empty() || told.first().is_some_and(|at| *at < since_ms) || told.len() == times.len());
        }

        #[test]
        fn any_bytes_are_looked_through_without_a_panic(mut bytes in vec(any::<u8>(), 0..200), since_ms: u64) {
            part(&bytes.clone().into(), since_ms);
            bytes.splice(..0, PROTOCOL_VERSION.to_le_bytes());
            part(&bytes.into(), since_ms);
        }
    }
}
