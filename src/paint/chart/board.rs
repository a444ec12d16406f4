//! Where things lie in a chart, and plotters as the pen. Lengths come in as CSS px and go out as device px.

use peerscope_engine::view::Range;
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};
use plotters_canvas::CanvasBackend;

use super::super::{canvas::Surface, ticks};
use crate::{
    format::{self, Clock},
    part::colour::Token,
};

/// The plot inside of the canvas, CSS px.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    pub span: Range,
}

impl Frame {
    pub fn new(width: f64, height: f64, left: f64, span: Range) -> Frame {
        Frame {
            left,
            right: (width - 12.0).max(left + 1.0),
            top: 8.0,
            bottom: (height - 20.0).max(9.0),
            span,
        }
    }

    /// Where a time lies.
    pub fn x(&self, at_ms: u64) -> f64 {
        let length = self.span.to_ms.saturating_sub(self.span.from_ms).max(1) as f64;
        self.left + (at_ms as f64 - self.span.from_ms as f64) / length * (self.right - self.left)
    }

    /// Which time lies at a place, kept within the chart.
    pub fn time(&self, x: f64) -> u64 {
        let share = ((x - self.left) / (self.right - self.left)).clamp(0.0, 1.0);
        let length = self.span.to_ms.saturating_sub(self.span.from_ms) as f64;
        self.span.from_ms + (share * length).round() as u64
    }
}

/// Draws by plotters. What plotters could fail at is a missing context, which [`Surface`] has looked for.
pub struct Board<'a> {
    surface: &'a Surface,
    area: DrawingArea<CanvasBackend, plotters::coord::Shift>,
    family: String,
}

impl<'a> Board<'a> {
    pub fn new(surface: &'a Surface) -> Option<Self> {
        let backend = CanvasBackend::with_canvas_object(surface.canvas.clone())?;
        let family = surface.family("--font-ui");
        Some(Self { surface, area: backend.into_drawing_area(), family })
    }

    fn px(&self, at: (f64, f64)) -> (i32, i32) {
        ((at.0 * self.surface.scale).round() as i32, (at.1 * self.surface.scale).round() as i32)
    }

    fn style(&self, token: Token, alpha: f64) -> ShapeStyle {
        let colour = self.surface.colour(token);
        ShapeStyle::from(&RGBColor(colour.0, colour.1, colour.2).mix(alpha))
    }

    pub fn rect(&self, from: (f64, f64), to: (f64, f64), token: Token, alpha: f64) {
        self.area.draw(&Rectangle::new([self.px(from), self.px(to)], self.style(token, alpha).filled())).ok();
    }

    /// A line of one device pixel per CSS px.
    pub fn line(&self, from: (f64, f64), to: (f64, f64), token: Token, width: f64) {
        let style = self.style(token, 1.0).stroke_width((width * self.surface.scale).round().max(1.0) as u32);
        self.area.draw(&PathElement::new([self.px(from), self.px(to)], style)).ok();
    }

    pub fn polygon(&self, points: &[(f64, f64)], token: Token, alpha: f64) {
        let points: Vec<_> = points.iter().map(|at| self.px(*at)).collect();
        self.area.draw(&Polygon::new(points, self.style(token, alpha).filled())).ok();
    }

    pub fn text(&self, text: &str, at: (f64, f64), h: HPos, token: Token) {
        let colour = self.surface.colour(token);
        let font = (self.family.as_str(), 10.5 * self.surface.scale).into_font();
        let style = font.color(&RGBColor(colour.0, colour.1, colour.2)).pos(Pos::new(h, VPos::Center));
        self.area.draw(&Text::new(text.to_owned(), self.px(at), style)).ok();
    }

    /// A horizontal line of the grid with its label at the left.
    pub fn level(&self, frame: &Frame, y: f64, label: &str, strong: bool) {
        let token = if strong { "--line-3" } else { "--line-1" };
        self.line((frame.left, y), (frame.right, y), token, 1.0);
        self.text(label, (frame.left - 6.0, y), HPos::Right, "--text-3");
    }

    /// Times below the plot.
    pub fn times(&self, frame: &Frame, zone_minutes: i32) {
        let most = ((frame.right - frame.left) / 90.0).max(1.0) as usize;
        let (ticks, step) = ticks::times(frame.span.from_ms, frame.span.to_ms, zone_minutes, most);
        let exact = match step {
            60_000.. => Clock::Minutes,
            1000.. => Clock::Seconds,
            _ => Clock::Millis,
        };
        for at in ticks {
            let x = frame.x(at);
            // A label that would be cut at an edge is left out.
            if (frame.left + 16.0..=frame.right - 16.0).contains(&x) {
                self.text(
                    &format::clock(at, zone_minutes, exact),
                    (x, frame.bottom + 12.0),
                    HPos::Center,
                    "--text-3",
                );
            }
        }
    }

    /// Stretches that nobody recorded, hatched.
    pub fn gaps(&self, frame: &Frame, gaps: &[Range]) {
        for gap in gaps {
            let (from, to) = (frame.x(gap.from_ms).max(frame.left), frame.x(gap.to_ms).min(frame.right));
            if to <= from {
                continue;
            }
            let height = frame.bottom - frame.top;
            let mut x = from - height;
            while x < to {
                // A line at 45°, cut to the stretch.
                let (x0, x1) = (x.max(from), (x + height).min(to));
                if x1 > x0 {
                    self.line((x0, frame.bottom - (x0 - x)), (x1, frame.bottom - (x1 - x)), "--line-2", 1.0);
                }
                x += 6.0;
            }
        }
    }

    /// The moment shown.
    pub fn cursor(&self, frame: &Frame, at_ms: Option<u64>) {
        if let Some(at) = at_ms.filter(|at| (frame.span.from_ms..=frame.span.to_ms).contains(at)) {
            let x = frame.x(at);
            self.line((x, frame.top - 4.0), (x, frame.bottom), "--selected", 1.5);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_times_are_each_others_inverse() {
        let frame = Frame::new(640.0, 118.0, 40.0, Range { from_ms: 1000, to_ms: 61_000 });
        for at in [1000, 31_000, 61_000] {
            assert_eq!(frame.time(frame.x(at)), at);
        }
        assert_eq!(frame.time(-50.0), 1000);
        assert_eq!(frame.time(9999.0), 61_000);
    }

    #[test]
    fn a_stretch_of_no_length_does_not_divide_by_zero() {
        let frame = Frame::new(1.0, 1.0, 40.0, Range { from_ms: 5, to_ms: 5 });
        assert!(frame.x(5).is_finite());
        assert_eq!(frame.time(60.0), 5);
    }
}
