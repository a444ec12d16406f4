//! Paints the scene of the strip. The only place here that touches the canvas.

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::scene::{Place, Scene};
use crate::dom;

/// The tokens of the theme in force.
struct Colours(Option<web_sys::CssStyleDeclaration>);

impl Colours {
    fn get(&self, token: &str) -> String {
        let value = self.0.as_ref().and_then(|style| style.get_property_value(token).ok());
        value.map(|value| value.trim().to_owned()).unwrap_or_default()
    }
}

pub fn paint(canvas: &HtmlCanvasElement, place: Place, scale: f64, scene: Option<&Scene>) {
    let scale = if scale > 0.0 { scale } else { 1.0 };
    let (width, height) = ((place.width * scale).round() as u32, (place.height * scale).round() as u32);
    // Setting a size clears the canvas, and costs a new buffer.
    if canvas.width() != width || canvas.height() != height {
        canvas.set_width(width);
        canvas.set_height(height);
    }
    let Some(context) = context(canvas) else { return };
    let style = dom::window().get_computed_style(canvas).ok().flatten();
    let colours = Colours(style);
    // A matrix of finite numbers is always taken.
    drop(context.set_transform(scale, 0.0, 0.0, scale, 0.0, 0.0));
    context.clear_rect(0.0, 0.0, place.width, place.height);
    if let Some(scene) = scene {
        draw(&context, &colours, scene, place.phone);
    }
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

fn draw(context: &CanvasRenderingContext2d, colours: &Colours, scene: &Scene, phone: bool) {
    let (top, bottom) = (scene.top, scene.bottom);
    context.set_line_width(1.0);
    context.set_stroke_style_str(&colours.get("--line-1"));
    for (x, _) in &scene.ticks {
        line(context, (crisp(*x), top), (crisp(*x), bottom));
    }
    context.set_global_alpha(0.55);
    for (areas, token) in [(&scene.area_in, "--in"), (&scene.area_out, "--out")] {
        context.set_fill_style_str(&colours.get(token));
        areas.iter().for_each(|area| shape(context, area));
    }
    context.set_global_alpha(1.0);
    context.set_stroke_style_str(&colours.get("--line-2"));
    line(context, (0.0, crisp(scene.zero)), (scene.width, crisp(scene.zero)));
    context.set_stroke_style_str(&colours.get("--line-1"));
    for y in &scene.dividers {
        line(context, (0.0, crisp(*y)), (scene.width, crisp(*y)));
    }
    context.set_stroke_style_str(&colours.get("--text-2"));
    context.set_line_width(1.2);
    scene.connections.iter().for_each(|points| polyline(context, points));
    context.set_line_width(1.0);
    context.set_fill_style_str(&colours.get("--text-3"));
    context.set_global_alpha(0.7);
    for (x, y, width, height) in &scene.bars {
        context.fill_rect(*x, *y, *width, *height);
    }
    context.set_global_alpha(1.0);
    for (from, to) in &scene.gaps {
        hatch(context, &colours.get("--line-3"), (*from, *to), (top, bottom));
    }
    if let Some((from, to)) = scene.lost {
        hatch(context, &colours.get("--line-2"), (from, to), (top, bottom));
        context.set_stroke_style_str(&colours.get("--warn"));
        line(context, (crisp(from), top), (crisp(from), bottom));
    }
    labels(context, colours, scene, phone);
    if let Some((from, to)) = scene.range {
        range(context, colours, (from, to), scene);
    }
    if let Some(x) = scene.cursor {
        cursor(context, &colours.get("--selected"), x.min(scene.width - 5.0), phone, bottom);
    }
}

fn labels(context: &CanvasRenderingContext2d, colours: &Colours, scene: &Scene, phone: bool) {
    context.set_font(&format!("10.5px {}", colours.get("--font-ui")));
    context.set_fill_style_str(&colours.get("--text-3"));
    context.set_line_width(3.0);
    context.set_stroke_style_str(&colours.get("--bg-2"));
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
        context.set_fill_style_str(&colours.get("--warn"));
        drop(context.stroke_text("no link", from + 9.0, scene.label_y));
        drop(context.fill_text("no link", from + 9.0, scene.label_y));
    }
    context.set_line_width(1.0);
}

/// The range is tinted, the rest fades.
fn range(context: &CanvasRenderingContext2d, colours: &Colours, (from, to): (f64, f64), scene: &Scene) {
    let (top, high) = (scene.top, scene.bottom - scene.top);
    context.set_fill_style_str(&colours.get("--bg-2"));
    context.set_global_alpha(0.6);
    context.fill_rect(0.0, top, from, high);
    context.fill_rect(to, top, scene.width - to, high);
    let selected = colours.get("--selected");
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
