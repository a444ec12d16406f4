//! From the engine's layout and the eye's place to a drawing as plain values, and which peer lies where.

mod labels;

use std::f64::consts::{FRAC_PI_2, TAU};

use peerscope_engine::{
    frame::{Graph, GraphNode, Status},
    view::Key,
};

use crate::{
    format,
    paint::picture::{Align, Ink, Mark},
    part::colour,
    screen::Selected,
};

/// How it is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Eye {
    pub width: f64,
    pub height: f64,
    pub zoom: f64,
    pub pan: (f64, f64),
    pub phone: bool,
}

impl Eye {
    fn middle(self) -> (f64, f64) {
        (self.width / 2.0 + self.pan.0, self.height / 2.0 + self.pan.1)
    }

    /// Radius of the unit circle: the labels outside need room.
    fn radius(self) -> f64 {
        let beside = if self.phone { 62.0 } else { 110.0 };
        (self.height / 2.0 - 36.0).min(self.width / 2.0 - beside).max(20.0) * self.zoom
    }

    fn place(self, x: f32, y: f32) -> (f64, f64) {
        let (middle, radius) = (self.middle(), self.radius());
        (middle.0 + f64::from(x) * radius, middle.1 + f64::from(y) * radius)
    }
}

/// Where a peer is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    pub key: Key,
    /// Its number in the answer.
    pub node: usize,
    pub at: (f64, f64),
    pub radius: f64,
}

#[derive(Clone, Debug, Default)]
pub struct Scene {
    pub marks: Vec<Mark>,
    pub spots: Vec<Spot>,
}

impl Scene {
    /// The peer at a place: the nearest whose disc, or a finger's width around it, is there.
    pub fn pick(&self, at: (f64, f64)) -> Option<&Spot> {
        let distance = |spot: &Spot| (spot.at.0 - at.0).hypot(spot.at.1 - at.1);
        self.spots
            .iter()
            .filter(|spot| distance(spot) <= (spot.radius + 4.0).max(9.0))
            .min_by(|a, b| (distance(a) - a.radius).total_cmp(&(distance(b) - b.radius)))
    }
}

const GROUND: &str = "--bg-0";
/// Radius of our own node.
const ME: f64 = 13.0;

/// Bytes per second, both ways.
fn rate(node: &GraphNode) -> f64 {
    node.rate_in.unwrap_or(0.0) + node.rate_out.unwrap_or(0.0)
}

/// Width of a line by the root of its traffic: 1 MB/s is 4.7 px.
fn width(rate: f64) -> f64 {
    (0.5 + (rate / 1e4).sqrt() * 0.42).min(8.0)
}

fn disc(rate: f64) -> f64 {
    (3.0 + (rate / 1e4).sqrt() * 0.9).min(16.0)
}

/// So many peers are painted by how they look, and not one after the other: 10,000 would take longer than a frame.
const CROWD: usize = 300;

/// Radius of the least disc, px.
const LEAST: f64 = 2.5;

/// By how much discs shrink where they would cover more than a twentieth of the circle and hide each other.
fn crowding(graph: &Graph, eye: Eye) -> f64 {
    let area: f64 = graph.nodes.iter().map(|node| disc(rate(node)).powi(2)).sum();
    if area > 0.0 { (eye.radius().powi(2) / 20.0 / area).sqrt().clamp(0.3, 1.0) } else { 1.0 }
}

fn is_open(node: &GraphNode) -> bool {
    node.end.is_none() && !matches!(node.status, Status::Closed | Status::Error)
}

pub fn build(graph: &Graph, eye: Eye, selected: Selected, hovered: Option<&Key>) -> Scene {
    let mut scene = Scene::default();
    if eye.width < 1.0 || eye.height < 1.0 {
        return scene;
    }
    // An answer whose positions are cut short draws what it has.
    let places: Vec<(f64, f64)> =
        graph.positions.chunks_exact(2).map(|xy| eye.place(xy[0], xy[1])).take(graph.nodes.len()).collect();
    rings(&mut scene, graph, eye);
    sectors(&mut scene, graph, eye);
    let edges = scene.marks.len();
    for (node, at) in graph.nodes.iter().zip(&places) {
        edge(&mut scene, graph, eye, &places, node, *at, selected.is_peer(&node.key, &node.peer));
    }
    let is_crowd = graph.nodes.len() > CROWD;
    if is_crowd {
        scene.marks[edges..].sort_by_key(Mark::look);
    }
    let share = crowding(graph, eye);
    let dots = scene.marks.len();
    for (number, (node, at)) in graph.nodes.iter().zip(&places).enumerate() {
        let spot = Spot {
            key: node.key.clone(),
            node: number,
            at: *at,
            radius: (disc(rate(node)) * share).max(LEAST),
        };
        dot(&mut scene, node, &spot, selected.is_peer(&node.key, &node.peer), hovered == Some(&node.key));
        scene.spots.push(spot);
    }
    if is_crowd {
        // Discs first, then what stands around them.
        scene.marks[dots..].sort_by_key(|mark| (!matches!(mark, Mark::Disc { .. }), mark.look()));
    }
    me(&mut scene, eye);
    // Last, so that no disc covers a word.
    labels::all(&mut scene, graph, eye);
    scene
}

fn rings(scene: &mut Scene, graph: &Graph, eye: Eye) {
    let (middle, radius) = (eye.middle(), eye.radius());
    for ring in &graph.rings {
        scene.marks.push(Mark::Ring {
            at: middle,
            radius: f64::from(ring.radius) * radius,
            width: 1.0,
            ink: Ink::full("--line-1"),
            dash: None,
        });
    }
    if let Some(untold) = graph.untold_radius {
        scene.marks.push(Mark::Ring {
            at: middle,
            radius: f64::from(untold) * radius,
            width: 1.0,
            ink: Ink::full("--line-2"),
            dash: Some((3.0, 4.0)),
        });
    }
}

fn sectors(scene: &mut Scene, graph: &Graph, eye: Eye) {
    let (middle, radius) = (eye.middle(), eye.radius());
    for sector in &graph.sectors {
        let token = colour::transport(sector.name.as_deref());
        // Clockwise from the top becomes clockwise from the x axis.
        let (from, to) = (f64::from(sector.from) - FRAC_PI_2, f64::from(sector.to) - FRAC_PI_2);
        if !(from.is_finite() && to.is_finite()) {
            continue;
        }
        let to = to.min(from + TAU);
        scene.marks.push(Mark::Arc {
            at: middle,
            radius: radius + labels::ARC,
            from,
            to,
            width: 3.0,
            ink: Ink::full(token),
        });
    }
}

/// The line from us, or from the relay, to a peer.
fn edge(
    scene: &mut Scene,
    graph: &Graph,
    eye: Eye,
    places: &[(f64, f64)],
    node: &GraphNode,
    at: (f64, f64),
    selected: bool,
) {
    let relay = node.via.and_then(|via| {
        graph.nodes.get(via as usize)?;
        places.get(via as usize)
    });
    let rate = rate(node);
    let strength = match () {
        () if selected => 0.95,
        () if !is_open(node) => 0.12,
        () if node.relayed => 0.75,
        () => 0.22 + (rate / 2e5).min(0.4),
    };
    let token = if selected { "--selected" } else { colour::transport(node.transport.as_deref()) };
    scene.marks.push(Mark::Line {
        from: relay.copied().unwrap_or(eye.middle()),
        to: at,
        // In steps too small to be seen, so that many lines are alike.
        width: (width(rate) * 4.0).round() / 4.0,
        ink: Ink {
            token,
            alpha: ((if node.matches || selected { strength } else { strength * 0.25 }) * 32.0).round()
                / 32.0,
        },
        dash: node.relayed.then_some((4.0, 3.0)),
    });
}

fn dot(scene: &mut Scene, node: &GraphNode, spot: &Spot, selected: bool, hovered: bool) {
    let (at, radius) = (spot.at, spot.radius);
    let alpha = if node.matches { 1.0 } else { 0.22 };
    let edge = |token| Ink { token, alpha };
    // Shape first: what is not simply active is a ring on the ground.
    let hollow = match node.status {
        _ if !is_open(node) => {
            Some((if node.end.as_ref().is_some_and(|end| end.error) { "--error" } else { "--closed" }, None))
        }
        Status::Opening => Some(("--opening", Some((2.0, 2.0)))),
        Status::Closing => Some(("--closing", Some((2.0, 1.4)))),
        _ => None,
    };
    match hollow {
        Some((token, dash)) => {
            scene.marks.push(Mark::Disc {
                at,
                radius: 4.5,
                fill: Ink::full(GROUND),
                edge: Ink::full(GROUND),
            });
            scene.marks.push(Mark::Ring { at, radius: 4.5, width: 1.5, ink: edge(token), dash });
        }
        None => scene.marks.push(Mark::Disc {
            at,
            radius,
            fill: edge(colour::transport(node.transport.as_deref())),
            edge: Ink::full(GROUND),
        }),
    }
    let ring = |radius, token, width| Mark::Ring { at, radius, width, ink: edge(token), dash: None };
    if node.relays {
        scene.marks.push(ring(radius + 3.0, "--relayed", 1.5));
    }
    if selected {
        scene.marks.push(ring(radius + 4.0, "--selected", 2.0));
    } else if hovered {
        scene.marks.push(ring(radius + 4.0, "--text-1", 1.2));
    }
}

fn me(scene: &mut Scene, eye: Eye) {
    let at = eye.middle();
    scene.marks.push(Mark::Disc { at, radius: ME, fill: Ink::full("--bg-2"), edge: Ink::full("--bg-2") });
    scene.marks.push(Mark::Ring { at, radius: ME, width: 1.5, ink: Ink::full("--text-1"), dash: None });
    scene.marks.push(labels::text(at, "me".into(), 10.5, Align::Middle, "--text-1", None));
}

/// `771 kB/s` beside a name.
fn rate_label(node: &GraphNode) -> Option<String> {
    (node.rate_in.is_some() || node.rate_out.is_some()).then(|| format::bytes(rate(node)).per_second())
}

#[cfg(test)]
mod tests;
