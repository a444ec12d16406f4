//! What checksums, frames and recordings cost for each byte, beside a plain copy of the bytes.
//!
//! `cargo bench -p peerscope-introspection --bench frames` prints a table; as JSON it is in `target/criterion/*/new/estimates.json`.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use peerscope_introspection::{
    frame::{checksum, read_message},
    recording::{Item, Reader, Writer},
    seam::{Overlap, Seam},
    wire::{Event, EventType, ServerMessage, State, server_message::Payload},
};
use prost::Message;

/// A mebibyte, as a few large payloads or many small ones.
const BYTES: usize = 1 << 20;

criterion_group!(benches, frames);
criterion_main!(benches);

fn frames(criterion: &mut Criterion) {
    let bytes: Vec<u8> = (0..BYTES).map(|place| (place * 31 % 251) as u8).collect();
    let mut group = criterion.benchmark_group("one mebibyte");
    group.throughput(Throughput::Bytes(BYTES as u64));
    group.bench_function("copy", |bencher| bencher.iter(|| black_box(&bytes).clone()));
    group.bench_function("checksum", |bencher| bencher.iter(|| checksum(black_box(&bytes))));
    for (name, len) in [("in payloads of 256 kB", 256 << 10), ("in payloads of 100 B", 100)] {
        let mut writer = Writer::new();
        bytes.chunks(len).for_each(|payload| writer.put(payload));
        let recording = writer.take();
        group.bench_function(format!("message {name}"), |bencher| {
            bencher.iter(|| read_message(black_box(&recording)).filter(Result::is_ok).count());
        });
        group.bench_function(format!("recording {name}"), |bencher| {
            bencher.iter(|| {
                let mut reader = Reader::new();
                reader.push(black_box(&recording));
                reader.finish();
                reader.filter(|item| matches!(item, Item::Frame { .. })).count()
            });
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("10,000 payloads");
    group.throughput(Throughput::Elements(10_000));
    let payloads: Vec<Bytes> = (0..10_000).map(payload).collect();
    group.bench_function("how far a history reaches", |bencher| {
        bencher.iter(|| {
            let mut seam = Seam::new();
            payloads.iter().for_each(|payload| seam.note(payload));
            seam
        });
    });
    group.bench_function("what a session tells again", |bencher| {
        bencher.iter(|| {
            let mut overlap = Overlap::default();
            payloads.iter().for_each(|payload| overlap.recorded(payload));
            payloads.iter().filter(|payload| overlap.is_new(payload)).count()
        });
    });
    group.finish();
}

/// A hundred events a state.
fn payload(number: u64) -> Bytes {
    let payload = if number.is_multiple_of(100) {
        Payload::State(State { instant_ts: number, start_ts: 1, ..State::default() })
    } else {
        let kind = EventType { name: "PeerConnected".to_owned(), property_types: Vec::new() };
        Payload::Event(Event { r#type: Some(kind), ts: number, content: format!("{{\"number\":{number}}}") })
    };
    ServerMessage { version: None, payload: Some(payload) }.encode_to_vec().into()
}
