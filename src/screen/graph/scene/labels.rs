//! Words in the radar: rings, sectors, and the peers with most traffic, moved apart where they would overlap.

use peerscope_engine::frame::{Graph, Sector};

use super::{Eye, Scene, rate_label};
use crate::{
    format,
    paint::picture::{Align, Ink, Mark},
    part::colour::Token,
};

const GROUND: &str = "--bg-0";
/// Height of a line, and so the least distance of two labels.
const LINE: f64 = 13.0;

pub fn text(
    at: (f64, f64),
    text: String,
    size: f64,
    align: Align,
    token: Token,
    halo: Option<Token>,
) -> Mark {
    Mark::Text { at, text, size, mono: false, align, ink: Ink::full(token), halo }
}

/// The angle (from the x axis) along which rings are labelled: just before the first sector, where no peer is.
fn ring_angle(graph: &Graph) -> f64 {
    let from = graph.sectors.first().map_or(0.0, |sector| f64::from(sector.from));
    from - 0.045 - std::f64::consts::FRAC_PI_2
}

pub fn rings(scene: &mut Scene, graph: &Graph, eye: Eye) {
    let (middle, radius, angle) = (eye.middle(), eye.radius(), ring_angle(graph));
    let last = graph.rings.len().saturating_sub(1);
    let at = |share: f32| {
        let r = f64::from(share) * radius;
        (middle.0 + r * angle.cos(), middle.1 + r * angle.sin())
    };
    let mut last_at = f64::INFINITY;
    for (i, ring) in graph.rings.iter().enumerate().rev() {
        // Labels that would touch are left out; the outermost has the unit.
        let away = f64::from(ring.radius) * radius;
        if last_at - away < 24.0 || away < 22.0 {
            continue;
        }
        last_at = away - if i == last { 12.0 } else { 0.0 };
        let number = format::frequency(f64::from(ring.millis));
        let label = if i == last { format!("{number} ms") } else { number };
        scene.marks.push(text(at(ring.radius), label, 10.5, Align::Middle, "--text-3", Some(GROUND)));
    }
    if let Some(untold) = graph.untold_radius {
        scene.marks.push(text(at(untold), "not told".into(), 10.5, Align::Middle, "--text-3", Some(GROUND)));
    }
}

pub fn sector(scene: &mut Scene, eye: Eye, sector: &Sector, at: (f64, f64), align: Align) {
    let name = sector.name.as_deref().map_or("not told".to_owned(), |name| format::visible(name, 24));
    let size = if eye.phone { 11.0 } else { 12.0 };
    let (name_width, count) = (advance(&name, size), sector.count.to_string());
    // Name and count are two texts of two colours, side by side.
    let gap = size * 0.35;
    let all = name_width + gap + advance(&count, size);
    let left = match align {
        Align::Start => at.0,
        Align::Middle => at.0 - all / 2.0,
        Align::End => at.0 - all,
    };
    // What the canvas would cut is moved in, at rest.
    let left = if eye.zoom <= 1.0 { left.clamp(2.0, (eye.width - all - 2.0).max(2.0)) } else { left };
    scene.marks.push(text((left, at.1), name, size, Align::Start, "--text-1", Some(GROUND)));
    scene.marks.push(text(
        (left + name_width + gap, at.1),
        count,
        size,
        Align::Start,
        "--text-3",
        Some(GROUND),
    ));
}

/// About how wide a text of the interface's font is.
fn advance(text: &str, size: f64) -> f64 {
    text.chars().map(|c| if "iljtf.,:'|I1 -/".contains(c) { 0.34 } else { 0.55 }).sum::<f64>() * size
}

/// A stretch that a label takes up.
struct Taken {
    from: f64,
    to: f64,
    y: f64,
    /// How far another label's middle must be.
    reach: f64,
}

pub fn peers(scene: &mut Scene, graph: &Graph, eye: Eye) {
    let middle = eye.middle();
    let (angle, radius) = (ring_angle(graph), eye.radius());
    let mut taken: Vec<Taken> = graph
        .rings
        .iter()
        .map(|ring| {
            let r = f64::from(ring.radius) * radius;
            let (x, y) = (middle.0 + r * angle.cos(), middle.1 + r * angle.sin());
            Taken { from: x - 22.0, to: x + 22.0, y, reach: LINE }
        })
        .collect();
    taken.push(Taken { from: middle.0 - 14.0, to: middle.0 + 14.0, y: middle.1, reach: 20.0 });
    // Large discs are not to be covered; small ones are too many to care for.
    for spot in scene.spots.iter().filter(|spot| spot.radius > 5.0) {
        let (at, r) = (spot.at, spot.radius);
        taken.push(Taken { from: at.0 - r, to: at.0 + r, y: at.1, reach: r + LINE / 2.0 });
    }
    let labelled: Vec<_> = graph
        .nodes
        .iter()
        .zip(&scene.spots)
        .filter(|(node, _)| node.labelled && node.matches)
        .map(|(node, spot)| (node, spot.at, spot.radius))
        .collect();
    for (node, at, disc) in labelled {
        let (_, tail) = format::peer_parts(&node.peer);
        let name = format::visible(tail, 16);
        let note = rate_label(node).filter(|_| !eye.phone);
        let name_width = name.chars().count() as f64 * 6.7;
        let note_width = note.as_deref().map_or(0.0, |note| advance(note, 10.5) + 6.0);
        let wide = name_width + note_width;
        // Outwards, or the label would lie on its own line; inwards where it would leave the canvas.
        let away = disc + 7.0;
        let mut right = at.0 >= middle.0 - 0.15 * radius;
        if right && at.0 + away + wide > eye.width {
            right = false;
        } else if !right && at.0 - away - wide < 0.0 {
            right = true;
        }
        let from = if right { at.0 + away } else { at.0 - away - wide };
        let Some(y) = free(&taken, from, from + wide, at.1) else { continue };
        taken.push(Taken { from, to: from + wide, y, reach: LINE });
        scene.marks.push(Mark::Text {
            at: (from, y),
            text: name,
            size: 11.0,
            mono: true,
            align: Align::Start,
            ink: Ink::full("--text-1"),
            halo: Some(GROUND),
        });
        if let Some(note) = note {
            scene.marks.push(text(
                (from + name_width + 6.0, y),
                note,
                10.5,
                Align::Start,
                "--text-2",
                Some(GROUND),
            ));
        }
    }
}

/// The free height nearest to the wished one; None where it is crowded: a label two lines off would seem another peer's.
fn free(taken: &[Taken], from: f64, to: f64, wish: f64) -> Option<f64> {
    let is_free = |y: f64| {
        taken.iter().all(|other| to <= other.from || from >= other.to || (other.y - y).abs() >= other.reach)
    };
    (0..8)
        .map(|i| wish + f64::from((i + 1) / 2) * LINE * if i % 2 == 0 { 1.0 } else { -1.0 })
        .find(|y| is_free(*y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_give_way() {
        let taken = [Taken { from: 0.0, to: 100.0, y: 50.0, reach: LINE }];
        assert_eq!(free(&taken, 110.0, 200.0, 50.0), Some(50.0));
        assert_eq!(free(&taken, 90.0, 200.0, 50.0), Some(37.0));
        let crowd: Vec<_> =
            (0..20).map(|i| Taken { from: 0.0, to: 9.0, y: f64::from(i) * 10.0, reach: LINE }).collect();
        assert_eq!(free(&crowd, 0.0, 9.0, 100.0), None);
    }
}
