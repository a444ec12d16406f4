//! Painting on canvas: charts by plotters, the radar by 2D calls. What is painted comes as plain values; nothing here knows
//! the model.

pub mod canvas;
pub mod chart;
pub mod hue;
pub mod picture;
pub mod ticks;
