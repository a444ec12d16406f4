//! The browser's private file system: folders of tabs, in them folders of sources, in them parts. A file is written through
//! a handle that only a worker gets, and read as the browser reads any file.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DedicatedWorkerGlobalScope, File, FileSystemDirectoryHandle, FileSystemFileHandle,
    FileSystemGetDirectoryOptions, FileSystemGetFileOptions, FileSystemReadWriteOptions,
    FileSystemRemoveOptions, FileSystemSyncAccessHandle, StorageManager,
};

use crate::bridge::{reason, tab_lock};

/// All of ours lies in here.
const ROOT: &str = "peerscope";

/// Why it can't be used, in words for people.
pub type Refused = String;

async fn done<T: JsCast>(promise: Promise) -> Result<T, Refused> {
    let value = JsFuture::from(promise).await.map_err(|error| reason(&error))?;
    Ok(value.unchecked_into())
}

/// None where the browser has none, or gives none to a page that is not secure.
fn storage(scope: &DedicatedWorkerGlobalScope) -> Option<StorageManager> {
    let storage = Reflect::get(&scope.navigator(), &"storage".into()).ok()?;
    let storage = storage.is_object().then(|| storage.unchecked_into::<StorageManager>())?;
    Reflect::get(&storage, &"getDirectory".into()).ok()?.is_function().then_some(storage)
}

/// Bytes the browser has left for this origin, where it says so.
pub async fn left(scope: &DedicatedWorkerGlobalScope) -> Option<u64> {
    let estimate = JsFuture::from(storage(scope)?.estimate().ok()?).await.ok()?;
    let figure = |key: &str| Reflect::get(&estimate, &key.into()).ok().and_then(|figure| figure.as_f64());
    Some((figure("quota")? - figure("usage")?).max(0.0) as u64)
}

async fn root(scope: &DedicatedWorkerGlobalScope) -> Result<FileSystemDirectoryHandle, Refused> {
    let storage = storage(scope).ok_or("this browser has no private files for this page")?;
    let all = done(storage.get_directory()).await?;
    folder_in(&all, ROOT).await
}

async fn folder_in(
    parent: &FileSystemDirectoryHandle,
    name: &str,
) -> Result<FileSystemDirectoryHandle, Refused> {
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(true);
    done(parent.get_directory_handle_with_options(name, &options)).await
}

/// The folder of a source, `TAB/NUMBER`, made where it is not there.
pub async fn folder(
    scope: &DedicatedWorkerGlobalScope,
    name: &str,
) -> Result<FileSystemDirectoryHandle, Refused> {
    let mut folder = root(scope).await?;
    for name in name.split('/') {
        folder = folder_in(&folder, name).await?;
    }
    Ok(folder)
}

/// Removes the folder of a source with all that is in it. What can't be removed now is, once the tab is gone.
pub async fn remove_folder(scope: &DedicatedWorkerGlobalScope, name: &str) -> Result<(), Refused> {
    let (tab, source) = name.split_once('/').ok_or("no folder of a source")?;
    let tab = folder_in(&root(scope).await?, tab).await?;
    remove(&tab, source).await
}

/// Removes a file or a folder.
pub async fn remove(folder: &FileSystemDirectoryHandle, name: &str) -> Result<(), Refused> {
    let options = FileSystemRemoveOptions::new();
    options.set_recursive(true);
    done::<JsValue>(folder.remove_entry_with_options(name, &options)).await.map(drop)
}

/// Names in a folder.
async fn names(folder: &FileSystemDirectoryHandle) -> Result<Vec<String>, Refused> {
    let keys = folder.keys();
    let mut names = Vec::new();
    loop {
        let next: JsValue = done(keys.next().map_err(|error| reason(&error))?).await?;
        let get = |key: &str| Reflect::get(&next, &key.into()).unwrap_or(JsValue::UNDEFINED);
        if get("done").is_truthy() {
            return Ok(names);
        }
        names.extend(get("value").as_string());
    }
}

pub fn part_name(number: u32) -> String {
    format!("{number}.part")
}

/// Numbers of the parts in a folder, oldest first.
pub async fn parts(folder: &FileSystemDirectoryHandle) -> Result<Vec<u32>, Refused> {
    let names = names(folder).await?;
    let mut numbers: Vec<u32> =
        names.iter().filter_map(|name| name.strip_suffix(".part")?.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// A part that is being written, until it is dropped.
pub struct Writing {
    handle: FileSystemSyncAccessHandle,
    at: f64,
}

impl Writing {
    pub async fn begin(folder: &FileSystemDirectoryHandle, number: u32) -> Result<Self, Refused> {
        let options = FileSystemGetFileOptions::new();
        options.set_create(true);
        let file: FileSystemFileHandle =
            done(folder.get_file_handle_with_options(&part_name(number), &options)).await?;
        if !Reflect::has(&file, &"createSyncAccessHandle".into()).unwrap_or(false) {
            return Err("this browser lets no worker write private files".to_owned());
        }
        let handle: FileSystemSyncAccessHandle = done(file.create_sync_access_handle()).await?;
        Ok(Self { handle, at: 0.0 })
    }

    /// Appends. What is written is read by others from then on; that it outlives the machine is not promised.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let options = FileSystemReadWriteOptions::new();
        options.set_at(self.at);
        let written = self.handle.write_with_u8_array_and_options(bytes, &options);
        let written = written.map_err(|error| reason(&error))?;
        if written < bytes.len() as f64 {
            return Err(format!("only {written} of {} bytes could be written", bytes.len()));
        }
        self.at += written;
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.handle.close();
    }
}

/// A part that is not written any more, as a file.
pub async fn read(folder: &FileSystemDirectoryHandle, number: u32) -> Result<File, Refused> {
    let handle: FileSystemFileHandle = done(folder.get_file_handle(&part_name(number))).await?;
    done(handle.get_file()).await
}

/// Removes what tabs left behind that are gone: those whose lock nobody holds. Ours is held by our page.
pub async fn sweep(scope: &DedicatedWorkerGlobalScope) -> Result<(), Refused> {
    let root = root(scope).await?;
    let locks = Reflect::get(&scope.navigator(), &"locks".into()).map_err(|error| reason(&error))?;
    for tab in names(&root).await? {
        let folder = root.clone();
        let name = tab.clone();
        // While it is removed the lock is ours, so that nobody takes it up.
        let with_lock = Closure::once(move |lock: JsValue| -> JsValue {
            if lock.is_null() {
                return JsValue::UNDEFINED;
            }
            let removing = async move {
                // A worker that ends just now still has it open: it is removed the next time.
                drop(remove(&folder, &name).await);
                Ok(JsValue::UNDEFINED)
            };
            wasm_bindgen_futures::future_to_promise(removing).into()
        });
        let options = js_sys::Object::new();
        Reflect::set(&options, &"ifAvailable".into(), &true.into()).map_err(|error| reason(&error))?;
        let request: Function = Reflect::get(&locks, &"request".into())
            .and_then(|request| request.dyn_into())
            .map_err(|_| "this browser has no locks")?;
        let arguments = Array::of3(&tab_lock(&tab).into(), &options, with_lock.as_ref());
        let asked = request.apply(&locks, &arguments).map_err(|error| reason(&error))?;
        done::<JsValue>(Promise::resolve(&asked)).await?;
    }
    Ok(())
}
