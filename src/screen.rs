//! The screens: each has its own state, its actions, what it asks of the engine, and a component that shows the answer.
//! No screen holds data of its own; a later screen never imports another's.

pub mod connections;
pub mod events;
pub mod graph;
pub mod inspector;
pub mod overview;

use std::rc::Rc;

use peerscope_engine::{
    frame::{Answer, Frame, Kind},
    view::Key,
};
use yew::prelude::*;

use crate::model::{Action, Model};

/// What every screen gets.
#[derive(Clone, Properties)]
pub struct ScreenProps {
    pub model: Rc<Model>,
    pub dispatch: Callback<Action>,
}

impl PartialEq for ScreenProps {
    /// Two models are the same when they are the same allocation: comparing their frames would cost more than drawing.
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.model, &other.model) && self.dispatch == other.dispatch
    }
}

/// The newest frame that has an answer of one kind: while a newer one is under way the last stays on the screen.
#[hook]
pub fn use_answered(frame: &Option<Rc<Frame>>, is: fn(&Answer) -> bool) -> Option<Rc<Frame>> {
    let last = use_mut_ref(|| None::<Rc<Frame>>);
    let mut last = last.borrow_mut();
    match frame {
        None => *last = None,
        Some(frame) if frame.panels.iter().any(is) => *last = Some(frame.clone()),
        Some(_) => {}
    }
    last.clone()
}

/// What is selected, as every screen shows it: itself, and the peer that it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Selected<'a> {
    key: Option<&'a Key>,
    peer: Option<&'a str>,
}

impl<'a> Selected<'a> {
    pub fn of(model: &'a Model) -> Self {
        let key = model.route.selection.as_ref();
        // Which peer a connection or stream belongs to is what the engine says of the selection.
        let known = model.frame.iter().flat_map(|frame| &frame.panels).find_map(|panel| match panel {
            Answer::Inspector(known) => known.as_deref(),
            _ => None,
        });
        let peer = known
            .filter(|known| Some(&known.key) == key && known.kind != Kind::Event && !known.title.is_empty())
            .map(|known| known.title.as_str());
        Self { key, peer }
    }

    /// The thing itself.
    pub fn is(self, key: &Key) -> bool {
        self.key == Some(key)
    }

    /// The peer, or something of it.
    pub fn is_peer(self, key: &Key, id: &str) -> bool {
        self.is(key) || self.peer == Some(id)
    }
}
