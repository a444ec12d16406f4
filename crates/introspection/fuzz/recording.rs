//! A recording: no panic, every byte in a frame or a problem, and the same items however it is cut into pieces. The first
//! byte says how long the pieces are.

use peerscope_introspection::{
    frame::{HEADER_LEN, VERSION_LEN},
    recording::{Item, Problem, Reader},
};

fn read(bytes: &[u8], piece: usize) -> Vec<Item> {
    let mut reader = Reader::new();
    let mut items = Vec::new();
    for piece in bytes.chunks(piece) {
        reader.push(piece);
        items.extend(reader.by_ref());
    }
    reader.finish();
    items.extend(reader.by_ref());
    assert!(reader.is_done());
    items
}

pub fn run(bytes: &[u8]) {
    let Some((piece, file)) = bytes.split_first() else { return };
    let at_once = read(file, file.len().max(1));
    assert_eq!(read(file, usize::from(*piece).max(1)), at_once);

    let packed = file.starts_with(&[0x1f, 0x8b]);
    let fatal = |item: &Item| matches!(item, Item::Problem(problem) if problem.is_fatal());
    if packed || at_once.iter().any(fatal) {
        return;
    }
    let told: u64 = at_once
        .iter()
        .map(|item| match item {
            Item::Frame { payload, .. } => (HEADER_LEN + payload.len()) as u64,
            Item::Problem(
                Problem::Checksum { bytes, .. }
                | Problem::Skipped { bytes, .. }
                | Problem::Truncated { bytes, .. },
            ) => *bytes,
            Item::Problem(_) => 0,
        })
        .sum();
    assert_eq!(told + VERSION_LEN as u64, file.len() as u64);
}
