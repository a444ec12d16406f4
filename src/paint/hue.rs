//! Colours as they stand in the style sheet, read into red, green and blue: plotters knows no `oklch()`.

/// A colour, each part 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// Reads `#rgb`, `#rrggbb` and `oklch(L C H)`; grey where it is something else.
    pub fn read(text: &str) -> Rgb {
        let text = text.trim();
        text.strip_prefix('#').and_then(hex).or_else(|| oklch(text)).unwrap_or(Rgb(128, 128, 128))
    }

    /// For canvas 2D.
    pub fn css(self, alpha: f64) -> String {
        format!("rgba({},{},{},{alpha:.3})", self.0, self.1, self.2)
    }
}

fn hex(digits: &str) -> Option<Rgb> {
    let value = u32::from_str_radix(digits, 16).ok()?;
    match digits.len() {
        6 => Some(Rgb((value >> 16) as u8, (value >> 8) as u8, value as u8)),
        3 => {
            let part = |shift: u32| (((value >> shift) & 15) * 17) as u8;
            Some(Rgb(part(8), part(4), part(0)))
        }
        _ => None,
    }
}

/// CSS Color 4, section 9: OKLCH to OKLab to linear sRGB, clipped to what a screen shows.
fn oklch(text: &str) -> Option<Rgb> {
    let inner = text.strip_prefix("oklch(")?.strip_suffix(')')?;
    let mut parts = inner.split_whitespace().map(|part| match part.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().map(|value| value / 100.0),
        None => part.trim_end_matches("deg").parse(),
    });
    let (lightness, chroma, hue) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let (a, b) = (chroma * hue.to_radians().cos(), chroma * hue.to_radians().sin());
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    let part = |linear: f64| {
        let linear = linear.clamp(0.0, 1.0);
        let curved =
            if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
        (curved * 255.0).round() as u8
    };
    Some(Rgb(
        part(4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s),
        part(-1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s),
        part(-0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s),
    ))
}

#[cfg(test)]
mod tests {
    use super::Rgb;

    /// The style sheet gives both forms of each colour: they must agree within a rounding step.
    #[test]
    fn oklch_equals_its_fallback() {
        for (oklch, hex) in [
            ("oklch(0.7 0.13 248)", "#56a4eb"),
            ("oklch(0.935 0.006 262)", "#e7eaee"),
            ("oklch(0.74 0.13 157)", "#5ac389"),
            ("oklch(0.612 0.163 261.5)", "#4980e4"),
            ("oklch(0.165 0.008 262)", "#0c0e12"),
        ] {
            let (a, b) = (Rgb::read(oklch), Rgb::read(hex));
            for (x, y) in [(a.0, b.0), (a.1, b.1), (a.2, b.2)] {
                assert!(x.abs_diff(y) <= 1, "{oklch} gives {a:?}, not {b:?}");
            }
        }
    }

    #[test]
    fn odd_colours_are_grey() {
        assert_eq!(Rgb::read(" #fff "), Rgb(255, 255, 255));
        for odd in ["", "#", "#12345", "red", "oklch()", "oklch(a b c)", "#ééé"] {
            assert_eq!(Rgb::read(odd), Rgb(128, 128, 128), "{odd:?}");
        }
    }
}
