//! Words in the radar: sectors, rings, and the peers with most traffic. Each takes the best place that is still free; a
//! word never lies on another.

use std::f64::consts::{FRAC_PI_2, TAU};

use peerscope_engine::frame::{Graph, GraphNode, Sector};

use super::{Eye, GROUND, ME, Scene, Spot, rate_label};
use crate::{
    format,
    paint::picture::{Align, Ink, Mark},
    part::colour::Token,
};

/// Height of a line.
const LINE: f64 = 13.0;
/// The sectors' arcs lie so far outside of the circle, px; nothing else comes as close to them as [`ARC_ROOM`].
pub const ARC: f64 = 6.0;
const ARC_ROOM: f64 = 3.0;

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

/// About how wide a text of the interface's font is.
fn advance(text: &str, size: f64) -> f64 {
    text.chars().map(|c| if "iljrtf.,:'|I1 -/".contains(c) { 0.34 } else { 0.55 }).sum::<f64>() * size
}

/// What a word covers, px.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Area {
    /// Lines of text from a left edge, around a middle height.
    fn lines(left: f64, y: f64, width: f64, lines: usize) -> Area {
        let half = lines as f64 * LINE / 2.0;
        Area { left, top: y - half, right: left + width, bottom: y + half }
    }

    fn around(at: (f64, f64), radius: f64) -> Area {
        Area { left: at.0 - radius, top: at.1 - radius, right: at.0 + radius, bottom: at.1 + radius }
    }

    /// How much of it another covers, px².
    fn shared(&self, other: &Area) -> f64 {
        let wide = self.right.min(other.right) - self.left.max(other.left);
        let high = self.bottom.min(other.bottom) - self.top.max(other.top);
        wide.max(0.0) * high.max(0.0)
    }

    /// It lies on the line of a circle.
    fn crosses(&self, middle: (f64, f64), radius: f64) -> bool {
        let (x, y) = (
            middle.0.clamp(self.left, self.right) - middle.0,
            middle.1.clamp(self.top, self.bottom) - middle.1,
        );
        let far_x = (self.left - middle.0).abs().max((self.right - middle.0).abs());
        let far_y = (self.top - middle.1).abs().max((self.bottom - middle.1).abs());
        x.hypot(y) < radius + ARC_ROOM && far_x.hypot(far_y) > radius - ARC_ROOM
    }

    fn within(&self, eye: Eye) -> bool {
        self.left >= 2.0 && self.right <= eye.width - 2.0 && self.top >= 0.0 && self.bottom <= eye.height
    }
}

/// Words that have their place.
struct Words<'a> {
    scene: &'a mut Scene,
    graph: &'a Graph,
    eye: Eye,
    taken: Vec<Area>,
}

pub fn all(scene: &mut Scene, graph: &Graph, eye: Eye) {
    let mut words = Words { scene, graph, eye, taken: vec![Area::around(eye.middle(), ME + 3.0)] };
    words.sectors();
    words.rings();
    words.peers();
}

impl Words<'_> {
    fn is_free(&self, area: &Area) -> bool {
        self.taken.iter().all(|taken| taken.shared(area) == 0.0)
    }

    fn on_arc(&self, area: &Area) -> bool {
        area.crosses(self.eye.middle(), self.eye.radius() + ARC)
    }

    fn sectors(&mut self) {
        for sector in &self.graph.sectors {
            let (from, to) = (f64::from(sector.from) - FRAC_PI_2, f64::from(sector.to) - FRAC_PI_2);
            if from.is_finite() && to.is_finite() {
                self.sector(sector, from, to.min(from + TAU));
            }
        }
    }

    /// Outside of its arc: in its middle, or as near to it as there is room.
    fn sector(&mut self, sector: &Sector, from: f64, to: f64) {
        let (eye, size) = (self.eye, if self.eye.phone { 11.0 } else { 12.0 });
        let count = sector.count.to_string();
        let gap = size * 0.35;
        let name = sector.name.as_deref().map(|name| format::visible(name, 24));
        // "not told" alone would be read as a round trip; beside the circle it takes two lines, as a name and its count
        // do where there is little room.
        let lines = |align: Align, split: bool| -> Vec<String> {
            match (&name, align) {
                (Some(name), _) if split => vec![name.clone(), String::new()],
                (Some(name), _) => vec![name.clone()],
                (None, Align::Middle) => vec!["transport not told".into()],
                (None, _) => vec!["transport".into(), "not told".into()],
            }
        };
        let place = |(angle, split): (f64, bool)| {
            let align = match angle.cos() {
                c if c > 0.2 => Align::Start,
                c if c < -0.2 => Align::End,
                _ => Align::Middle,
            };
            let (middle, out) = (eye.middle(), eye.radius() + if split { 13.0 } else { 18.0 });
            let x = middle.0 + (out + if split { 0.0 } else { 8.0 * angle.cos().abs() }) * angle.cos();
            let lines = lines(align, split);
            let last = lines.last().map_or(0.0, |line| {
                let before = if line.is_empty() { 0.0 } else { advance(line, size) + gap };
                before + advance(&count, size)
            });
            let wide = lines.iter().map(|line| advance(line, size)).fold(last, f64::max);
            let left = match align {
                Align::Start => x,
                Align::Middle => x - wide / 2.0,
                Align::End => x - wide,
            };
            (lines.clone(), Area::lines(left, middle.1 + out * angle.sin(), wide, lines.len()))
        };
        let half = (from + to) / 2.0;
        let angles = || {
            (0..40)
                .map(|i| half + 0.08 * f64::from((i + 1) / 2) * if i % 2 == 0 { 1.0 } else { -1.0 })
                .filter(|angle| (from..=to).contains(angle))
        };
        let places = angles().map(|angle| (angle, false)).chain(angles().map(|angle| (angle, true)));
        let fits =
            |area: &Area| self.is_free(area) && !self.on_arc(area) && (eye.zoom > 1.0 || area.within(eye));
        let free = places.map(place).find(|(_, area)| fits(area));
        let (lines, area) = free.unwrap_or_else(|| {
            let (lines, area) = place((half, false));
            // What the canvas would cut is moved in, at rest.
            let room = (eye.width - (area.right - area.left) - 2.0).max(2.0);
            let left = if eye.zoom <= 1.0 { area.left.clamp(2.0, room) } else { area.left };
            (lines, Area { left, right: area.right - area.left + left, ..area })
        });
        self.taken.push(area);
        let last = lines.len() - 1;
        for (i, line) in lines.into_iter().enumerate() {
            let y = area.top + (i as f64 + 0.5) * LINE;
            // Name and count are two texts of two colours, side by side.
            let after = if line.is_empty() { area.left } else { area.left + advance(&line, size) + gap };
            if !line.is_empty() {
                self.put((area.left, y), line, size, "--text-1");
            }
            if i == last {
                self.put((after, y), count.clone(), size, "--text-3");
            }
        }
    }

    fn put(&mut self, at: (f64, f64), words: String, size: f64, token: Token) {
        self.scene.marks.push(text(at, words, size, Align::Start, token, Some(GROUND)));
    }

    /// Along a line just before the first sector, where no peer is: the outermost with the unit, then inwards. One that
    /// would touch another is left out.
    fn rings(&mut self) {
        let from = self.graph.sectors.first().map_or(0.0, |sector| f64::from(sector.from));
        let angle = from - 0.045 - FRAC_PI_2;
        let label = |millis: f32| format::frequency(f64::from(millis));
        let (graph, radius) = (self.graph, self.eye.radius());
        let mut rings = graph.rings.iter().rev();
        if let Some(outer) = rings.next() {
            self.ring(outer.radius, angle, format!("{} ms", label(outer.millis)));
        }
        if let Some(untold) = self.graph.untold_radius {
            // It is said in any case: farther along its ring where there is no room.
            let step = LINE / (f64::from(untold) * radius).max(1.0);
            (0..24).find(|i| self.ring(untold, angle - f64::from(*i) * step, "not told".into()));
        }
        for ring in rings.filter(|ring| f64::from(ring.radius) * radius >= 22.0) {
            self.ring(ring.radius, angle, label(ring.millis));
        }
    }

    fn ring(&mut self, share: f32, angle: f64, label: String) -> bool {
        let (middle, radius) = (self.eye.middle(), f64::from(share) * self.eye.radius());
        let wide = advance(&label, 10.5);
        let area = |radius: f64| {
            let x = middle.0 + radius * angle.cos() - wide / 2.0;
            Area::lines(x, middle.1 + radius * angle.sin(), wide, 1)
        };
        // Off the arc, by moving inwards.
        let area = (0..8).map(|i| area(radius - 3.0 * f64::from(i))).find(|area| !self.on_arc(area));
        let Some(area) = area
            .filter(|area| self.is_free(&Area { left: area.left - 3.0, right: area.right + 3.0, ..*area }))
        else {
            return false;
        };
        self.taken.push(area);
        self.put((area.left, area.top + LINE / 2.0), label, 10.5, "--text-3");
        true
    }

    fn peers(&mut self) {
        let labelled: Vec<(&GraphNode, Spot)> = (self.graph.nodes.iter().zip(&self.scene.spots))
            .filter(|(node, _)| node.labelled && node.matches)
            .map(|(node, spot)| (node, spot.clone()))
            .collect();
        for (node, spot) in labelled {
            let (_, tail) = format::peer_parts(&node.peer);
            self.peer(format::visible(tail, 16), rate_label(node).filter(|_| !self.eye.phone), &spot);
        }
    }

    fn peer(&mut self, name: String, note: Option<String>, spot: &Spot) {
        let name_wide = name.chars().count() as f64 * 6.7;
        let note_wide = note.as_deref().map_or(0.0, |note| advance(note, 10.5) + 6.0);
        let near = 80.0 + name_wide + note_wide;
        let discs: Vec<Area> = (self.scene.spots.iter())
            .filter(|other| (other.at.0 - spot.at.0).abs() < near && (other.at.1 - spot.at.1).abs() < near)
            .map(|other| Area::around(other.at, other.radius))
            .collect();
        let with = self.places(spot, name_wide + note_wide);
        let without = self.places(spot, name_wide);
        // Rather without the rate than on the arc or on another peer.
        let places = (with.into_iter().map(|(area, cost)| (area, cost, true)))
            .chain(without.into_iter().map(|(area, cost)| (area, cost + 60.0, false)));
        let best = places
            .filter(|(area, ..)| self.is_free(area) && area.within(self.eye))
            .map(|(area, cost, noted)| {
                let covered: f64 = discs.iter().map(|disc| disc.shared(&area)).sum();
                let arc = if self.on_arc(&area) { 200.0 } else { 0.0 };
                (area, cost + covered + arc, noted)
            })
            .min_by(|a, b| a.1.total_cmp(&b.1));
        let Some((area, _, noted)) = best else { return };
        self.taken.push(area);
        let y = area.top + LINE / 2.0;
        if (y - spot.at.1).abs() > LINE * 1.5 {
            // So far off it would seem another peer's.
            let end =
                (spot.at.0.clamp(area.left, area.right), if y < spot.at.1 { area.bottom } else { area.top });
            self.scene.marks.push(Mark::Line {
                from: spot.at,
                to: end,
                width: 1.0,
                ink: Ink::full("--line-3"),
                dash: None,
            });
        }
        self.scene.marks.push(Mark::Text {
            at: (area.left, y),
            text: name,
            size: 11.0,
            mono: true,
            align: Align::Start,
            ink: Ink::full("--text-1"),
            halo: Some(GROUND),
        });
        if let Some(note) = note.filter(|_| noted) {
            self.put((area.left + name_wide + 6.0, y), note, 10.5, "--text-2");
        }
    }

    /// Where a peer's label may stand, each with what speaks against it (in px² of covered ground).
    fn places(&self, spot: &Spot, wide: f64) -> Vec<(Area, f64)> {
        let (at, away) = (spot.at, spot.radius + 7.0);
        let middle = self.eye.middle();
        let outwards = at.0 >= middle.0 - 0.15 * self.eye.radius();
        let mut places = Vec::new();
        for right in [outwards, !outwards] {
            let left = if right { at.0 + away } else { at.0 - away - wide };
            for step in [0.0, -1.0, 1.0, -2.0, 2.0, -3.0, 3.0_f64] {
                // Inwards at its own height it would lie on its own line.
                let inwards = match (right == outwards, step == 0.0) {
                    (true, _) => 0.0,
                    (false, false) => 12.0,
                    (false, true) => 30.0,
                };
                places.push((Area::lines(left, at.1 + step * LINE, wide, 1), step.abs() * 10.0 + inwards));
            }
        }
        for side in [-1.0, 1.0] {
            let y = at.1 + side * (spot.radius + LINE / 2.0 + 3.0);
            places.push((Area::lines(at.0 - wide / 2.0, y, wide, 1), 24.0));
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_on_a_circle_s_line_is_noticed() {
        let area = |left| Area::lines(left, 0.0, 40.0, 1);
        assert!(!area(50.0).crosses((0.0, 0.0), 100.0));
        assert!(area(70.0).crosses((0.0, 0.0), 100.0));
        assert!(!area(110.0).crosses((0.0, 0.0), 100.0));
        assert_eq!(area(0.0).shared(&area(30.0)), 10.0 * LINE);
        assert_eq!(area(0.0).shared(&area(40.0)), 0.0);
    }
}
