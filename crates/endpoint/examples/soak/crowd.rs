//! Sixty-four clients that come, look, pause, fall asleep, vanish and come again, and some who only mean harm. What each
//! sees is checked. A process of its own, so that the endpoint's memory is the endpoint's.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use peerscope_introspection::wire::client_command::{Command, Source};
use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

use crate::client::{Client, Failure, Taken};

/// Sessions at a time.
const SESSIONS: u64 = 64;
/// Those who never become one.
const HOSTILE: u64 = 8;
const TOO_MANY: &str = "too many sessions";

#[derive(Default)]
struct Sum {
    lives: AtomicU64,
    turned_away: AtomicU64,
    /// Ended for what they sent, without hearing so.
    unheard: AtomicU64,
    hostile: AtomicU64,
    states: AtomicU64,
    events: AtomicU64,
    told: AtomicU64,
}

/// Goes on for so long, then says what was seen. An error is a wrong answer.
pub async fn run(addr: SocketAddr, token: String, time: Duration) -> Result<(), Failure> {
    let (until, sum) = (Instant::now() + time, Arc::new(Sum::default()));
    let mut tasks = tokio::task::JoinSet::new();
    for slot in 0..SESSIONS {
        let (token, sum) = (token.clone(), Arc::clone(&sum));
        tasks.spawn(async move {
            let mut chance = Chance(slot);
            while Instant::now() < until {
                let taken = match live(addr, &token, &mut chance, &sum).await {
                    // Who vanished a moment ago may still have the place.
                    Err(failure) if failure.to_string().contains(TOO_MANY) => {
                        sum.turned_away.fetch_add(1, Relaxed);
                        tokio::time::sleep(Duration::from_millis(200)).await;
                        continue;
                    }
                    taken => taken?,
                };
                sum.lives.fetch_add(1, Relaxed);
                sum.states.fetch_add(taken.states, Relaxed);
                sum.events.fetch_add(taken.events, Relaxed);
                sum.told.fetch_add(taken.told, Relaxed);
            }
            Ok::<_, Failure>(())
        });
    }
    for slot in 0..HOSTILE {
        let (token, sum) = (token.clone(), Arc::clone(&sum));
        tasks.spawn(async move {
            let mut chance = Chance(1000 + slot);
            while Instant::now() < until {
                harm(addr, &token, &mut chance).await?;
                sum.hostile.fetch_add(1, Relaxed);
            }
            Ok(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    println!(
        "clients: {} lives ({} times turned away, {} ended unheard), {} attacks, {} states, {} events, {} told missing; all as it should be",
        sum.lives.load(Relaxed),
        sum.turned_away.load(Relaxed),
        sum.unheard.load(Relaxed),
        sum.hostile.load(Relaxed),
        sum.states.load(Relaxed),
        sum.events.load(Relaxed),
        sum.told.load(Relaxed),
    );
    Ok(())
}

/// Seeded chance, so that a run can be had again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        // The linear congruential generator of Knuth's MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn seconds(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(least * 1000 + self.below((most - least) * 1000 + 1))
    }
}

/// One session, from its greeting to whatever end.
async fn live(addr: SocketAddr, token: &str, chance: &mut Chance, sum: &Sum) -> Result<Taken, Failure> {
    let mut client = Client::connect(addr, token).await.map_err(during("the handshake"))?;
    client.begin(500 + chance.below(1500)).await.map_err(during("the greeting"))?;
    for _ in 0..=chance.below(4) {
        client.take(chance.seconds(1, 12)).await.map_err(during("its life"))?;
        match chance.below(4) {
            0 => {
                client.command(Command::PushPause, Source::State, 0).await?;
                client.take(chance.seconds(1, 8)).await?;
                client.command(Command::PushResume, Source::State, 0).await?;
            }
            1 => client.sleep(chance.seconds(2, 15)).await,
            2 => client.command(Command::UpdateConfig, Source::State, 500 + chance.below(1500)).await?,
            _ => {}
        }
    }
    let taken = client.taken;
    match chance.below(4) {
        0 => {}
        1 => {
            client.send(vec![0xff; 9]).await?;
            // One that is far behind may be given up before it gets there.
            match client.closed().await {
                Ok(told) => expect(&told, "not a ClientCommand")?,
                Err(_) => {
                    sum.unheard.fetch_add(1, Relaxed);
                }
            }
        }
        2 => client.sleep(chance.seconds(0, 1)).await,
        _ => client.leave().await?,
    }
    Ok(taken)
}

/// What a client that means no good may do.
async fn harm(addr: SocketAddr, token: &str, chance: &mut Chance) -> Result<(), Failure> {
    match chance.below(8) {
        0 => {
            let mut silent = Client::connect(addr, token).await?;
            let told = silent.closed().await.map_err(during("a silence"))?;
            if !told.starts_with(TOO_MANY) {
                expect(&told, "no HELLO in time")?;
            }
        }
        1 => {
            let mut long = Client::connect(addr, token).await?;
            long.send(vec![0; (64 << 10) + 1]).await?;
            let told = long.closed().await.map_err(during("a command too long"))?;
            if !told.starts_with(TOO_MANY) {
                expect(&told, "a command is longer than 64 KiB")?;
            }
        }
        // Half a request, and no more.
        2 => raw(addr, b"GET /introspect HTTP/1.1\r\nhost: local", Duration::from_secs(30)).await?,
        // One byte after the other.
        3 => {
            let mut slow = TcpStream::connect(addr).await?;
            for byte in b"GET / HTTP/1.1\r\nhost: localhost\r\nx: " {
                if slow.write_all(&[*byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        }
        4 => {
            let head = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(100_000));
            raw(addr, head.as_bytes(), Duration::from_secs(30)).await?;
        }
        5 => {
            if Client::connect(addr, "another").await.is_ok() {
                return Err("another token was let in".into());
            }
        }
        // The recording, read a little and left.
        6 => {
            let mut reader = TcpStream::connect(addr).await?;
            let request = format!("GET /recording?token={token} HTTP/1.1\r\nhost: localhost\r\n\r\n");
            reader.write_all(request.as_bytes()).await?;
            let mut some = vec![0; 100_000];
            for _ in 0..chance.below(20) {
                if reader.read(&mut some).await? == 0 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
        // A reset in the middle of everything.
        _ => {
            let stream = TcpStream::connect(addr).await?;
            SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
        }
    }
    tokio::time::sleep(chance.seconds(0, 2)).await;
    Ok(())
}

/// Sends bytes and waits for the end.
async fn raw(addr: SocketAddr, bytes: &[u8], most: Duration) -> Result<(), Failure> {
    let mut stream = TcpStream::connect(addr).await?;
    let mut answer = Vec::new();
    let asking = async {
        // The other side may refuse what is still being sent.
        if stream.write_all(bytes).await.is_ok() {
            return stream.read_to_end(&mut answer).await.map(drop).or_else(|error| match error.kind() {
                std::io::ErrorKind::ConnectionReset => Ok(()),
                _ => Err(error),
            });
        }
        Ok(())
    };
    Ok(tokio::time::timeout(most, asking).await??)
}

fn expect(told: &str, wanted: &str) -> Result<(), Failure> {
    if told == wanted { Ok(()) } else { Err(format!("told {told:?}, not {wanted:?}").into()) }
}

/// Says what a client was at when it failed.
fn during(what: &'static str) -> impl Fn(Failure) -> Failure {
    move |failure| format!("during {what}: {failure}").into()
}
