//! The two clocks: dates for what is told, and a monotonic one for how long something took.

pub(crate) use web_time::Instant;

/// Now, in milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> u64 {
    web_time::SystemTime::now()
        .duration_since(web_time::SystemTime::UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
