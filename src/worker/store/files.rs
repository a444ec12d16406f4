//! The files of a store: opening them, going on in the next part, ending one so that it can be read, and removing them.

use std::rc::Rc;

use web_sys::{Blob, File, FileSystemDirectoryHandle};

use super::{
    Place, Store,
    opfs::{self, Refused, Writing},
    parts::{self, Part, Parts},
};
use crate::worker::Worker;

/// A part that is there already; its file, where it can be opened.
type Found = (Part, Option<File>);

/// What was written, to be read.
#[derive(Default)]
pub struct Sealed {
    /// Oldest first.
    pub files: Vec<Blob>,
    /// Parts that could not be opened.
    pub skipped: u32,
}

/// Opens the folder of a source; the parts that are in it already, oldest first. None: the source is another by now.
pub async fn open(worker: &Rc<Worker>, epoch: u32, name: Option<String>) -> Option<Vec<Found>> {
    worker.store(epoch, |store| {
        store.name.clone_from(&name);
        store.place = Place::Opening(None);
    })?;
    let opened = match &name {
        Some(name) => folder(worker, name).await,
        None => Err("this browser has no locks, by which tabs tell whose files are whose".to_owned()),
    };
    worker.store(epoch, |store| match opened {
        Ok((folder, quota, parts)) => {
            let dropped = store.parts.dropped;
            store.parts = Parts::new(quota);
            store.parts.dropped = dropped;
            parts.iter().for_each(|(part, _)| store.parts.begin(*part));
            store.place = Place::Opening(Some(folder));
            parts
        }
        Err(why) => {
            store.give_up(why);
            Vec::new()
        }
    })
}

async fn folder(
    worker: &Rc<Worker>,
    name: &str,
) -> Result<(FileSystemDirectoryHandle, u64, Vec<Found>), Refused> {
    let scope = worker.scope();
    let quota =
        parts::quota(opfs::left(scope).await).ok_or("the browser has little room left for this page")?;
    let folder = opfs::folder(scope, name).await?;
    let mut parts = Vec::new();
    for number in opfs::parts(&folder).await? {
        let file = opfs::read(&folder, number).await.ok();
        let bytes = file.as_ref().map_or(0, |file| file.size() as u64);
        parts.push((Part { number, bytes, messages: 0, from_ms: None }, file));
    }
    Ok((folder, quota, parts))
}

/// Begins to write, once what was there before is read: in a part of its own.
pub async fn write(worker: &Rc<Worker>, epoch: u32) {
    let Some(Some((folder, number))) = worker.store(epoch, |store| match &store.place {
        Place::Opening(Some(folder)) => Some((folder.clone(), store.parts.next())),
        _ => None,
    }) else {
        return;
    };
    let begun = Writing::begin(&folder, number).await;
    // The first part has all that came until now.
    let from_ms = worker.newest_ms().filter(|_| number > 0);
    let still = worker.store(epoch, |store| match begun {
        Ok(writing) => {
            store.place = Place::Files { folder, writing, turning: false };
            store.begin(number, from_ms);
        }
        Err(why) => store.give_up(why),
    });
    if still.is_some() {
        worker.keep_store();
        // Only what could not be removed stays, until another tab tries.
        drop(opfs::sweep(worker.scope()).await);
    }
}

/// Makes the next part, and goes on in it; drops the oldest where there are too many.
pub(super) async fn turn(worker: Rc<Worker>, epoch: u32, folder: FileSystemDirectoryHandle, number: u32) {
    let begun = Writing::begin(&folder, number).await;
    let (now_ms, from_ms) = (worker.now(), worker.newest_ms());
    let gone = worker.store(epoch, |store| {
        store.write(now_ms, true);
        // Else it was given up meanwhile.
        if !matches!(store.place, Place::Files { .. }) {
            return Vec::new();
        }
        match begun {
            Ok(writing) => {
                store.place = Place::Files { folder: folder.clone(), writing, turning: false };
                store.begin(number, from_ms);
            }
            Err(why) => store.give_up(why),
        }
        store.shrink()
    });
    for part in gone.unwrap_or_default() {
        // A file that can't be removed is, with the folder.
        drop(opfs::remove(&folder, &opfs::part_name(part.number)).await);
    }
    worker.keep_store();
}

/// Ends the part that is being written, so that all of it can be read, and keeps all parts until [`unseal`].
pub async fn seal(worker: &Rc<Worker>, epoch: u32) -> Sealed {
    worker.store(epoch, |store| store.reading += 1);
    // Another part may be on the way already: then what is written now is in the one before it.
    while worker.store(epoch, |store| matches!(store.place, Place::Files { turning: true, .. })) == Some(true)
    {
        worker.pause().await;
    }
    let next = worker.store(epoch, |store| match &mut store.place {
        Place::Files { folder, turning, .. } => {
            *turning = true;
            Some((folder.clone(), store.parts.next()))
        }
        _ => None,
    });
    if let Some(Some((folder, number))) = next {
        turn(worker.clone(), epoch, folder, number).await;
    }
    let Some((Some(folder), numbers)) = worker.store(epoch, |store| (store.folder(), store.sealed())) else {
        return Sealed::default();
    };
    let mut sealed = Sealed::default();
    for number in numbers {
        match opfs::read(&folder, number).await {
            Ok(file) => sealed.files.push(file.into()),
            Err(_) => sealed.skipped += 1,
        }
    }
    sealed
}

/// The parts may go again.
pub fn unseal(worker: &Rc<Worker>, epoch: u32) {
    worker.store(epoch, |store| store.reading = store.reading.saturating_sub(1));
}

/// Removes the files of a source that was closed.
pub fn discard(worker: &Rc<Worker>, store: Store) {
    let Some(name) = store.name.clone() else { return };
    // Closes what is being written.
    drop(store);
    let worker = worker.clone();
    wasm_bindgen_futures::spawn_local(async move {
        // What can't be removed now is, once the tab is gone.
        drop(opfs::remove_folder(worker.scope(), &name).await);
    });
}
