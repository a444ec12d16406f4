//! Parts that several screens are made of: the same thing looks the same everywhere. They know values, not screens.

pub mod colour;
pub mod glyph;
pub mod icon;
pub mod identicon;
