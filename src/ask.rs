//! From the page's state to what it asks of the engine. Pure.

use peerscope_engine::view::{Panel, SourceId, TimelineAsk, View};

use crate::{
    model::{Model, Screen},
    screen::{connections, diff, events, graph, inspector, overview},
    search,
};

/// Width of the rail and of the timeline's gutter, as in `static/tokens.css`.
const GUTTER: f64 = 148.0;
const GUTTER_SMALL: f64 = 96.0;

/// The page's state wants this on the screen. The rev is the sender's to set.
#[must_use]
pub fn view(model: &Model) -> View {
    let screen = match model.route.screen {
        Screen::Overview => overview::ask(model),
        Screen::Graph => graph::ask(model),
        Screen::Connections => connections::ask(model),
        Screen::Events => events::ask(model),
        Screen::Diff => diff::ask(model),
    };
    let mut panels = vec![screen, Panel::Timeline(TimelineAsk { columns: timeline_columns(model) })];
    if model.route.selection.is_some() {
        panels.push(inspector::ask(model));
    }
    panels.extend(search::ask(model));
    View {
        rev: 0,
        source: SourceId::default(),
        cursor: model.route.cursor,
        pinned_ms: model.route.pinned_ms.filter(|_| model.route.screen == Screen::Diff),
        range: model.route.range,
        query: model.route.query.clone(),
        selection: model.route.selection.clone(),
        panels,
    }
}

/// Rows of which some are shown as they would be saved.
#[must_use]
pub fn preview(model: &Model) -> View {
    View {
        cursor: model.route.cursor,
        range: model.route.range,
        panels: vec![connections::ask(model), events::ask(model)],
        ..View::default()
    }
}

/// Width of the timeline's plot, in CSS px.
#[must_use]
pub fn timeline_width(model: &Model) -> f64 {
    let width = model.window.width;
    let gutter = match width {
        _ if model.window.phone() => 0.0,
        ..=1100.0 => GUTTER_SMALL,
        _ => GUTTER,
    };
    (width - gutter).max(1.0)
}

/// One column for every 2 CSS px: finer ones can't be told apart in a strip of 44 px.
fn timeline_columns(model: &Model) -> u16 {
    // At most 65,535, and far below for any screen there is.
    (timeline_width(model) / 2.0).clamp(1.0, 4096.0) as u16
}

#[cfg(test)]
mod tests {
    use peerscope_engine::view::{Cursor, Key, Range};

    use super::*;
    use crate::model::{Route, Window};

    fn model(screen: Screen) -> Model {
        Model {
            route: Route { screen, ..Route::default() },
            window: Window { width: 1440.0, height: 900.0, scale: 1.0 },
            ..Model::default()
        }
    }

    #[test]
    fn each_screen_asks_for_itself_and_the_timeline() {
        for screen in Screen::ALL {
            let view = view(&model(screen));
            let named = match view.panels[0] {
                Panel::Overview(_) => Screen::Overview,
                Panel::Graph(_) => Screen::Graph,
                Panel::Connections(_) => Screen::Connections,
                Panel::Events(_) => Screen::Events,
                Panel::Diff(_) => Screen::Diff,
                _ => panic!("no screen"),
            };
            assert_eq!(named, screen);
            assert_eq!(view.panels[1], Panel::Timeline(TimelineAsk { columns: 646 }));
            assert_eq!(view.panels.len(), 2);
        }
    }

    #[test]
    fn time_query_and_selection_come_from_the_route() {
        let mut model = model(Screen::Graph);
        model.route.cursor = Cursor::At(5);
        model.route.range = Some(Range { from_ms: 1, to_ms: 9 });
        model.route.query = "tcp".into();
        model.route.selection = Some(Key("p~x".into()));
        let view = view(&model);
        assert_eq!((view.cursor, view.range), (model.route.cursor, model.route.range));
        assert_eq!((view.query, view.selection), (model.route.query, model.route.selection));
        assert!(matches!(view.panels[2], Panel::Inspector(_)));
    }

    #[test]
    fn what_only_the_page_shows_asks_nothing_new() {
        let before = model(Screen::Overview);
        let mut after = before.clone();
        after.now_ms = 1e12;
        after.source_panel = true;
        assert_eq!(view(&before), view(&after));
    }

    #[test]
    fn a_window_of_no_size_asks_for_one_column() {
        let view = view(&Model::default());
        assert_eq!(view.panels[1], Panel::Timeline(TimelineAsk { columns: 1 }));
    }
}
