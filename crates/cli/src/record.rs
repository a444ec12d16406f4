//! `record`: an endpoint's frames into a file, over all connections to it, until it is told to stop. What the node recorded itself
//! comes first.

mod address;
mod count;
mod lost;
mod out;
mod own;
mod recorder;

use std::{convert::Infallible, path::PathBuf, time::Duration};

use anyhow::{Result, anyhow, bail};
use clap::error::ErrorKind;
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use peerscope_introspection::{client::Config, frame::MAX_SEGMENT_LEN};
use tokio::{
    net::{TcpStream, lookup_host},
    time::{sleep_until, timeout},
};
use tokio_tungstenite::{WebSocketStream, client_async_with_config, tungstenite::protocol::WebSocketConfig};

use self::{
    address::Address,
    lost::Lost,
    out::Out,
    recorder::{PATIENCE, Recorder},
};
use crate::shutdown::{self, Shutdown};

/// A text message takes up to two bytes for one of a frame; the rest is for headers and short neighbours.
const MAX_MESSAGE: usize = 2 * MAX_SEGMENT_LEN + (1 << 20);
/// How long the last bytes may take into the file: the process is to be gone within 2 s.
const CLOSING: Duration = Duration::from_millis(1_200);

/// Ctrl+C or SIGTERM ends it; what was received is in the file at any time, half a second late at most, but for the beginning of
/// a session, which waits for what the node recorded itself.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The endpoint: its address or its viewer's as the node printed them, or http://HOST:PORT where no token is needed
    #[arg(value_name = "URL")]
    url: Hidden,
    /// The file to write; one that is there already is refused
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Overwrites the file, once the first frame has come
    #[arg(long)]
    force: bool,
    /// Ends after so many seconds, lost connections and waiting included
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=366 * 86_400))]
    duration: Option<u64>,
    /// Time between two states, in milliseconds; the endpoint keeps its own bounds
    #[arg(long, value_name = "MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    interval: u64,
}

/// An address with its token: not for `Debug`.
#[derive(Clone)]
struct Hidden(String);

impl From<&str> for Hidden {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// What ended a recording.
enum Ended {
    Asked,
    Over(u64),
    Failed(anyhow::Error),
}

pub fn run(arguments: &Arguments) -> Result<()> {
    // Not as clap's value parser: clap's errors repeat the value.
    let address = Address::parse(&arguments.url.0).unwrap_or_else(|error| {
        clap::Error::raw(ErrorKind::ValueValidation, format!("URL is no endpoint's address: {error:#}\n"))
            .exit()
    });
    shutdown::run(async {
        let out = Out::open(&arguments.out, arguments.force).await?;
        let mut shutdown = Shutdown::listen()?;
        let config = Config { interval_ms: arguments.interval, ..Config::default() };
        let mut recorder = Recorder::new(address, config, out, progress_bar());
        let over = async {
            match arguments.duration {
                Some(secs) => {
                    tokio::time::sleep(Duration::from_secs(secs)).await;
                    secs
                }
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            biased;
            () = shutdown.requested() => Ended::Asked,
            secs = over => Ended::Over(secs),
            failed = record(&mut recorder) => match failed {
                Err(error) => Ended::Failed(error),
                Ok(never) => match never {},
            },
        };
        finish(recorder, ended).await
    })
}

/// Session after session. Errs when the file can't be written, or when the endpoint refuses from the beginning.
async fn record(recorder: &mut Recorder) -> Result<Infallible> {
    let mut said = None;
    loop {
        let sessions = recorder.counts.sessions;
        let lost = match dial(&recorder.address).await {
            Ok(socket) => recorder.listen(socket).await?,
            Err(lost) => lost,
        };
        let retry_ms = recorder.client.disconnected(recorder.now_ms());
        let sentence = lost.sentence(&recorder.address);
        if lost.is_final() && recorder.counts.frames == 0 {
            bail!(sentence);
        }
        recorder.progress.set_message(format!("{}; waiting for the endpoint", recorder.counts.text()));
        // The same again and again is said once.
        if said.as_ref() != Some(&sentence) || recorder.counts.sessions > sessions {
            recorder.warn(&format!("{sentence} Trying again until it is there."));
            said = Some(sentence);
        }
        sleep_until(recorder.at(retry_ms)).await;
    }
}

async fn dial(address: &Address) -> Result<WebSocketStream<TcpStream>, Lost> {
    let dialled = timeout(PATIENCE, async {
        let addrs: Vec<_> =
            lookup_host((address.host(), address.port())).await.map_err(Lost::NoHost)?.collect();
        let stream = TcpStream::connect(&addrs[..]).await.map_err(Lost::Unreachable)?;
        let config =
            WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        let (socket, _) =
            client_async_with_config(address.with_token(), stream, Some(config)).await.map_err(Lost::by)?;
        Ok(socket)
    });
    dialled.await.unwrap_or(Err(Lost::Silent("a dial")))
}

/// Brings what is left into the file and says what is in it.
async fn finish(mut recorder: Recorder, ended: Ended) -> Result<()> {
    recorder.release();
    let flushed = match timeout(CLOSING, recorder.out.flush()).await {
        Ok(flushed) => flushed,
        Err(_) => {
            Err(anyhow!("the last bytes could not be written to {} in time", recorder.out.path().display()))
        }
    };
    recorder.progress.finish_and_clear();
    let path = recorder.out.path().display().to_string();
    if recorder.counts.frames == 0 {
        recorder.out.discard().await;
        return match ended {
            Ended::Asked => {
                eprintln!("nothing was received, so {path} was not written");
                Ok(())
            }
            Ended::Over(secs) => {
                Err(anyhow!("nothing was received within {secs} s, so {path} was not written"))
            }
            Ended::Failed(error) => Err(error),
        };
    }
    let secs = recorder.elapsed().as_secs();
    eprintln!("{path}: {secs} s recorded, {}", recorder.counts.text());
    match ended {
        Ended::Failed(error) => Err(error),
        Ended::Asked | Ended::Over(_) => flushed,
    }
}

/// Shown on a terminal only.
fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{elapsed_precise} {wide_msg}");
    let bar = ProgressBar::new_spinner()
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        .with_finish(ProgressFinish::AndClear);
    // Time goes on while it waits, too.
    bar.enable_steady_tick(Duration::from_secs(1));
    bar
}

#[cfg(test)]
mod tests;
