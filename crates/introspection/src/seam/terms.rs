//! On what terms a client waits for a node's own recording and takes it, and what is said when it fails. Pure.

/// As much of it is taken: 64 MiB, packed and unpacked. A node keeps 8 MiB unless it is told otherwise.
pub const MAX_BYTES: u64 = 64 << 20;
/// To its first byte, in ms: our own endpoint gives up after 5 s, with an answer that a browser writes to its console.
pub const FIRST_MS: u32 = 4_000;
/// From the greeting's answer, in ms: an endpoint that has not answered the request for events by then is asked all the same.
pub const BEGIN_MS: u32 = 2_000;
/// To its last, in ms: what the session tells meanwhile waits, in memory and for those who look at it.
pub const WHOLE_MS: u32 = 8_000;

/// Where what is of this time or later is asked for, in ms since the Unix epoch.
#[must_use]
pub fn since(url: &str, since_ms: Option<u64>) -> String {
    let sign = if url.contains('?') { '&' } else { '?' };
    since_ms.map_or_else(|| url.to_owned(), |since_ms| format!("{url}{sign}since={since_ms}"))
}

/// Whether another session asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It does.
    Yes,
    /// It may have been a hiccup. Two in a row are none.
    Once,
    /// It does not.
    Never,
}

/// What the sessions before this one taught.
#[derive(Debug, Default)]
pub struct Lessons {
    doubts: u8,
    never: bool,
}

impl Lessons {
    /// What came of the last question.
    pub fn learn(&mut self, again: Again) {
        self.doubts = if again == Again::Once { self.doubts + 1 } else { 0 };
        self.never |= again == Again::Never || self.doubts >= 2;
    }

    /// Whether the next session asks.
    #[must_use]
    pub fn asks(&self) -> bool {
        !self.never
    }
}

/// How long the session waits for it. Times are of the caller's clock, in ms.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    since_ms: f64,
    has_begun: bool,
}

impl Patience {
    /// After so long it is worth while to look whether it is [`over`](Self::over). Timers are a little early at times.
    pub const LIMITS_MS: [u32; 2] = [FIRST_MS + 20, WHOLE_MS + 20];

    /// The question is asked now.
    #[must_use]
    pub fn new(now_ms: f64) -> Self {
        Self { since_ms: now_ms, has_begun: false }
    }

    /// The first bytes came.
    #[must_use]
    pub fn begun(self) -> Self {
        Self { has_begun: true, ..self }
    }

    /// Why there is nothing more to wait for by now.
    #[must_use]
    pub fn over(self, now_ms: f64) -> Option<Trouble> {
        let waited_ms = now_ms - self.since_ms;
        if waited_ms >= f64::from(WHOLE_MS) {
            Some(Trouble::Slow)
        } else {
            (!self.has_begun && waited_ms >= f64::from(FIRST_MS)).then_some(Trouble::Silent)
        }
    }
}

/// Why it is not there, or not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing came in time.
    Silent,
    /// Not all of it came in time.
    Slow,
    /// More than is taken.
    TooLong,
    /// Its end is missing.
    CutOff,
    /// The endpoint can't be reached.
    Unreachable,
    /// What it is instead.
    NoRecording(String),
    /// The endpoint's answer is an error, of this status.
    Status(u16),
}

impl Trouble {
    /// Whether another session may do better. An endpoint that says nothing would hold up each.
    #[must_use]
    pub fn again(&self) -> Again {
        match self {
            Trouble::Slow | Trouble::TooLong | Trouble::CutOff | Trouble::Unreachable => Again::Yes,
            Trouble::Silent => Again::Once,
            Trouble::NoRecording(_) => Again::Never,
            Trouble::Status(status) if *status >= 500 => Again::Yes,
            Trouble::Status(_) => Again::Never,
        }
    }

    /// In words, for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Trouble::Silent => format!("It did not begin to come within {} s.", FIRST_MS / 1000),
            Trouble::Slow => {
                format!("It did not come whole within {} s: the rest was left.", WHOLE_MS / 1000)
            }
            Trouble::TooLong => format!("It is longer than {} MiB: the rest was left.", MAX_BYTES >> 20),
            Trouble::CutOff => "It broke off: what came of it is there.".to_owned(),
            Trouble::Unreachable => "It could not be fetched.".to_owned(),
            Trouble::NoRecording(what) => format!("What was sent for it can’t be read: {what}."),
            Trouble::Status(status) => format!("The endpoint did not send it (it answered {status})."),
        }
    }
}

/// What the endpoint's answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It follows.
    Recording,
    /// There is none now, or there never will be: it is not asked for again then, since each time would be a line in the
    /// browser's console.
    Without(Again),
    /// It could not be had.
    Failed(Trouble),
}

impl Answer {
    /// By the status of HTTP.
    #[must_use]
    pub fn of(status: u16) -> Self {
        match status {
            200 => Answer::Recording,
            204 => Answer::Without(Again::Yes),
            // An endpoint that knows of no such thing.
            404 | 405 | 410 | 501 => Answer::Without(Again::Never),
            status => Answer::Failed(Trouble::Status(status)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_waited_for_so_long_and_no_longer() {
        let patience = Patience::new(1000.0);
        assert_eq!(patience.over(4999.0), None);
        assert_eq!(patience.over(5000.0), Some(Trouble::Silent));
        assert_eq!(patience.begun().over(5000.0), None);
        assert_eq!(patience.begun().over(8999.0), None);
        assert_eq!(patience.begun().over(9000.0), Some(Trouble::Slow));
        assert_eq!(patience.over(9000.0), Some(Trouble::Slow));
        // When a timer fires, it is over.
        let [first, whole] = Patience::LIMITS_MS.map(|after_ms| 1000.0 + f64::from(after_ms));
        assert!(patience.over(first).is_some() && patience.begun().over(whole).is_some());
    }

    #[test]
    fn who_has_none_is_asked_again_only_if_that_is_no_line_in_the_console() {
        assert_eq!(Answer::of(200), Answer::Recording);
        assert_eq!(Answer::of(204), Answer::Without(Again::Yes));
        assert_eq!(Answer::of(404), Answer::Without(Again::Never));
        let again = |status| match Answer::of(status) {
            Answer::Failed(trouble) => trouble.again(),
            other => panic!("{status}: {other:?}"),
        };
        assert_eq!([401, 403, 302, 503].map(again), [Again::Never, Again::Never, Again::Never, Again::Yes]);
    }

    #[test]
    fn one_hiccup_is_forgiven() {
        let asks = |lessons: &[Again]| {
            let mut all = Lessons::default();
            lessons.iter().for_each(|again| all.learn(*again));
            all.asks()
        };
        assert_eq!(Trouble::Silent.again(), Again::Once);
        assert!(asks(&[]) && asks(&[Again::Yes]) && asks(&[Again::Once]));
        assert!(asks(&[Again::Once, Again::Yes, Again::Once]));
        assert!(!asks(&[Again::Once, Again::Once]) && !asks(&[Again::Never, Again::Yes]));
    }

    #[test]
    fn what_is_new_is_asked_for_beside_the_token() {
        assert_eq!(since("http://h/recording", None), "http://h/recording");
        assert_eq!(since("http://h/recording", Some(7)), "http://h/recording?since=7");
        assert_eq!(since("http://h/recording?token=t", Some(7)), "http://h/recording?token=t&since=7");
    }

    #[test]
    fn what_failed_is_said_in_a_sentence() {
        for trouble in [
            Trouble::Silent,
            Trouble::Slow,
            Trouble::TooLong,
            Trouble::CutOff,
            Trouble::Unreachable,
            Trouble::NoRecording("no frames".to_owned()),
            Trouble::Status(503),
        ] {
            let said = trouble.sentence();
            assert!(said.ends_with(['.']) && !said.contains(".."), "{said}");
        }
        assert!(Trouble::Status(503).sentence().contains("503"));
    }
}
