//! The name by which this tab's files are told from those of others, and the lock that says that it lives. The page holds it
//! and not the worker, so that it outlives a worker that crashed.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use yew::Callback;

use super::Heard;
use crate::{bridge::tab_lock, dom};

/// Whose files this tab's are.
#[derive(Debug, Default, PartialEq)]
pub enum Tab {
    /// The lock is asked for.
    #[default]
    Asked,
    Named(String),
    /// There are no locks here: another tab could not know that this one lives, and would remove its files.
    Nameless,
}

impl Tab {
    /// The folder for the files of a source.
    pub fn folder(&self, source: u32) -> Option<String> {
        match self {
            Tab::Named(name) => Some(format!("{name}/{source}")),
            Tab::Asked | Tab::Nameless => None,
        }
    }
}

/// Asks for a lock of a new name and holds it as long as the page lives.
pub fn ask(heard: &Callback<Heard>) {
    if request(heard).is_err() {
        heard.emit(Heard::Tab(Tab::Nameless));
    }
}

/// 128 bits tell tabs apart.
fn name(random: [u8; 32]) -> String {
    random.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn request(heard: &Callback<Heard>) -> Result<(), JsValue> {
    // Not `randomUUID`: a page over plain http from another machine has none.
    let random = name(dom::random().ok_or(JsValue::NULL)?);
    let locks = Reflect::get(&dom::window().navigator(), &"locks".into())?;
    let request: Function = Reflect::get(&locks, &"request".into())?.dyn_into()?;
    let (granted, name) = (heard.clone(), random.clone());
    let on_lock = Closure::once_into_js(move |_: JsValue| -> JsValue {
        granted.emit(Heard::Tab(Tab::Named(name)));
        // Held until this is kept: never.
        Promise::new(&mut |_, _| ()).into()
    });
    let asked: Promise = request.call2(&locks, &tab_lock(&random).into(), &on_lock)?.dyn_into()?;
    let refused = heard.clone();
    let on_refused = Closure::<dyn FnMut(JsValue)>::new(move |_| refused.emit(Heard::Tab(Tab::Nameless)));
    drop(asked.catch(&on_refused));
    // It may be called as long as the page lives.
    on_refused.forget();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_of_a_folder_and_of_random_bytes() {
        let one = name(std::array::from_fn(|at| at as u8 + 9));
        assert_eq!(one, "090a0b0c0d0e0f101112131415161718");
        assert_ne!(name([255; 32]), one);
        assert_eq!(Tab::Named(one).folder(3).as_deref(), Some("090a0b0c0d0e0f101112131415161718/3"));
        assert_eq!(Tab::Nameless.folder(3), None);
    }
}
