//! Paints [`Bars`].

use super::{
    Bars,
    board::{Board, Frame},
};
use crate::{
    format,
    paint::{canvas::Surface, ticks},
};

pub fn paint(surface: &Surface, frame: &Frame, bars: &Bars, zone_minutes: i32) {
    let Some(board) = Board::new(surface) else { return };
    let sum = |values: &[f64]| values.iter().sum::<f64>();
    let (mut up, mut down) = (0.0_f64, 0.0_f64);
    for bar in &bars.bars {
        up = up.max(sum(&bar.up));
        down = down.max(sum(&bar.down));
    }
    // One scale for both ways. A chart with nothing in it still has a line.
    let (up, down) = if up + down > 0.0 { (up * 1.08, down * 1.08) } else { (1.0, 0.0) };
    let height = frame.bottom - frame.top;
    let unit = height / (up + down);
    let zero = frame.top + up * unit;

    let wanted = (height / 26.0).clamp(1.0, 4.0) as u32;
    let all = if bars.whole { ticks::whole(up.max(down), wanted) } else { ticks::nice(up.max(down), wanted) };
    let most = all.iter().copied().filter(|tick| *tick <= up).fold(0.0, f64::max);
    let label = |tick: f64| {
        let number = format::frequency(tick);
        if tick == most { format!("{number}{}", bars.unit) } else { number }
    };
    for tick in &all {
        if *tick <= up {
            board.level(frame, zero - tick * unit, &label(*tick), false);
        }
        if *tick <= down {
            board.level(frame, zero + tick * unit, &format::frequency(*tick), false);
        }
    }
    board.gaps(frame, &bars.gaps);

    let step = (frame.right - frame.left) / bars.bars.len().max(1) as f64;
    // One device pixel of ground between bars, where there is room for it.
    let space = if step > 3.0 { 1.0 } else { 0.0 };
    for (i, bar) in bars.bars.iter().enumerate() {
        let x = frame.left + i as f64 * step;
        let stack = |values: &[f64], tokens: &[&'static str], sign: f64| {
            let mut y = zero;
            for (value, token) in values.iter().zip(tokens) {
                let next = y - sign * value * unit;
                if *value > 0.0 {
                    // Parts of a stack are apart by one device pixel, where they are high enough.
                    let apart = if (next - y).abs() > 3.0 { 1.0 / surface.scale } else { 0.0 };
                    let (from, to) = (y.min(next), y.max(next));
                    let (from, to) = if sign > 0.0 { (from + apart, to) } else { (from, to - apart) };
                    board.rect((x, from), (x + step - space, to), token, 0.85);
                }
                y = next;
            }
        };
        stack(&bar.up, &bars.up, 1.0);
        stack(&bar.down, &bars.down, -1.0);
    }
    board.level(frame, zero, "0", true);
    board.times(frame, zone_minutes);
    board.cursor(frame, bars.cursor_ms);
}
