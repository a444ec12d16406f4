//! Parts that several screens are made of: the same thing looks the same everywhere. They know values, not screens.

pub mod badge;
pub mod colour;
pub mod copy;
pub mod empty;
pub mod figure;
pub mod glyph;
pub mod icon;
pub mod identicon;
pub mod json;
pub mod peer;
pub mod size;
pub mod spark;
pub mod text;
