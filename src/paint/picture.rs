//! A drawing as plain values, and the one place that paints it with canvas 2D. Lengths are CSS px.

use std::f64::consts::TAU;

use super::canvas::Surface;
use crate::part::colour::Token;

/// A colour by its name in the style sheet, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ink {
    pub token: Token,
    pub alpha: f64,
}

impl Ink {
    pub const fn full(token: Token) -> Ink {
        Ink { token, alpha: 1.0 }
    }
}

/// Where a text stands from its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Start,
    Middle,
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    Line {
        from: (f64, f64),
        to: (f64, f64),
        width: f64,
        ink: Ink,
        dash: Option<(f64, f64)>,
    },
    Disc {
        at: (f64, f64),
        radius: f64,
        fill: Ink,
        edge: Ink,
    },
    Ring {
        at: (f64, f64),
        radius: f64,
        width: f64,
        ink: Ink,
        dash: Option<(f64, f64)>,
    },
    /// Part of a ring, angles in radians from the x axis, clockwise.
    Arc {
        at: (f64, f64),
        radius: f64,
        from: f64,
        to: f64,
        width: f64,
        ink: Ink,
    },
    /// One line; a halo of the ground keeps it apart from what lies below.
    Text {
        at: (f64, f64),
        text: String,
        size: f64,
        mono: bool,
        align: Align,
        ink: Ink,
        halo: Option<Token>,
    },
}

impl Mark {
    /// Whether both can be painted as one path.
    fn is_like(&self, other: &Mark) -> bool {
        match (self, other) {
            (Mark::Line { width, ink, dash, .. }, Mark::Line { width: w, ink: i, dash: d, .. }) => {
                (width, ink, dash) == (w, i, d)
            }
            (Mark::Disc { fill, edge, .. }, Mark::Disc { fill: f, edge: e, .. }) => (fill, edge) == (f, e),
            _ => false,
        }
    }

    /// Orders lines and discs by how they look, so that those alike follow each other.
    pub fn look(&self) -> (Token, u64, u64, bool) {
        match self {
            Mark::Line { width, ink, dash, .. } => {
                (ink.token, ink.alpha.to_bits(), width.to_bits(), dash.is_some())
            }
            Mark::Disc { fill, edge, .. } => (fill.token, fill.alpha.to_bits(), edge.alpha.to_bits(), false),
            _ => ("", 0, 0, false),
        }
    }
}

/// Paints on the ground colour.
pub fn paint(surface: &Surface, ground: Token, marks: &[Mark]) {
    let ctx = &surface.context;
    surface.scaled();
    ctx.set_fill_style_str(&surface.css(Ink::full(ground)));
    ctx.fill_rect(0.0, 0.0, surface.width, surface.height);
    // What looks alike and follows each other is one path: setting a style costs more than drawing a line.
    for alike in marks.chunk_by(Mark::is_like) {
        let Some(mark) = alike.first() else { continue };
        // An arc with a negative radius or an odd number is the only thing that can fail; it is then left out.
        match mark {
            Mark::Line { width, ink, dash, .. } => {
                stroke(surface, *width, *ink, *dash);
                ctx.begin_path();
                for mark in alike {
                    if let Mark::Line { from, to, .. } = mark {
                        ctx.move_to(from.0, from.1);
                        ctx.line_to(to.0, to.1);
                    }
                }
                ctx.stroke();
            }
            Mark::Disc { fill, edge, .. } => {
                ctx.begin_path();
                for mark in alike {
                    if let Mark::Disc { at, radius, .. } = mark {
                        ctx.move_to(at.0 + radius, at.1);
                        ctx.arc(at.0, at.1, *radius, 0.0, TAU).ok();
                    }
                }
                ctx.set_fill_style_str(&surface.css(*fill));
                ctx.fill();
                stroke(surface, 1.0, *edge, None);
                ctx.stroke();
            }
            Mark::Ring { at, radius, width, ink, dash } => {
                stroke(surface, *width, *ink, *dash);
                ctx.begin_path();
                ctx.arc(at.0, at.1, *radius, 0.0, TAU).ok();
                ctx.stroke();
            }
            Mark::Arc { at, radius, from, to, width, ink } => {
                stroke(surface, *width, *ink, None);
                ctx.begin_path();
                ctx.arc(at.0, at.1, *radius, *from, *to).ok();
                ctx.stroke();
            }
            Mark::Text { at, text, size, mono, align, ink, halo } => {
                let family = surface.family(if *mono { "--font-mono" } else { "--font-ui" });
                ctx.set_font(&format!("{size}px {family}"));
                ctx.set_text_align(match align {
                    Align::Start => "start",
                    Align::Middle => "center",
                    Align::End => "end",
                });
                ctx.set_text_baseline("middle");
                if let Some(halo) = halo {
                    stroke(surface, 4.0, Ink::full(halo), None);
                    ctx.set_line_join("round");
                    ctx.stroke_text(text, at.0, at.1).ok();
                }
                ctx.set_fill_style_str(&surface.css(*ink));
                ctx.fill_text(text, at.0, at.1).ok();
            }
        }
    }
}

fn stroke(surface: &Surface, width: f64, ink: Ink, dash: Option<(f64, f64)>) {
    let ctx = &surface.context;
    ctx.set_line_width(width);
    ctx.set_stroke_style_str(&surface.css(ink));
    let pattern = match dash {
        Some((on, off)) => js_sys::Array::of2(&on.into(), &off.into()),
        None => js_sys::Array::new(),
    };
    ctx.set_line_dash(&pattern).ok();
}
