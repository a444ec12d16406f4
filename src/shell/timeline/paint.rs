//! Paints the scene of the strip: its series by plotters, lines and marks by 2D calls. The only place here that touches the
//! canvas.

use plotters::{coord::Shift, prelude::*};
use plotters_canvas::CanvasBackend;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::scene::{Place, Scene};
use crate::{
    paint::canvas::Surface,
    part::{colour::Token, size::Size},
};

pub fn paint(canvas: &HtmlCanvasElement, place: Place, scene: Option<&Scene>) {
    let size = Size { width: place.width, height: place.height };
    let Some(surface) = Surface::prepare(canvas.clone(), size) else { return };
    let Some(scene) = scene else { return };
    surface.scaled();
    under(&surface, scene);
    // plotters counts device px.
    drop(surface.context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0));
    series(&surface, scene);
    surface.scaled();
    over(&surface, scene, place.phone);
}

/// The lines that the series lie on.
fn under(surface: &Surface, scene: &Scene) {
    let context = &surface.context;
    context.set_line_width(1.0);
    context.set_stroke_style_str(&ink(surface, "--line-1"));
    for (x, _) in &scene.ticks {
        line(context, (crisp(*x), scene.top), (crisp(*x), scene.bottom));
    }
    for y in &scene.dividers {
        line(context, (0.0, crisp(*y)), (scene.width, crisp(*y)));
    }
}

/// In and out as areas, connections as a line, events as bars.
fn series(surface: &Surface, scene: &Scene) {
    let Some(backend) = CanvasBackend::with_canvas_object(surface.canvas.clone()) else { return };
    let area: DrawingArea<CanvasBackend, Shift> = backend.into_drawing_area();
    let px = |(x, y): (f64, f64)| ((x * surface.scale).round() as i32, (y * surface.scale).round() as i32);
    let colour = |token: Token, alpha: f64| {
        let rgb = surface.colour(token);
        RGBColor(rgb.0, rgb.1, rgb.2).mix(alpha)
    };
    for (shapes, token) in [(&scene.area_in, "--in"), (&scene.area_out, "--out")] {
        for shape in shapes {
            let points: Vec<_> = shape.iter().copied().map(px).collect();
            drawn(area.draw(&Polygon::new(points, colour(token, 0.6).filled())));
        }
    }
    let pen = colour("--text-2", 1.0).stroke_width(surface.scale.round().max(1.0) as u32);
    for points in &scene.connections {
        drawn(area.draw(&PathElement::new(points.iter().copied().map(px).collect::<Vec<_>>(), pen)));
    }
    for (x, y, width, height) in &scene.bars {
        let corners = [px((*x, *y)), px((x + width, y + height))];
        drawn(area.draw(&Rectangle::new(corners, colour("--text-3", 0.7).filled())));
    }
}

/// What plotters could fail at is a missing context, and there is one.
fn drawn<E: std::error::Error + Send + Sync>(result: Result<(), DrawingAreaErrorKind<E>>) {
    debug_assert!(result.is_ok());
}

fn ink(surface: &Surface, token: Token) -> String {
    surface.colour(token).css(1.0)
}

fn over(surface: &Surface, scene: &Scene, phone: bool) {
    let context = &surface.context;
    let (top, bottom) = (scene.top, scene.bottom);
    context.set_stroke_style_str(&ink(surface, "--line-2"));
    line(context, (0.0, crisp(scene.zero)), (scene.width, crisp(scene.zero)));
    for (from, to) in &scene.gaps {
        hatch(context, &ink(surface, "--line-3"), (*from, *to), (top, bottom));
    }
    if let Some((from, to)) = scene.lost {
        hatch(context, &ink(surface, "--line-2"), (from, to), (top, bottom));
        context.set_stroke_style_str(&ink(surface, "--warn"));
        line(context, (crisp(from), top), (crisp(from), bottom));
    }
    labels(surface, scene, phone);
    if let Some((from, to)) = scene.range {
        range(surface, (from, to), scene);
    }
    if let Some(x) = scene.pinned {
        pinned(surface, x.min(scene.width - 5.0), scene);
    }
    if let Some(x) = scene.cursor {
        cursor(context, &ink(surface, "--selected"), x.min(scene.width - 5.0), phone, bottom);
    }
}

fn labels(surface: &Surface, scene: &Scene, phone: bool) {
    let context = &surface.context;
    context.set_font(&format!("10.5px {}", surface.family("--font-ui")));
    context.set_fill_style_str(&ink(surface, "--text-3"));
    context.set_line_width(3.0);
    context.set_stroke_style_str(&ink(surface, "--bg-2"));
    for (x, text) in &scene.ticks {
        // Half of a label says nothing; a digit is 6 px wide.
        let room = scene.lost.map_or(scene.width, |(from, _)| from);
        if x + 6.0 * text.len() as f64 > room {
            continue;
        }
        if phone {
            drop(context.stroke_text(text, x + 3.0, scene.label_y));
        }
        drop(context.fill_text(text, x + 3.0, scene.label_y));
    }
    if let Some((from, to)) = scene.lost
        && !phone
        && to - from > 40.0
    {
        context.set_fill_style_str(&ink(surface, "--warn"));
        drop(context.stroke_text("no link", from + 9.0, scene.label_y));
        drop(context.fill_text("no link", from + 9.0, scene.label_y));
    }
    context.set_line_width(1.0);
}

/// The range is tinted, the rest fades.
fn range(surface: &Surface, (from, to): (f64, f64), scene: &Scene) {
    let context = &surface.context;
    let (top, high) = (scene.top, scene.bottom - scene.top);
    context.set_fill_style_str(&ink(surface, "--bg-2"));
    context.set_global_alpha(0.6);
    context.fill_rect(0.0, top, from, high);
    context.fill_rect(to, top, scene.width - to, high);
    let selected = ink(surface, "--selected");
    context.set_fill_style_str(&selected);
    context.set_stroke_style_str(&selected);
    context.set_global_alpha(0.13);
    context.fill_rect(from, top, to - from, high);
    context.set_global_alpha(1.0);
    for x in [from, to] {
        line(context, (crisp(x), top), (crisp(x), scene.bottom));
        context.fill_rect(x - 2.5, scene.bottom / 2.0 - 4.0, 6.0, 14.0);
    }
}

/// A dashed line with an A at its head.
fn pinned(surface: &Surface, x: f64, scene: &Scene) {
    let context = &surface.context;
    let (x, grey) = (crisp(x), ink(surface, "--text-2"));
    context.set_stroke_style_str(&grey);
    let mut y = scene.top;
    while y < scene.bottom {
        line(context, (x, y), (x, (y + 4.0).min(scene.bottom)));
        y += 7.0;
    }
    context.set_fill_style_str(&grey);
    context.fill_rect(x - 6.0, 0.0, 13.0, 12.0);
    context.set_fill_style_str(&ink(surface, "--bg-1"));
    context.set_font(&format!("600 10px {}", surface.family("--font-ui")));
    drop(context.fill_text("A", x - 3.0, 9.5));
}

fn cursor(context: &CanvasRenderingContext2d, colour: &str, x: f64, phone: bool, bottom: f64) {
    let x = crisp(x);
    let top = if phone { 0.0 } else { 2.0 };
    context.set_stroke_style_str(colour);
    context.set_fill_style_str(colour);
    context.set_line_width(1.5);
    line(context, (x, top), (x, bottom));
    shape(
        context,
        &[(x - 5.0, top), (x + 5.0, top), (x + 5.0, top + 4.0), (x, top + 9.0), (x - 5.0, top + 4.0)],
    );
    context.set_line_width(1.0);
}

/// Where nobody recorded.
fn hatch(
    context: &CanvasRenderingContext2d,
    colour: &str,
    (from, to): (f64, f64),
    (top, bottom): (f64, f64),
) {
    context.save();
    context.begin_path();
    context.rect(from, top, to - from, bottom - top);
    context.clip();
    context.set_stroke_style_str(colour);
    context.set_line_width(1.5);
    let high = bottom - top;
    // Lines stand still when the stretch grows.
    let mut x = (from / 6.0).floor() * 6.0 - high;
    while x < to {
        line(context, (x, bottom), (x + high, top));
        x += 6.0;
    }
    context.restore();
}

/// Lines of one px are sharp on the middle of a px.
fn crisp(at: f64) -> f64 {
    at.floor() + 0.5
}

fn line(context: &CanvasRenderingContext2d, from: (f64, f64), to: (f64, f64)) {
    polyline(context, &[from, to]);
}

fn polyline(context: &CanvasRenderingContext2d, points: &[(f64, f64)]) {
    path(context, points);
    context.stroke();
}

fn shape(context: &CanvasRenderingContext2d, points: &[(f64, f64)]) {
    path(context, points);
    context.close_path();
    context.fill();
}

fn path(context: &CanvasRenderingContext2d, points: &[(f64, f64)]) {
    context.begin_path();
    for (at, (x, y)) in points.iter().enumerate() {
        if at == 0 { context.move_to(*x, *y) } else { context.line_to(*x, *y) }
    }
}
