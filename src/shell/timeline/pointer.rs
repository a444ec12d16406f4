//! The pointer on the strip: a click sets the cursor, a drag the range.

use std::{cell::Cell, rc::Rc};

use peerscope_engine::view::{Cursor, Range};
use web_sys::{HtmlCanvasElement, PointerEvent};
use yew::prelude::*;

use super::axis::Axis;
use crate::model::Action;

/// Less is a click by an unsteady hand.
const DRAG: f64 = 4.0;

/// px from the left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drag {
    from: f64,
    to: f64,
}

impl Drag {
    /// None: it is a click so far.
    pub fn range(&self, axis: Axis) -> Option<Range> {
        let (left, right) = (self.from.min(self.to), self.from.max(self.to));
        (right - left > DRAG).then(|| Range { from_ms: axis.at(left), to_ms: axis.at(right) })
    }
}

/// The drag under way. Handlers read it as it is, and not as it was when they were made: a quick click ends before anything
/// is drawn again.
#[derive(Clone)]
pub struct Dragging {
    now: Rc<Cell<Option<Drag>>>,
    draw: UseForceUpdateHandle,
}

#[hook]
pub fn use_drag() -> Dragging {
    let now = use_memo((), |()| Cell::new(None));
    Dragging { now, draw: use_force_update() }
}

impl Dragging {
    pub fn get(&self) -> Option<Drag> {
        self.now.get()
    }

    fn set(&self, drag: Option<Drag>) {
        self.now.set(drag);
        self.draw.force_update();
    }
}

pub struct Handlers {
    pub down: Callback<PointerEvent>,
    pub moved: Callback<PointerEvent>,
    pub up: Callback<PointerEvent>,
    pub cancel: Callback<PointerEvent>,
}

pub fn handlers(
    canvas: &NodeRef,
    drag: &Dragging,
    axis: Option<Axis>,
    dispatch: &Callback<Action>,
) -> Handlers {
    let down = {
        let (canvas, drag) = (canvas.clone(), drag.clone());
        Callback::from(move |event: PointerEvent| {
            if axis.is_none() || event.button() != 0 {
                return;
            }
            if let Some(canvas) = canvas.cast::<HtmlCanvasElement>() {
                // A pointer that is gone can't be held, and needs not be.
                drop(canvas.set_pointer_capture(event.pointer_id()));
            }
            let x = f64::from(event.offset_x());
            drag.set(Some(Drag { from: x, to: x }));
        })
    };
    let moved = {
        let drag = drag.clone();
        Callback::from(move |event: PointerEvent| {
            if let Some(now) = drag.get() {
                drag.set(Some(Drag { to: f64::from(event.offset_x()), ..now }));
            }
        })
    };
    let up = {
        let (drag, dispatch) = (drag.clone(), dispatch.clone());
        Callback::from(move |event: PointerEvent| {
            let (Some(now), Some(axis)) = (drag.get(), axis) else { return };
            drag.set(None);
            let now = Drag { to: f64::from(event.offset_x()), ..now };
            dispatch.emit(match now.range(axis) {
                Some(range) => Action::Range(Some(range)),
                // At the end there is no later moment to stay at.
                None if axis.at(now.to) >= axis.told_ms => Action::Cursor(Cursor::Live),
                None => Action::Cursor(Cursor::At(axis.at(now.to))),
            });
        })
    };
    let cancel = {
        let drag = drag.clone();
        Callback::from(move |_: PointerEvent| drag.set(None))
    };
    Handlers { down, moved, up, cancel }
}
