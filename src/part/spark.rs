//! Small curves without axes, as SVG paths: traffic of a row (in above, out below, cube root, one scale for all rows) and
//! a figure over time.

use std::fmt::Write;

use peerscope_engine::frame::Flow;
use yew::prelude::*;

use super::colour::Token;

/// The share of the height for a rate: the cube root lets 1 kB/s and 1 MB/s be seen side by side.
fn height_of(value: f32, max: f32) -> f32 {
    if value.is_finite() && value > 0.0 && max > 0.0 { (value / max).min(1.0).cbrt() } else { 0.0 }
}

/// The area between the middle and a curve; `up` is -1 for above, 1 for below.
fn area(values: &[f32], width: f32, height: f32, max: f32, up: f32) -> String {
    let middle = height / 2.0;
    let mut path = format!("M0 {middle}");
    let step = if values.len() > 1 { width / (values.len() - 1) as f32 } else { 0.0 };
    for (i, value) in values.iter().enumerate() {
        let y = middle + up * height_of(*value, max) * (middle - 0.5);
        write!(path, "L{:.1} {y:.1}", i as f32 * step).ok();
    }
    write!(path, "L{width} {middle}Z").ok();
    path
}

/// The sparkline of a row.
pub fn flow(flow: &Flow, max: f32, width: u16, height: u16) -> Html {
    if flow.spark_in.is_empty() && flow.spark_out.is_empty() {
        return html! { <span class="t3">{ crate::format::NONE }</span> };
    }
    let (w, h) = (f32::from(width), f32::from(height));
    html! {
        <svg class="spark" width={width.to_string()} height={height.to_string()} aria-hidden="true">
            <path d={area(&flow.spark_in, w, h, max, -1.0)} fill="var(--in)" fill-opacity=".62" />
            <path d={area(&flow.spark_out, w, h, max, 1.0)} fill="var(--out)" fill-opacity=".62" />
            <path d={format!("M0 {}H{width}", h / 2.0)} stroke="var(--bg-1)" stroke-width=".6" />
        </svg>
    }
}

/// A curve and the area below it; NaN breaks both.
fn curve(values: &[f32], width: f32, height: f32) -> (String, String) {
    let max = values.iter().copied().filter(|value| value.is_finite()).fold(0.0_f32, f32::max) * 1.08;
    let (mut line, mut fill) = (String::new(), String::new());
    let step = if values.len() > 1 { width / (values.len() - 1) as f32 } else { 0.0 };
    let mut began = None;
    let mut last = 0.0;
    for (i, value) in values.iter().enumerate() {
        let x = i as f32 * step;
        if !value.is_finite() {
            if began.take().is_some() {
                write!(fill, "L{last:.1} {height}Z").ok();
            }
            continue;
        }
        let y = height - 1.0 - if max > 0.0 { value.max(0.0) / max * (height - 2.0) } else { 0.0 };
        if began.is_none() {
            began = Some(x);
            write!(line, "M{x:.1} {y:.1}").ok();
            write!(fill, "M{x:.1} {height}L{x:.1} {y:.1}").ok();
        } else {
            write!(line, "L{x:.1} {y:.1}").ok();
            write!(fill, "L{x:.1} {y:.1}").ok();
        }
        last = x;
    }
    if began.is_some() {
        write!(fill, "L{last:.1} {height}Z").ok();
    }
    (line, fill)
}

/// The sparkline of a figure.
pub fn figure(values: &[f32], token: Token, width: u16, height: u16) -> Html {
    let (line, fill) = curve(values, f32::from(width), f32::from(height));
    html! {
        <svg class="curve" width={width.to_string()} height={height.to_string()} viewBox={format!("0 0 {width} {height}")}
            preserveAspectRatio="none" aria-hidden="true">
            <path d={fill} fill={format!("var({token})")} fill-opacity=".18" />
            <path d={line} fill="none" stroke={format!("var({token})")} stroke-width="1.2" vector-effect="non-scaling-stroke" />
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_drawn_by_its_cube_root() {
        assert_eq!(area(&[0.0, 8.0], 10.0, 21.0, 8.0, -1.0), "M0 10.5L0.0 10.5L10.0 0.5L10 10.5Z");
        assert_eq!(area(&[1.0, f32::NAN], 10.0, 21.0, 8.0, 1.0), "M0 10.5L0.0 15.5L10.0 10.5L10 10.5Z");
        assert_eq!(area(&[], 10.0, 21.0, 0.0, 1.0), "M0 10.5L10 10.5Z");
    }

    #[test]
    fn a_gap_breaks_the_curve() {
        let (line, fill) = curve(&[1.0, 1.0, f32::NAN, 1.0], 30.0, 10.0);
        assert_eq!(line.matches('M').count(), 2);
        assert_eq!(fill.matches('Z').count(), 2);
        assert_eq!(curve(&[f32::NAN], 30.0, 10.0), (String::new(), String::new()));
        assert!(!curve(&[0.0, 0.0], 30.0, 10.0).0.contains("NaN"));
    }
}
