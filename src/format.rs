//! Numbers, times and durations as text, one way for the whole page. A number and its unit come apart, so that the unit
//! can be grey and sit in a slot of its own. No clock, no locale: the zone is an argument.

/// A number and its unit: `9.43`, `kB`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    pub number: String,
    /// Empty where there is none.
    pub unit: &'static str,
}

impl Quantity {
    /// As one text, `9.43 kB`.
    pub fn text(&self) -> String {
        if self.unit.is_empty() { self.number.clone() } else { format!("{} {}", self.number, self.unit) }
    }

    /// As a rate, `9.43 kB/s`.
    pub fn per_second(&self) -> String {
        if self.unit.is_empty() {
            format!("{} /s", self.number)
        } else {
            format!("{} {}/s", self.number, self.unit)
        }
    }
}

/// What stands where nothing was told.
pub const NONE: &str = "–";
/// Between thousands, and between a number and its unit where a line must not break.
pub const THIN: char = '\u{2009}';
const MINUS: char = '−';

const BYTES: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];

/// Bytes in SI, three significant digits: `0 B`, `306 B`, `9.43 kB`, `709 kB`.
pub fn bytes(value: f64) -> Quantity {
    scaled(value, &BYTES)
}

/// A count, short: `999`, `38.2k`, `1.20M`.
pub fn short_count(value: f64) -> String {
    let quantity = scaled(value, &["", "k", "M", "G", "T", "P"]);
    format!("{}{}", quantity.number, quantity.unit)
}

/// A plain number per second: whole from 10 on, `3.4` below, `0.25` below 1.
pub fn frequency(value: f64) -> String {
    if !value.is_finite() {
        return NONE.into();
    }
    match value.abs() {
        0.0 => "0".into(),
        v if v < 0.995 => trim(format!("{value:.2}")),
        v if v < 9.95 => trim(format!("{value:.1}")),
        _ => thousands(value.round() as i64),
    }
}

fn scaled(value: f64, units: &[&'static str]) -> Quantity {
    if !value.is_finite() {
        return Quantity { number: NONE.into(), unit: "" };
    }
    let mut rest = value.abs();
    let mut step = 0;
    // 999.5 would be shown as 1000: it belongs to the next unit.
    while rest >= 999.5 && step + 1 < units.len() {
        rest /= 1000.0;
        step += 1;
    }
    let number = if step == 0 { format!("{rest:.0}") } else { significant(rest) };
    let sign = if value < 0.0 && number != "0" { MINUS.to_string() } else { String::new() };
    Quantity { number: sign + &number, unit: units[step] }
}

/// Three significant digits of a number between 0.9995 and 999.5 (greater ones keep all their digits).
fn significant(value: f64) -> String {
    if value >= 99.95 {
        format!("{value:.0}")
    } else if value >= 9.995 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

fn trim(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A count with all its digits, thousands apart by a thin space: `38 204`. Below 1000 it is digits alone.
pub fn thousands(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    if value < 0 {
        text.push(MINUS);
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

/// As [`thousands`], for what can't be negative.
pub fn count(value: u64) -> String {
    thousands(i64::try_from(value).unwrap_or(i64::MAX))
}

/// A duration: `340 ms`, `4.2 s`, `34 s`, `9m 53s`, `1h 41m`, `3d 4h`.
pub fn duration_ms(ms: u64) -> String {
    let quantity = duration(ms as f64);
    if quantity.unit.is_empty() { quantity.number } else { quantity.text() }
}

/// As [`duration_ms`], with fractions of a millisecond, and the unit apart where there is but one.
pub fn duration(ms: f64) -> Quantity {
    if !ms.is_finite() || ms < 0.0 {
        return Quantity { number: NONE.into(), unit: "" };
    }
    let one = |number: String, unit| Quantity { number, unit };
    if ms == 0.0 {
        return one("0".into(), "ms");
    }
    if ms < 0.0995 {
        return one(format!("{:.0}", ms * 1000.0), "µs");
    }
    if ms < 9.95 {
        return one(trim(format!("{ms:.1}")), "ms");
    }
    if ms < 999.5 {
        return one(format!("{ms:.0}"), "ms");
    }
    let seconds = ms / 1000.0;
    if seconds < 9.95 {
        return one(format!("{seconds:.1}"), "s");
    }
    // From here on it counts whole steps that have passed, as a clock does.
    let whole = seconds as u64;
    let two = |text: String| Quantity { number: text, unit: "" };
    match whole {
        0..60 => one(whole.to_string(), "s"),
        60..3600 => two(format!("{}m {:02}s", whole / 60, whole % 60)),
        3600..86_400 => two(format!("{}h {:02}m", whole / 3600, whole % 3600 / 60)),
        _ => two(format!("{}d {}h", whole / 86_400, whole % 86_400 / 3600)),
    }
}

/// A round trip or another short time, told in nanoseconds.
pub fn nanos(ns: u64) -> Quantity {
    duration(ns as f64 / 1e6)
}

/// How exact a clock time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// `14:32`
    Minutes,
    /// `14:32:06`
    Seconds,
    /// `14:32:06.041`
    Millis,
}

/// A time of the day in the zone that is `zone_minutes` east of UTC.
pub fn clock(ms: u64, zone_minutes: i32, exact: Clock) -> String {
    let local = (ms as i64).saturating_add(i64::from(zone_minutes) * 60_000);
    let day = local.rem_euclid(86_400_000);
    let (hour, minute, second, milli) = (day / 3_600_000, day / 60_000 % 60, day / 1000 % 60, day % 1000);
    match exact {
        Clock::Minutes => format!("{hour:02}:{minute:02}"),
        Clock::Seconds => format!("{hour:02}:{minute:02}:{second:02}"),
        Clock::Millis => format!("{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    }
}

/// The day and the time, `2026-11-25 14:32:06.041`, for tooltips and what may be another day.
pub fn date_clock(ms: u64, zone_minutes: i32, exact: Clock) -> String {
    let local = (ms as i64).saturating_add(i64::from(zone_minutes) * 60_000);
    let (year, month, day) = civil(local.div_euclid(86_400_000));
    format!("{year:04}-{month:02}-{day:02} {}", clock(ms, zone_minutes, exact))
}

/// Year, month and day of so many days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// A share of 1: `32 %`, `6.0 %`; more digits below a tenth.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return NONE.into();
    }
    let percent = share * 100.0;
    if percent >= 9.95 || percent == 0.0 { format!("{percent:.0} %") } else { format!("{percent:.1} %") }
}

/// A peer id's head and tail: every ed25519 id starts alike, the tail tells. Short ids stay whole, with an empty head.
pub fn peer_parts(id: &str) -> (&str, &str) {
    let chars = id.chars().count();
    if chars <= 13 {
        return ("", id);
    }
    let head = id.char_indices().nth(4).map_or(id.len(), |(at, _)| at);
    let tail = id.char_indices().nth(chars - 8).map_or(0, |(at, _)| at);
    (&id[..head], &id[tail..])
}

/// A peer id in one text, `12D3…WWD6rC2z`.
pub fn peer_short(id: &str) -> String {
    match peer_parts(id) {
        ("", whole) => whole.to_owned(),
        (head, tail) => format!("{head}…{tail}"),
    }
}

/// Text that others chose, safe to read: what can't be seen or turns the direction of writing becomes visible, and no more
/// than `most` characters are kept.
pub fn visible(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most * 4));
    for (n, c) in text.chars().enumerate() {
        if n >= most {
            out.push('…');
            break;
        }
        match c {
            // Symbols for control characters stand at U+2400.
            '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + c as u32)),
            '\u{7f}' => out.push('␡'),
            '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                out.push_str(&format!("⟨{:04X}⟩", c as u32))
            }
            '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{61c}'
            | '\u{ad}' => out.push_str(&format!("⟨{:04X}⟩", c as u32)),
            // Tags and variation selectors beyond the first plane are invisible too.
            '\u{e0000}'..='\u{e0fff}' => out.push_str(&format!("⟨{:04X}⟩", c as u32)),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;
