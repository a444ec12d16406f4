//! Parts that several screens are made of: the same thing looks the same everywhere. They know values, not screens.

pub mod badge;
pub mod colour;
pub mod copy;
pub mod dialog;
pub mod empty;
pub mod figure;
pub mod glyph;
pub mod icon;
pub mod identicon;
pub mod json;
pub mod peer;
pub mod scroll;
pub mod size;
pub mod spark;
pub mod text;
pub mod watch;

use yew::Html;

/// Several nodes, or none, as one child. Not `{ for … }`: that puts them among their neighbours, whose places then shift, and
/// what shifts is made anew, losing its scroll and its focus.
pub fn each(nodes: impl IntoIterator<Item = Html>) -> Html {
    nodes.into_iter().collect()
}
