//! What is being typed into the query box: where the caret stands, and what is proposed there. Pure.
//!
//! The engine counts bytes of the query, a text field of the browser UTF-16 units: it is turned here, and only here.

use peerscope_engine::{
    frame::{Answer, Completion, Frame, Proposal, QueryError},
    view::{CompletionAsk, Panel},
};

use crate::model::{Model, Screen};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// In bytes of the query; None: the box is not typed in.
    pub caret: Option<usize>,
    /// Which proposal is chosen, counted through all groups.
    pub chosen: Option<usize>,
    /// The list was closed, until something is typed.
    pub closed: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The query, and the caret in it.
    Typed(String, usize),
    /// The caret moved, or came into the box.
    Caret(usize),
    Left,
    /// The next proposal (1) or the one before (-1).
    Choose(i32),
    CloseList,
}

pub fn update(model: &mut Model, action: Action) {
    let state = &mut model.search;
    match action {
        Action::Typed(text, caret) => {
            *state = State { caret: Some(caret), ..State::default() };
            model.route.query = text;
        }
        Action::Caret(caret) if state.caret == Some(caret) => {}
        Action::Caret(caret) => {
            state.caret = Some(caret);
            state.chosen = None;
        }
        Action::Left => *state = State::default(),
        Action::CloseList => {
            state.closed = true;
            state.chosen = None;
        }
        Action::Choose(by) => {
            let count = completion(model).map_or(0, |completion| proposals(completion).count()) as i64;
            let from = model.search.chosen.map_or(if by > 0 { -1 } else { count }, |at| at as i64);
            model.search.chosen = (count > 0)
                .then(|| (from + i64::from(by)).rem_euclid(count))
                .and_then(|at| usize::try_from(at).ok());
        }
    }
}

/// What is asked of the engine besides the screen.
pub fn ask(model: &Model) -> Option<Panel> {
    let caret = model.search.caret.filter(|_| !model.search.closed)?;
    let events = model.route.screen == Screen::Events;
    Some(Panel::Completion(CompletionAsk { caret: u32::try_from(caret).ok()?, events }))
}

/// The newest list, while there is one to show; it may be that of the text a moment ago.
pub fn completion(model: &Model) -> Option<&Completion> {
    model.search.caret.filter(|_| !model.search.closed)?;
    let completion = model.frame.as_deref()?.panels.iter().find_map(|panel| match panel {
        Answer::Completion(completion) => Some(completion),
        _ => None,
    })?;
    proposals(completion).next().map(|_| completion)
}

/// What a group of the list proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Values,
    Operators,
    Fields,
}

/// In the order shown: values, operators, fields. A bare word is the name of a field first.
pub fn groups(completion: &Completion) -> [(Part, &[Proposal]); 3] {
    let values = (Part::Values, completion.values.as_slice());
    let operators = (Part::Operators, completion.operators.as_slice());
    let fields = (Part::Fields, completion.fields.as_slice());
    if completion.field.is_some() { [values, operators, fields] } else { [fields, values, operators] }
}

/// All of them, as they are chosen by keys.
pub fn proposals(completion: &Completion) -> impl Iterator<Item = &Proposal> {
    groups(completion).into_iter().flat_map(|(_, proposals)| proposals)
}

/// What is wrong with the query as it stands in the box.
pub fn error(model: &Model) -> Option<&QueryError> {
    let frame = model.frame.as_deref()?;
    let error = of_screen(frame)?;
    // While the next answer is under way, the last one's places may be elsewhere.
    let fits = error.term.to as usize <= model.route.query.len()
        && model.route.query.is_char_boundary(error.at.from as usize)
        && model.route.query.is_char_boundary(error.at.to as usize);
    let is_same = frame.panels.iter().all(|panel| match panel {
        Answer::Completion(completion) => completion.text == model.route.query,
        _ => true,
    });
    (fits && is_same).then_some(error)
}

fn of_screen(frame: &Frame) -> Option<&QueryError> {
    frame.panels.iter().find_map(|panel| match panel {
        Answer::Connections(table) => table.query_error.as_ref(),
        Answer::Events(events) => events.query_error.as_ref(),
        Answer::Graph(graph) => graph.query_error.as_ref(),
        Answer::Overview(overview) => overview.query_error.as_ref(),
        Answer::Diff(diff) => diff.query_error.as_ref(),
        Answer::Timeline(_)
        | Answer::Inspector(_)
        | Answer::Completion(_)
        | Answer::Traffic(_)
        | Answer::Dht(_)
        | Answer::Node(_) => None,
    })
}

/// The mistake to show under the box: not while it is only unfinished and there is something to go on with.
pub fn shown_error(model: &Model) -> Option<&QueryError> {
    let error = error(model).filter(|_| model.search.caret.is_some() && !model.search.closed)?;
    let goes_on = completion(model).is_some_and(|list| !list.values.is_empty());
    (!error.unfinished || !goes_on).then_some(error)
}

/// A place of the text field, in bytes of the text.
pub fn bytes_of(text: &str, units: u32) -> usize {
    let mut left = units as usize;
    for (at, c) in text.char_indices() {
        if left < c.len_utf16() {
            return at;
        }
        left -= c.len_utf16();
    }
    text.len()
}

/// A place of the text in the text field.
pub fn units_of(text: &str, bytes: usize) -> u32 {
    text.char_indices().take_while(|(at, _)| *at < bytes).map(|(_, c)| c.len_utf16() as u32).sum()
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use peerscope_engine::frame::{Count, Replace, Span, Table};

    use super::*;

    fn proposal(insert: &str) -> Proposal {
        Proposal {
            replace: Replace { span: Span { from: 0, to: 3 }, insert: insert.into() },
            field: String::new(),
            sign: String::new(),
            value: insert.into(),
            hint: String::new(),
            typed: false,
            count: Some(Count::default()),
        }
    }

    fn typing(text: &str, error: Option<QueryError>) -> Model {
        let mut model = Model::default();
        update(&mut model, Action::Typed(text.into(), text.len()));
        let completion = Completion {
            text: text.into(),
            values: vec![proposal("a"), proposal("b")],
            fields: vec![proposal("c")],
            ..Completion::default()
        };
        let table = Table { query_error: error, ..Table::default() };
        let panels = vec![Answer::Connections(table), Answer::Completion(completion)];
        model.frame = Some(Rc::new(Frame { panels, ..Frame::default() }));
        model
    }

    fn mistake(unfinished: bool) -> QueryError {
        let at = Span { from: 0, to: 3 };
        QueryError { text: "no".into(), at, term: at, unfinished, fix: None }
    }

    #[test]
    fn choosing_goes_round_through_all_groups() {
        let mut model = typing("in>", None);
        let mut chosen = |by| {
            update(&mut model, Action::Choose(by));
            model.search.chosen
        };
        assert_eq!([chosen(1), chosen(1), chosen(1), chosen(1)], [Some(0), Some(1), Some(2), Some(0)]);
        assert_eq!(chosen(-1), Some(2));
        update(&mut model, Action::CloseList);
        update(&mut model, Action::Choose(1));
        assert_eq!((model.search.chosen, ask(&model)), (None, None), "a closed list has nothing to choose");
        update(&mut model, Action::Typed("in>1".into(), 4));
        assert!(ask(&model).is_some(), "typing opens it again");
        update(&mut model, Action::Left);
        assert_eq!((ask(&model), model.route.query.as_str()), (None, "in>1"));
    }

    #[test]
    fn a_bare_word_is_a_fields_name_first() {
        let named = |field: Option<&str>| {
            let mut model = typing("in", None);
            let mut frame = Frame::clone(model.frame.as_deref().expect("a frame"));
            for panel in &mut frame.panels {
                if let Answer::Completion(completion) = panel {
                    completion.field = field.map(str::to_owned);
                }
            }
            model.frame = Some(Rc::new(frame));
            let list = completion(&model).expect("a list");
            proposals(list).map(|proposal| proposal.value.clone()).collect::<String>()
        };
        assert_eq!((named(None), named(Some("in"))), ("cab".to_owned(), "abc".to_owned()));
    }

    #[test]
    fn what_is_only_unfinished_is_no_mistake_while_there_are_values() {
        assert!(shown_error(&typing("in>", Some(mistake(true)))).is_none());
        assert!(shown_error(&typing("in>", Some(mistake(false)))).is_some());
        let mut model = typing("in>", Some(mistake(false)));
        model.route.query = "in>1".into();
        assert!(shown_error(&model).is_none(), "the answer is of another text");
        let mut left = typing("in>", Some(mistake(false)));
        update(&mut left, Action::Left);
        assert!(shown_error(&left).is_none() && error(&left).is_some());
    }

    #[test]
    fn places_are_turned_both_ways() {
        let text = "é😀x";
        for (units, bytes) in [(0, 0), (1, 2), (3, 6), (4, 7)] {
            assert_eq!((bytes_of(text, units), units_of(text, bytes)), (bytes, units));
        }
        assert_eq!((bytes_of(text, 2), bytes_of(text, 99), units_of(text, 99)), (2, 7, 4));
    }
}
