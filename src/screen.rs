//! The screens: each has its own state, its actions, what it asks of the engine, and a component that shows the answer.
//! No screen holds data of its own; a later screen never imports another's.

pub mod connections;
pub mod events;
pub mod graph;
pub mod inspector;
pub mod overview;

use std::rc::Rc;

use peerscope_engine::frame::{Answer, Frame};
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
