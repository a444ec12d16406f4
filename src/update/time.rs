//! Moving through time.

use peerscope_engine::view::Cursor;

use crate::model::Model;

/// One step is exact: the frame names the moment before and after. More steps take the mean distance of snapshots, and
/// the engine then shows the one that it finds there.
pub fn step(model: &mut Model, by: i32) {
    let Some(frame) = &model.frame else { return };
    let head = &frame.head;
    let to = match by {
        0 => return,
        -1 => head.previous_ms,
        1 => head.next_ms,
        _ => {
            let (Some(at), Some(span)) = (head.cursor_ms, head.span) else { return };
            let each = (span.to_ms - span.from_ms.min(span.to_ms)) / u64::from(head.snapshots.max(2) - 1);
            let way = each.saturating_mul(u64::from(by.unsigned_abs()));
            let to = if by < 0 { at.saturating_sub(way) } else { at.saturating_add(way) };
            Some(to.clamp(span.from_ms, span.to_ms.max(span.from_ms)))
        }
    };
    match to {
        Some(at) => model.route.cursor = Cursor::At(at),
        // Past the last one there is only what comes.
        None if by > 0 => model.route.cursor = Cursor::Live,
        None => {}
    }
}

/// Holds the view at the moment that it shows; held, it follows again.
pub fn hold(model: &mut Model) {
    model.route.cursor = match (model.route.cursor, &model.frame) {
        (Cursor::At(_), _) => Cursor::Live,
        (Cursor::Live, Some(frame)) => frame.head.cursor_ms.map_or(Cursor::Live, Cursor::At),
        (Cursor::Live, None) => Cursor::Live,
    };
}

/// The moment that is on the screen.
pub fn shown_ms(model: &Model) -> Option<u64> {
    match model.route.cursor {
        Cursor::At(at) => Some(at),
        Cursor::Live => model.frame.as_ref()?.head.cursor_ms,
    }
}

/// The pinned moment and the one shown change places.
pub fn swap(model: &mut Model) {
    if let (Some(pinned), Some(shown)) = (model.route.pinned_ms, shown_ms(model)) {
        model.route.pinned_ms = Some(shown);
        model.route.cursor = Cursor::At(pinned);
    }
}
