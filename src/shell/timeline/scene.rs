//! What the strip shows, as plain values in CSS px. Pure.

use peerscope_engine::{frame::Timeline, view::Range};

use super::axis::Axis;
use crate::format::{self, Clock};

/// Where it is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub width: f64,
    pub height: f64,
    pub phone: bool,
    pub zone_minutes: i32,
    /// The link is lost, and time went on until now.
    pub now_ms: Option<u64>,
}

impl Place {
    /// Room is left at the right for the cursor's head.
    pub fn plot_width(&self) -> f64 {
        if self.phone { self.width - 2.0 } else { self.width - 10.0 }
    }
}

/// What stands on it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Drawn {
    pub cursor_ms: Option<u64>,
    /// Moment A of a comparison.
    pub pinned_ms: Option<u64>,
    pub range: Option<Range>,
}

type Point = (f64, f64);

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    pub width: f64,
    /// Where the plot begins, below the axis.
    pub top: f64,
    pub bottom: f64,
    /// Vertical lines and what stands beside them.
    pub ticks: Vec<(f64, String)>,
    pub label_y: f64,
    /// Lines between the lanes.
    pub dividers: Vec<f64>,
    /// The line between in and out.
    pub zero: f64,
    /// Closed shapes: each a stretch without a gap.
    pub area_in: Vec<Vec<Point>>,
    pub area_out: Vec<Vec<Point>>,
    /// Least and most connections of each column, one line for each stretch.
    pub connections: Vec<Vec<Point>>,
    /// x, y, width, height.
    pub bars: Vec<(f64, f64, f64, f64)>,
    /// Nobody recorded here.
    pub gaps: Vec<(f64, f64)>,
    /// From here on there is no link.
    pub lost: Option<(f64, f64)>,
    pub range: Option<(f64, f64)>,
    pub cursor: Option<f64>,
    pub pinned: Option<f64>,
}

/// The lanes, px below the top, on a desktop: axis 13, in/out 44, connections 22, events 18 and the rest between.
struct Lanes {
    top: f64,
    zero: f64,
    up: f64,
    down: f64,
    connections: Option<(f64, f64)>,
    events: Option<(f64, f64)>,
}

const DESK: Lanes = Lanes {
    top: 13.0,
    zero: 42.0,
    up: 27.0,
    down: 14.0,
    connections: Some((62.0, 77.0)),
    events: Some((84.0, 102.0)),
};
const PHONE: Lanes = Lanes { top: 0.0, zero: 26.0, up: 22.0, down: 16.0, connections: None, events: None };

pub fn scene(answer: &Timeline, axis: Axis, place: Place, drawn: Drawn) -> Scene {
    let lanes = if place.phone { PHONE } else { DESK };
    let columns = answer.rate_in.len().max(answer.events.len());
    // The columns cover what was told; a lost link makes the axis longer.
    let told = axis.x(axis.told_ms.max(axis.from_ms + 1));
    let x = |column: usize| (column as f64 + 0.5) * told / columns.max(1) as f64;
    let most = answer
        .rate_in
        .iter()
        .chain(&answer.rate_out)
        .copied()
        .filter(|rate| rate.is_finite())
        .fold(0.0, f32::max);
    // A root brings small traffic into sight beside great.
    let height = |rate: f32, room: f64| f64::from(rate / most.max(1.0)).max(0.0).powf(0.8) * room;
    let area = |rates: &[f32], room: f64, sign: f64| {
        stretches(rates)
            .map(|stretch| {
                let mut points: Vec<Point> =
                    stretch.clone().map(|at| (x(at), lanes.zero - sign * height(rates[at], room))).collect();
                points.insert(0, (x(stretch.start) - told / columns as f64 / 2.0, lanes.zero));
                if let Some((_, y)) = points.get(1).copied() {
                    points.insert(1, (points[0].0, y));
                }
                if let Some((last_x, y)) = points.last().copied() {
                    let end = last_x + told / columns as f64 / 2.0;
                    points.extend([(end, y), (end, lanes.zero)]);
                }
                points
            })
            .collect()
    };
    let (step, ticks) = axis.ticks(if place.phone { 110.0 } else { 80.0 }, place.zone_minutes);
    let exact = if step < 60_000 { Clock::Seconds } else { Clock::Minutes };
    Scene {
        width: place.width,
        top: lanes.top,
        bottom: place.height,
        ticks: ticks
            .into_iter()
            .filter(|at| place.now_ms.is_none() || *at < axis.told_ms)
            .map(|at| (axis.x(at), format::clock(at, place.zone_minutes, exact)))
            .collect(),
        label_y: if place.phone { place.height - 3.0 } else { 10.0 },
        dividers: if place.phone { Vec::new() } else { vec![58.0, 80.0] },
        zero: lanes.zero,
        area_in: area(&answer.rate_in, lanes.up, 1.0),
        area_out: area(&answer.rate_out, lanes.down, -1.0),
        connections: lanes.connections.map_or_else(Vec::new, |lane| line(answer, lane, x)),
        bars: lanes.events.map_or_else(Vec::new, |lane| bars(answer, lane, x)),
        gaps: answer
            .gaps
            .iter()
            .map(|gap| (axis.x(gap.from_ms), axis.x(gap.to_ms)))
            .map(at_least_two)
            .collect(),
        lost: (axis.to_ms > axis.told_ms && place.now_ms.is_some())
            .then(|| (axis.x(axis.told_ms), axis.width)),
        range: drawn.range.map(|range| (axis.x(range.from_ms), axis.x(range.to_ms))),
        cursor: drawn.cursor_ms.map(|at| axis.x(at)),
        pinned: drawn.pinned_ms.map(|at| axis.x(at)),
    }
}

/// A gap of a moment is to be seen too.
fn at_least_two((from, to): (f64, f64)) -> (f64, f64) {
    (from, to.max(from + 2.0))
}

/// Runs of columns that have a value.
fn stretches(values: &[f32]) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + values.get(at..)?.iter().position(|value| value.is_finite())?;
        let len = values[start..].iter().position(|value| !value.is_finite()).unwrap_or(values.len() - start);
        at = start + len;
        Some(start..at)
    })
}

fn line(answer: &Timeline, (top, bottom): (f64, f64), x: impl Fn(usize) -> f64) -> Vec<Vec<Point>> {
    let (least, most) = (&answer.connections_min, &answer.connections_max);
    let high = most.iter().copied().filter(|count| count.is_finite()).fold(f32::MIN, f32::max);
    let low = least.iter().copied().filter(|count| count.is_finite()).fold(f32::MAX, f32::min);
    // Steady counts lie in the middle; small changes of great counts are not blown up.
    let room = f64::from((high - low).max(high * 0.1).max(1.0));
    let middle = f64::from(high + low) / 2.0;
    let y = |count: f32| (top + bottom) / 2.0 - (f64::from(count) - middle) / room * (bottom - top);
    stretches(most)
        .map(|stretch| {
            let mut points: Vec<Point> = Vec::new();
            for at in stretch {
                let low = least.get(at).copied().filter(|count| count.is_finite()).unwrap_or(most[at]);
                let mut ends = [(x(at), y(most[at])), (x(at), y(low))];
                if low == most[at] {
                    points.push(ends[0]);
                    continue;
                }
                // The nearer end first: a step is then a step, and no spike.
                let from = points.last().map_or(ends[0].1, |(_, y)| *y);
                ends.sort_by(|a, b| (a.1 - from).abs().total_cmp(&(b.1 - from).abs()));
                points.extend(ends);
            }
            points
        })
        .collect()
}

fn bars(answer: &Timeline, (top, bottom): (f64, f64), x: impl Fn(usize) -> f64) -> Vec<(f64, f64, f64, f64)> {
    // Two columns make a bar of 3 px and a px between.
    let pairs: Vec<f32> = answer
        .events
        .chunks(2)
        .map(|pair| pair.iter().copied().filter(|rate| rate.is_finite()).fold(f32::NAN, f32::max))
        .collect();
    let most = pairs.iter().copied().filter(|rate| rate.is_finite()).fold(0.0, f32::max);
    if most <= 0.0 {
        return Vec::new();
    }
    let width = (x(2) - x(0)).abs();
    (pairs.iter().enumerate())
        .filter(|(_, rate)| **rate > 0.0)
        .map(|(at, rate)| {
            let high = (f64::from(rate / most).sqrt() * (bottom - top)).max(1.0);
            (x(at * 2) - width / 4.0, bottom - high, (width - 1.0).max(1.0), high)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { width: 110.0, height: 103.0, phone: false, zone_minutes: 0, now_ms: None };

    fn answer() -> Timeline {
        Timeline {
            span: Some(Range { from_ms: 0, to_ms: 10_000 }),
            rate_in: vec![10.0, 20.0, f32::NAN, f32::NAN, 5.0],
            rate_out: vec![0.0, 1.0, f32::NAN, f32::NAN, 2.0],
            connections_min: vec![3.0, 3.0, f32::NAN, f32::NAN, 1.0],
            connections_max: vec![3.0, 4.0, f32::NAN, f32::NAN, 4.0],
            events: vec![0.0, 2.0, f32::NAN, f32::NAN, 0.0],
            gaps: vec![Range { from_ms: 4_000, to_ms: 8_000 }],
            ..Timeline::default()
        }
    }

    fn draw(answer: &Timeline, place: Place, drawn: Drawn) -> Scene {
        let axis = Axis::new(answer.span, place.now_ms, place.plot_width()).expect("a span");
        scene(answer, axis, place, drawn)
    }

    #[test]
    fn a_gap_is_hatched_and_nothing_is_drawn_in_it() {
        let scene = draw(&answer(), PLACE, Drawn::default());
        assert_eq!(scene.gaps, [(40.0, 80.0)]);
        assert_eq!((scene.area_in.len(), scene.area_out.len(), scene.connections.len()), (2, 2, 2));
        let inside = |x: f64| x > 40.0 && x < 80.0;
        assert!(scene.area_in.iter().flatten().all(|(x, _)| !inside(*x)));
        assert!(scene.bars.iter().all(|(x, ..)| !inside(*x)));
        // The greatest rate fills its lane.
        assert!(scene.area_in[0].iter().any(|(_, y)| (*y - (scene.zero - 27.0)).abs() < 1e-6));
    }

    #[test]
    fn cursor_and_range_stand_at_their_times() {
        let range = Some(Range { from_ms: 1_000, to_ms: 2_000 });
        let drawn = Drawn { cursor_ms: Some(5_000), pinned_ms: Some(3_000), range };
        let scene = draw(&answer(), PLACE, drawn);
        assert_eq!((scene.cursor, scene.range), (Some(50.0), Some((10.0, 20.0))));
        assert_eq!(scene.pinned, Some(30.0));
        assert!(!scene.ticks.is_empty());
    }

    #[test]
    fn a_lost_link_is_a_stretch_at_the_end() {
        let place = Place { now_ms: Some(20_000), ..PLACE };
        let scene = draw(&answer(), place, Drawn::default());
        assert_eq!(scene.lost, Some((50.0, 100.0)));
        assert!(scene.area_in.iter().flatten().all(|(x, _)| *x <= 50.0 + 1e-9));
        assert_eq!(draw(&answer(), PLACE, Drawn::default()).lost, None);
    }

    #[test]
    fn a_phone_has_in_and_out_only() {
        let scene = draw(&answer(), Place { phone: true, height: 50.0, ..PLACE }, Drawn::default());
        assert!(scene.connections.is_empty() && scene.bars.is_empty() && !scene.area_in.is_empty());
    }

    #[test]
    fn nothing_told_is_nothing_drawn() {
        let empty = Timeline { span: Some(Range { from_ms: 5, to_ms: 5 }), ..Timeline::default() };
        let scene = draw(&empty, PLACE, Drawn::default());
        assert!(scene.area_in.is_empty() && scene.connections.is_empty() && scene.bars.is_empty());
    }
}
