//! What the worker said, taken into the model.

use crate::model::{Link, Model, Said};

use super::{Effect, toast};

pub fn said(model: &mut Model, said: Said, effects: &mut Vec<Effect>) {
    match said {
        Said::Frame(frame) => {
            // A history of another source, or one filled anew, lost what was counted before.
            model.lost_seen = model.lost_seen.min(frame.head.problems.lost_events);
            model.frame = Some(frame);
        }
        Said::Link(link) => {
            match &link {
                Link::Waiting { lost_at_ms: Some(at), .. } => model.lost_at_ms = Some(*at),
                Link::Live { .. } | Link::Paused { .. } if model.lost_at_ms.take().is_some() => {
                    toast(
                        model,
                        false,
                        "The link is back. The time between is a gap in the timeline.".to_owned(),
                        effects,
                    );
                }
                _ => {}
            }
            // While it is tried again, what to look at stays there to be read.
            if matches!(link, Link::Live { .. } | Link::Paused { .. }) {
                model.error = None;
            }
            model.link = link;
        }
        Said::Trouble(trouble) => model.error = Some(trouble),
        Said::Note(text) => toast(model, true, text, effects),
        Said::Behind(behind) => model.behind = behind,
        Said::Recording(recording) => model.recording = recording,
        Said::Lost(why) => {
            model.notice = Some(format!(
                "The engine stopped ({why}). It is being started again and filled from what was kept."
            ));
        }
        Said::Recovered(how) => model.notice = Some(how),
    }
}
