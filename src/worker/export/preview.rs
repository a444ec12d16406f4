//! Three rows as they are and as they would be saved.

use peerscope_engine::{
    Engine,
    frame::{Answer, ConnRow, EventRow, TableRow},
    view::View,
};
use peerscope_introspection::redact::Redactor;

use super::cut::options;
use crate::model::saving::{Cells, Preview, PreviewRow, Replace};

/// Events of this kind say most of others.
const TELLING: &str = "DialFailure";
/// Characters of a content that fit into a cell.
const CONTENT: usize = 120;

/// `view` asks for connections and for events.
pub fn preview(engine: &mut Engine, view: &View, replace: Replace, salt: [u8; 32]) -> Preview {
    let bytes = engine.counters().bytes;
    let mut redactor = Redactor::new(options(replace), salt);
    let mut connections: Vec<Box<ConnRow>> = Vec::new();
    let mut events: Vec<EventRow> = Vec::new();
    for panel in engine.answer(view).panels {
        match panel {
            Answer::Connections(table) => {
                connections.extend(table.rows.into_iter().filter_map(|row| match row {
                    TableRow::Connection(row) => Some(row),
                    _ => None,
                }))
            }
            Answer::Events(answer) => events = answer.rows,
            _ => {}
        }
    }
    let mut rows = Vec::new();
    let direct = connections.iter().find(|row| row.remote.is_some() && row.agent.is_some());
    let direct = direct.or_else(|| connections.iter().find(|row| row.remote.is_some()));
    rows.extend(direct.map(|row| connection(&mut redactor, row)));
    let relayed = connections.iter().find(|row| row.relay.is_some());
    let other = || connections.iter().find(|row| direct.is_none_or(|direct| direct.peer != row.peer));
    rows.extend(relayed.or_else(other).map(|row| connection(&mut redactor, row)));
    let telling = events.iter().rev().find(|row| row.kind == TELLING);
    rows.extend(telling.or_else(|| events.last()).map(|row| event(&mut redactor, row)));
    Preview { bytes, rows }
}

fn connection(redactor: &mut Redactor, row: &ConnRow) -> PreviewRow {
    let agent = row.agent.clone().unwrap_or_default();
    let what = match (&row.relay, &row.remote) {
        (Some(relay), _) => format!("via {relay}"),
        (None, remote) => remote.clone().unwrap_or_default(),
    };
    let saved = Cells {
        peer: redactor.peer_id(&row.peer),
        agent: redactor.agent(&agent),
        what: redactor.text(&what),
    };
    PreviewRow { event: None, now: Cells { peer: row.peer.clone(), agent, what }, saved }
}

fn event(redactor: &mut Redactor, row: &EventRow) -> PreviewRow {
    let content = row.content.clone().unwrap_or_else(|| row.text.clone());
    let peer = row.peer.clone().unwrap_or_default();
    let short = |content: &str| content.chars().take(CONTENT).collect();
    let saved = Cells {
        peer: redactor.peer_id(&peer),
        agent: String::new(),
        what: short(&redactor.content(&row.kind, &content)),
    };
    let now = Cells { peer, agent: String::new(), what: short(&content) };
    PreviewRow { event: Some(row.kind.clone()), now, saved }
}
