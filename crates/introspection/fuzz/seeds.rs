//! The committed seeds of a fuzz target, each as it is and damaged in a few ways, always the same ones. For the tests that read
//! them with every run; the fuzzer itself goes further.

use std::{fs, path::Path};

/// Damaged copies of each seed.
const DAMAGED: u64 = 40;

/// `fuzz`: the folder of the targets. How many seeds were read.
pub fn each(fuzz: &Path, target: &str, run: impl Fn(&[u8])) -> usize {
    let folder = fuzz.join("seeds").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in &paths {
        let seed = fs::read(path).expect("a seed");
        run(&seed);
        for number in 0..DAMAGED {
            run(&damaged(&seed, number));
        }
    }
    paths.len()
}

/// Some bytes changed, left out or said twice; every fourth time the end is missing too.
fn damaged(seed: &[u8], number: u64) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    let mut state = number + 1;
    let mut below = |limit: usize| {
        // The linear congruential generator of Knuth's MMIX.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit.max(1)
    };
    for _ in 0..=number % 4 {
        let at = below(bytes.len());
        match (bytes.get(at).copied(), below(4)) {
            (None, _) => bytes.push(below(256) as u8),
            (Some(_), 0) => _ = bytes.remove(at),
            (Some(byte), 1) => bytes.insert(at, byte),
            (Some(_), 2) => bytes[at] = below(256) as u8,
            (Some(byte), _) => bytes[at] = byte ^ 1 << below(8),
        }
    }
    if number % 4 == 3 {
        bytes.truncate(below(bytes.len() + 1));
    }
    bytes
}
