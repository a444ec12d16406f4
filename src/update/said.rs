//! What the worker said, taken into the model.

use crate::model::{Link, Model, OwnRecording, Said, saving::Saving};

use super::{Effect, saving, toast};

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
                    let between = if model.own.fills {
                        "What happened between is filled from the node’s own recorder."
                    } else {
                        "The time between is a gap in the timeline."
                    };
                    toast(model, false, format!("The link is back. {between}"), effects);
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
        Said::Own(own) => {
            model.own = OwnRecording {
                frames: model.own.frames + own.frames,
                from_ms: [model.own.from_ms, own.from_ms].into_iter().flatten().min(),
                ..own
            };
        }
        Said::Preview(preview) => {
            if let Some(state) = &mut model.saving {
                state.preview = Some(preview);
            }
        }
        Said::Saving(how) => {
            if let Some(state) = &mut model.saving {
                state.saving = how;
            }
        }
        Said::Saved(saved) => saving::saved(model, &saved, effects),
        Said::Lost(why) => {
            if let Some(state) = &mut model.saving
                && matches!(state.saving, Saving::Running(_))
            {
                state.saving = Saving::Failed("The engine stopped while it was being saved.".to_owned());
            }
            model.notice = Some(format!(
                "The engine stopped ({why}). It is being started again and filled from what was kept."
            ));
        }
        Said::Recovered(how) => model.notice = Some(how),
    }
}
