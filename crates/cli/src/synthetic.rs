//! A made-up node: its peers, connections, streams, traffic, DHT and events, moved by a seed and a time that are given.
//!
//! Pure: no clock, no system randomness, integers only, so that the same figures and times give the same bytes anywhere.

mod connection;
mod dht;
mod dice;
mod event;
mod peer;
mod stream;
mod world;

pub use world::World;

/// How large the made-up node is and how fast it lives.
#[derive(Clone, Debug, clap::Args)]
pub struct Figures {
    /// Connections open at any time
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub connections: u32,
    /// Streams open at any time on each connection
    #[arg(long, value_name = "M", default_value_t = 3, value_parser = clap::value_parser!(u32).range(..=10_000))]
    pub streams: u32,
    /// Events per second
    #[arg(long, value_name = "R", default_value_t = 20, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub event_rate: u32,
    /// Percent of the connections, and of the streams on those that stay, that are replaced per second
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = percent)]
    pub churn: f64,
    /// How often the node's world moves, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(10..=3_600_000))]
    pub interval: u64,
}

fn percent(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    if (0.0..=100.0).contains(&value) { Ok(value) } else { Err("not from 0 to 100".to_owned()) }
}

#[cfg(test)]
mod tests;
