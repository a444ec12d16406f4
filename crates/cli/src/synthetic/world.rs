//! The made-up node over time: what happens when, and the whole of it as a state.
//!
//! Between two moves of the world (each [`Figures::interval`]) only what was planned at the last move happens: somebody
//! dials, connects, leaves; a stream gives way to another. Traffic and latency change at the moves alone.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    sync::Arc,
};

use peerscope_introspection::wire::{Event, EventType, Runtime, State, Subsystems};

use super::{
    Figures,
    connection::{Connection, Relay},
    dht::{Dht, Offered},
    dice::Dice,
    event,
    peer::Peer,
    stream::Flows,
};

/// What closed stays so long at least.
const KEEP_CLOSED_MS: u64 = 5_000;
/// What closed that is kept, of each kind.
const MAX_CLOSED: usize = 10_000;
/// How long the node has been running when it is first looked at.
const UPTIME_MS: u64 = 3_600_000;
/// A relay for so many connections; relays do not go.
const PER_RELAY: usize = 64;
/// Known peers of the DHT that we have no connection to, in percent of those we have.
const DHT_STRANGERS: u64 = 30;

const STRANGERS: usize = 24;

/// A planned happening. The order of the variants has no meaning; that of the times has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Plan {
    /// Somebody new begins to connect, to take this place.
    Begin {
        place: usize,
    },
    /// The one that began is there; the one before goes.
    Connect {
        place: usize,
    },
    Identify {
        place: usize,
        number: u64,
    },
    /// A stream of this connection ends and another begins.
    Swap {
        place: usize,
        number: u64,
    },
}

#[derive(Debug)]
pub struct World {
    figures: Figures,
    start_ms: u64,
    own: Arc<Peer>,
    /// Who is dialled in vain.
    strangers: Vec<Peer>,
    /// Open ones, each in its place; a newcomer takes the place of who leaves.
    open: Vec<Connection>,
    /// Who began to connect and is not there yet, by the place it will take.
    coming: Vec<(usize, Connection)>,
    closed: VecDeque<Connection>,
    keep_closed_ms: u64,
    cut: u64,
    /// What connections carried that are not kept any more.
    gone: Flows,
    dht: Dht,
    next_number: u64,
    plans: BinaryHeap<Reverse<(u64, u64, Plan)>>,
    plans_made: u64,
    moved_ms: u64,
    /// Thousandths of a percent of a millisecond that churn owes.
    churn_owed: u64,
    swaps_owed: u64,
    rate: Rate,
    life: Dice,
    talk: Dice,
}

/// When the next event of every day is due.
#[derive(Debug)]
struct Rate {
    per_sec: u64,
    from_ms: u64,
    told: u64,
    next_ms: u64,
    /// Told for other reasons: they count too.
    extra: u64,
}

impl Rate {
    fn new(per_sec: u32, from_ms: u64, dice: &mut Dice) -> Self {
        let mut rate = Self { per_sec: per_sec.into(), from_ms, told: 0, next_ms: u64::MAX, extra: 0 };
        rate.plan(dice);
        rate
    }

    /// Somewhere in the slot of the next one.
    fn plan(&mut self, dice: &mut Dice) {
        let micros = (self.told * 1_000_000 + dice.below(1_000_000)).checked_div(self.per_sec);
        self.next_ms = micros.map_or(u64::MAX, |micros| self.from_ms + micros / 1_000);
        self.told += 1;
    }
}

impl World {
    /// The node as it is at a time, after an hour of life. All connections are open and all streams on them.
    pub fn new(figures: &Figures, seed: u64, now_ms: u64) -> Self {
        let mut dice = Dice::new(seed);
        let (mut life, mut talk) = (dice.fork(), dice.fork());
        let own = Arc::new(Peer::new(&mut life));
        let start_ms = now_ms.saturating_sub(UPTIME_MS).max(1);
        let rate = Rate::new(figures.event_rate, now_ms, &mut talk);
        let mut world = Self {
            figures: figures.clone(),
            start_ms,
            dht: Dht::new(Arc::clone(&own), start_ms),
            own,
            strangers: (0..STRANGERS).map(|_| Peer::new(&mut talk)).collect(),
            open: Vec::new(),
            coming: Vec::new(),
            closed: VecDeque::new(),
            keep_closed_ms: KEEP_CLOSED_MS,
            cut: 0,
            gone: Flows::default(),
            next_number: 1,
            plans: BinaryHeap::new(),
            plans_made: 0,
            moved_ms: now_ms,
            churn_owed: 0,
            swaps_owed: 0,
            rate,
            life,
            talk,
        };
        for _ in 0..figures.connections {
            world.settle(now_ms);
        }
        for connection in &mut world.open {
            connection.move_on(start_ms, now_ms, &mut world.life);
        }
        world.plan(now_ms);
        world
    }

    /// One of the connections that are there from the beginning.
    fn settle(&mut self, now_ms: u64) {
        let age = self.life.spread(10_000, UPTIME_MS - 10_000);
        let opened = now_ms.saturating_sub(age).max(self.start_ms);
        let mut connection = self.newcomer(opened);
        for _ in 0..self.figures.streams {
            let since = opened + self.life.below(now_ms.saturating_sub(opened + 5_000).max(1));
            connection.open_stream(since, &mut self.life);
        }
        self.dht.offer(&connection.peer, opened);
        if self.life.percent(DHT_STRANGERS) {
            let stranger = Arc::new(Peer::new(&mut self.life));
            self.dht.offer(&stranger, opened);
            if self.life.percent(40) {
                self.dht.lost(&stranger);
            }
        }
        self.open.push(connection);
    }

    /// Somebody whose dial begins now.
    fn newcomer(&mut self, begun_ms: u64) -> Connection {
        let relays = self.open.len().min(self.relays());
        let relay = self.open.get(self.life.index(relays)).filter(|relay| relays > 0 && relay.can_relay());
        let relay = relay.map(|relay| Relay { connection: relay.id(), peer: Arc::clone(&relay.peer) });
        let peer = Arc::new(Peer::new(&mut self.life));
        let handshake = self.life.spread(8, 900);
        let number = self.next_number;
        self.next_number += 1;
        Connection::new(number, peer, relay, (begun_ms, begun_ms + handshake), &mut self.life)
    }

    fn relays(&self) -> usize {
        (self.figures.connections as usize).div_ceil(PER_RELAY)
    }

    /// What closed should stay so long at least.
    pub fn keep_closed(&mut self, at_least_ms: u64) {
        self.keep_closed_ms = at_least_ms.max(KEEP_CLOSED_MS);
    }

    /// Lets time pass. What happens is told in its order.
    pub fn advance(&mut self, to_ms: u64, events: &mut Vec<Event>) {
        loop {
            let next_move = self.moved_ms + self.figures.interval;
            let next_plan = self.plans.peek().map_or(u64::MAX, |Reverse((at, ..))| *at);
            let next = next_move.min(next_plan).min(self.rate.next_ms);
            if next > to_ms {
                return;
            }
            if next == next_move {
                self.move_on(next_move);
            } else if next == next_plan {
                if let Some(Reverse((at, _, plan))) = self.plans.pop() {
                    self.carry_out(at, plan, events);
                }
            } else {
                self.everyday(events);
            }
        }
    }

    /// Time passed in which nothing happened: the machine slept.
    pub fn sleep_until(&mut self, now_ms: u64) {
        self.moved_ms = self.moved_ms.max(now_ms);
        self.rate = Rate::new(self.figures.event_rate, self.moved_ms, &mut self.talk);
    }

    fn everyday(&mut self, events: &mut Vec<Event>) {
        let ts = self.rate.next_ms;
        self.rate.plan(&mut self.talk);
        if self.rate.extra > 0 {
            self.rate.extra -= 1;
            return;
        }
        events.push(event::everyday(ts, &self.open, &self.strangers, &mut self.talk));
    }

    /// An event with a reason takes the place of one without.
    fn tell(&mut self, event: Event, events: &mut Vec<Event>) {
        if self.figures.event_rate > 0 {
            self.rate.extra += 1;
            events.push(event);
        }
    }

    fn move_on(&mut self, now_ms: u64) {
        let from_ms = std::mem::replace(&mut self.moved_ms, now_ms);
        for connection in &mut self.open {
            connection.move_on(from_ms, now_ms, &mut self.life);
        }
        let queries = (u64::from(self.figures.connections) * (now_ms - from_ms) / 20_000).max(1);
        self.dht.move_on(queries, &mut self.life);
        self.forget(now_ms);
        self.plan(now_ms);
    }

    /// Plans what happens until the next move.
    fn plan(&mut self, now_ms: u64) {
        let millis = self.figures.interval;
        // Percent with three digits, so that it adds up exactly.
        let churn = (self.figures.churn * 1_000.0) as u64;
        let whole = 100 * 1_000 * 1_000;
        let open = self.open.len() as u64;
        self.churn_owed += open * churn * millis;
        self.swaps_owed += open * u64::from(self.figures.streams) * churn * millis;
        let (begins, swaps) = (self.churn_owed / whole, self.swaps_owed / whole);
        self.churn_owed %= whole;
        self.swaps_owed %= whole;
        let (stay, all) = (self.relays(), self.open.len());
        for _ in 0..begins {
            if all > stay {
                let place = stay + self.life.index(all - stay);
                let at = now_ms + 1 + self.life.below(millis);
                self.add_plan(at, Plan::Begin { place });
            }
        }
        for _ in 0..swaps {
            let place = self.life.index(all);
            let at = now_ms + 1 + self.life.below(millis);
            let number = self.open.get(place).map_or(0, |connection| connection.number);
            self.add_plan(at, Plan::Swap { place, number });
        }
    }

    fn add_plan(&mut self, at_ms: u64, plan: Plan) {
        self.plans_made += 1;
        self.plans.push(Reverse((at_ms, self.plans_made, plan)));
    }

    fn carry_out(&mut self, now_ms: u64, plan: Plan, events: &mut Vec<Event>) {
        match plan {
            Plan::Begin { place } => self.begin(now_ms, place, events),
            Plan::Connect { place } => self.connect(now_ms, place, events),
            Plan::Identify { place, number } => {
                if let Some(connection) = self.open.get(place).filter(|one| one.number == number) {
                    let event = event::identified(now_ms, connection);
                    self.tell(event, events);
                }
            }
            Plan::Swap { place, number } => self.swap(now_ms, place, number),
        }
    }

    fn begin(&mut self, now_ms: u64, place: usize, events: &mut Vec<Event>) {
        let Some(leaving) = self.open.get_mut(place).filter(|one| !one.closing) else { return };
        leaving.closing = true;
        let newcomer = self.newcomer(now_ms);
        self.tell(event::beginning(now_ms, &newcomer), events);
        self.add_plan(now_ms + newcomer.handshake_ms(), Plan::Connect { place });
        self.coming.push((place, newcomer));
    }

    fn connect(&mut self, now_ms: u64, place: usize, events: &mut Vec<Event>) {
        let Some(index) = self.coming.iter().position(|(wanted, _)| *wanted == place) else { return };
        let (_, mut newcomer) = self.coming.swap_remove(index);
        for _ in 0..self.figures.streams {
            newcomer.open_stream(now_ms, &mut self.life);
        }
        let Some(here) = self.open.get_mut(place) else { return };
        let mut leaving = std::mem::replace(here, newcomer);
        leaving.close(now_ms, &mut self.life);
        self.tell(event::disconnected(now_ms, &leaving), events);
        self.dht.lost(&leaving.peer);
        self.closed.push_back(leaving);
        if self.closed.len() > MAX_CLOSED {
            self.drop_oldest();
            self.cut += 1;
        }

        let Some(newcomer) = self.open.get(place) else { return };
        let (peer, number) = (Arc::clone(&newcomer.peer), newcomer.number);
        let (identified, connected) = (newcomer.identified_ms(), event::connected(now_ms, newcomer));
        self.tell(connected, events);
        self.add_plan(identified, Plan::Identify { place, number });
        let bucket = self.dht.bucket_of(&peer);
        if let Offered::Instead(replaced) = self.dht.offer(&peer, now_ms) {
            let event = event::routing_updated(now_ms, &peer, bucket, replaced.as_deref());
            self.tell(event, events);
        }
    }

    fn swap(&mut self, now_ms: u64, place: usize, number: u64) {
        let Some(connection) = self.open.get_mut(place).filter(|one| one.number == number) else { return };
        let open = connection.streams.iter().filter(|stream| stream.is_open()).count();
        let chosen = self.life.index(open);
        if let Some(stream) = connection.streams.iter_mut().filter(|stream| stream.is_open()).nth(chosen) {
            stream.close(now_ms, None, &mut self.life);
            connection.open_stream(now_ms, &mut self.life);
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.closed.pop_front() {
            let mut flows = oldest.flows();
            flows.stop();
            self.gone.add(flows);
        }
    }

    /// Forgets what closed long enough ago, and what is too much.
    fn forget(&mut self, now_ms: u64) {
        let before = now_ms.saturating_sub(self.keep_closed_ms);
        while self.closed.front().is_some_and(|oldest| oldest.closed_ms < before) {
            self.drop_oldest();
        }
        for connection in &mut self.open {
            connection.forget_streams(before);
        }
        let mut closed: Vec<u64> = self
            .open
            .iter()
            .flat_map(|connection| &connection.streams)
            .filter(|stream| !stream.is_open())
            .map(|stream| stream.closed_ms)
            .collect();
        if let Some(excess) = closed.len().checked_sub(MAX_CLOSED).filter(|excess| *excess > 0) {
            let (_, newest_to_go, _) = closed.select_nth_unstable(excess - 1);
            let before = *newest_to_go + 1;
            for connection in &mut self.open {
                self.cut += connection.forget_streams(before) as u64;
            }
        }
    }

    /// The whole of it, as of now.
    pub fn state(&self, now_ms: u64) -> State {
        let before = now_ms.saturating_sub(self.keep_closed_ms);
        let closed = self.closed.iter().filter(|connection| connection.closed_ms >= before);
        let connections = closed.chain(&self.open).map(|connection| connection.wire(now_ms)).collect();
        let mut total = self.gone;
        for connection in self.closed.iter().chain(&self.open) {
            total.add(connection.flows());
        }
        State {
            subsystems: Some(Subsystems { connections, dht: Some(self.dht.wire(now_ms)) }),
            traffic: Some(total.wire()),
            instant_ts: now_ms,
            start_ts: self.start_ms,
            snapshot_duration_ms: 0,
            closed_cut: self.cut,
        }
    }

    pub fn runtime(&self) -> Runtime {
        Runtime {
            implementation: "peerscope-synthetic".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: "made up".to_owned(),
            peer_id: self.own.id.clone(),
            event_types: event::types(),
        }
    }

    pub fn event_types() -> Vec<EventType> {
        event::types()
    }
}
