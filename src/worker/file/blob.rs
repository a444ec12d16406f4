//! A file that the user chose or dropped, piece by piece.

use std::{collections::VecDeque, rc::Rc};

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Blob;

use super::{end_broken, room};
use crate::{bridge, worker::Worker};

/// So many pieces are asked for before they are wanted: a browser reads one only as far as a small pipe holds it until this
/// thread comes to empty it, and that is between two slices.
const AT_ONCE: usize = 3;
/// 4 MiB at a time.
const PIECE: f64 = (4 << 20) as f64;

/// Reads a file until it is whole in, another source was opened, or the user has enough of it.
pub fn read_file(worker: Rc<Worker>, epoch: u32, blob: Blob) {
    let total = blob.size();
    worker.loading(epoch, |loading| loading.total = Some(total as u64));
    spawn_local(async move {
        let (mut at, mut coming) = (0.0, VecDeque::new());
        while room(&worker, epoch).await {
            while at < total && coming.len() < AT_ONCE {
                let end = (at + PIECE).min(total);
                let piece = blob.slice_with_f64_and_f64(at, end);
                coming.push_back(piece.map(|piece| JsFuture::from(piece.array_buffer())));
                at = end;
            }
            let piece = match coming.pop_front() {
                Some(Ok(piece)) => piece.await,
                Some(Err(error)) => Err(error),
                None => break,
            };
            match piece.map(|piece| piece.dyn_into::<ArrayBuffer>()) {
                Ok(Ok(buffer)) => worker.loading(epoch, |loading| loading.add(Uint8Array::new(&buffer))),
                Ok(Err(error)) | Err(error) => {
                    end_broken(&worker, epoch, unreadable(&bridge::reason(&error)));
                    return;
                }
            }
        }
        worker.loading(epoch, |loading| loading.ended = true);
    });
}

/// A browser gives a file as it was when it was chosen, or not at all.
fn unreadable(said: &str) -> String {
    format!(
        "The rest of the file can't be read: it was changed, moved or deleted since it was opened, or its disk is gone. \
         (The browser says: {said})"
    )
}
