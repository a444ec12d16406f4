//! What happens in the dialog that saves.

use peerscope_engine::view::Range;

use super::{Effect, toast};
use crate::{
    format,
    model::{
        Model,
        saving::{Action, LAST_MS, Saved, Saving, State, Stretch, Switch},
    },
};

pub fn update(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    if let Action::Open(tab, salt) = action {
        model.record_panel = false;
        model.saving = Some(State::new(tab, model.route.range, salt));
        preview(model, effects);
        return;
    }
    let span = span(model);
    let selection = model.route.range;
    let Some(state) = &mut model.saving else { return };
    let running = matches!(state.saving, Saving::Running(_));
    match action {
        Action::Open(..) => {}
        Action::Close => {
            if running {
                effects.push(Effect::CancelExport);
            }
            model.saving = None;
        }
        Action::Tab(tab) => state.tab = tab,
        Action::Stretch(stretch) => state.stretch = stretch,
        Action::Pack(packed) => state.packed = packed,
        Action::Switch(switch) => {
            let replace = &mut state.replace;
            let on = match switch {
                Switch::Addresses => &mut replace.addresses,
                Switch::PeerIds => &mut replace.peer_ids,
                Switch::EventContent => &mut replace.event_content,
                Switch::Agents => &mut replace.agents,
            };
            *on = !*on;
            preview(model, effects);
        }
        Action::Carry(part) => match state.without.iter().position(|without| *without == part) {
            Some(at) => drop(state.without.remove(at)),
            None => state.without.push(part),
        },
        Action::Save if running => {}
        Action::Save => {
            state.saving = Saving::Running(0.0);
            let range = range(state.stretch, selection, span);
            let (replace, salt, packed) = (state.replace, state.salt, state.packed);
            let name = file_name(model);
            effects.push(Effect::Export { range, replace, salt, packed, name });
        }
        Action::Cancel => {
            state.saving = Saving::Idle;
            effects.push(Effect::CancelExport);
        }
    }
}

fn preview(model: &Model, effects: &mut Vec<Effect>) {
    if let Some(state) = &model.saving {
        effects.push(Effect::Preview { replace: state.replace, salt: state.salt });
    }
}

/// The file is the user's.
pub fn saved(model: &mut Model, told: &Saved, effects: &mut Vec<Effect>) {
    let Saved { ref name, frames, damaged, left_out } = *told;
    model.saving = None;
    let mut text = format!("Saved {} frames as {name}.", format::count(frames));
    if damaged > 0 {
        text += &format!(" {} damaged ones of the source are not in the file.", format::count(damaged));
    }
    if left_out > 0 {
        text += &format!(
            " {} things were left out: they were not understood, and could not be redacted.",
            format::count(left_out)
        );
    }
    // What is missing is not to leave by itself.
    toast(model, damaged + left_out > 0, text, effects);
}

fn span(model: &Model) -> Option<Range> {
    model.frame.as_ref().and_then(|frame| frame.head.span)
}

/// The stretch as times; None is all.
pub fn range(stretch: Stretch, selection: Option<Range>, span: Option<Range>) -> Option<Range> {
    match stretch {
        Stretch::All => None,
        Stretch::Selection => selection,
        Stretch::Last => {
            let span = span?;
            Some(Range { from_ms: span.from_ms.max(span.to_ms.saturating_sub(LAST_MS)), to_ms: span.to_ms })
        }
    }
}

/// `peerscope-WWD6rC2z-2026-11-23-1419.libp2p.trace`: the node's tail, unless it is to be replaced, and when it begins.
#[must_use]
pub fn file_name(model: &Model) -> String {
    let Some(state) = &model.saving else { return String::new() };
    let node =
        model.frame.as_ref().and_then(|frame| frame.head.node.as_ref()).and_then(|node| node.peer_id.clone());
    let node = node.filter(|_| !state.replace.peer_ids).map(|id| {
        // What a node says of itself may be anything; a file's name may not.
        let tail: String =
            format::peer_parts(&id).1.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
        format!("{tail}-")
    });
    let range = range(state.stretch, model.route.range, span(model)).or(span(model));
    let begin = range.map_or(model.now_ms as u64, |range| range.from_ms);
    let time = format::date_clock(begin, model.zone_minutes, format::Clock::Minutes)
        .replace(' ', "-")
        .replace(':', "");
    let packed = if state.packed { ".gz" } else { "" };
    format!("peerscope-{}{time}.libp2p.trace{packed}", node.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use peerscope_engine::frame::{Frame, Head, NodeCard};

    use super::*;
    use crate::model::saving::{Replace, Tab};

    fn model() -> Model {
        let node = NodeCard {
            peer_id: Some("12D3KooWK3qDfrsRBWW6mV8M2ayyNxV7WssSx4KziMj7N5cAHtSb".into()),
            ..NodeCard::default()
        };
        // 2026-11-23, 14:19 to 14:39.
        let span = Range { from_ms: 1_795_443_540_000, to_ms: 1_795_444_740_000 };
        let head = Head { node: Some(node), span: Some(span), ..Head::default() };
        let frame = Frame { head, ..Frame::default() };
        Model { frame: Some(Rc::new(frame)), ..Model::default() }
    }

    fn act(model: &mut Model, action: Action) -> Vec<Effect> {
        let mut effects = Vec::new();
        update(model, action, &mut effects);
        effects
    }

    #[test]
    fn a_file_is_named_by_node_and_time_and_by_time_alone_where_the_node_is_replaced() {
        let mut model = model();
        act(&mut model, Action::Open(Tab::File, [1; 32]));
        assert_eq!(file_name(&model), "peerscope-2026-11-23-1419.libp2p.trace");
        act(&mut model, Action::Switch(Switch::PeerIds));
        act(&mut model, Action::Pack(true));
        act(&mut model, Action::Stretch(Stretch::Last));
        assert_eq!(file_name(&model), "peerscope-N5cAHtSb-2026-11-23-1434.libp2p.trace.gz");
    }

    #[test]
    fn what_is_chosen_is_what_is_saved() {
        let mut model = model();
        model.route.range = Some(Range { from_ms: 5, to_ms: 9 });
        let asked = act(&mut model, Action::Open(Tab::File, [1; 32]));
        assert_eq!(asked, [Effect::Preview { replace: Replace::default(), salt: [1; 32] }]);
        for switch in [Switch::Addresses, Switch::PeerIds, Switch::EventContent] {
            assert_eq!(act(&mut model, Action::Switch(switch)).len(), 1);
        }
        let effects = act(&mut model, Action::Save);
        let [Effect::Export { range, replace, .. }] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!((*range, *replace), (model.route.range, Replace::none()));
        assert_eq!(act(&mut model, Action::Save), [], "it is being saved already");
        assert_eq!(act(&mut model, Action::Close), [Effect::CancelExport]);
        assert_eq!(model.saving, None);
    }

    #[test]
    fn a_file_that_lacks_something_says_so_until_it_is_read() {
        let mut model = model();
        let mut effects = Vec::new();
        let whole = Saved { name: "a.libp2p.trace".into(), frames: 10, damaged: 0, left_out: 0 };
        saved(&mut model, &whole, &mut effects);
        saved(&mut model, &Saved { damaged: 2, left_out: 3, ..whole }, &mut effects);
        assert_eq!(model.toasts[0].text, "Saved 10 frames as a.libp2p.trace.");
        assert_eq!(model.toasts.iter().map(|toast| toast.error).collect::<Vec<_>>(), [false, true]);
        assert!(model.toasts[1].text.contains("2 damaged") && model.toasts[1].text.contains("3 things"));
    }
}
