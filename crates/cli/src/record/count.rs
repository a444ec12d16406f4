//! What a recording holds so far and what was wrong with what came, for the progress line and the summary.

use indicatif::{BinaryBytes, HumanCount};
use peerscope_introspection::frame::{HEADER_LEN, Problem, VERSION_LEN};

use crate::glimpse::Kind;

#[derive(Debug, Default)]
pub struct Counts {
    /// Segments written.
    pub frames: u64,
    /// Of their payloads.
    payload_bytes: u64,
    states: u64,
    events: u64,
    /// Sessions that came to be live.
    pub sessions: u64,
    /// Events that the endpoint said it dropped.
    discarded: u64,
    /// Written, but no `ServerMessage`.
    undecodable: u64,
    damaged: u64,
    other_version: u64,
    /// Messages that are none: too short, or text that is no Latin-1.
    ignored: u64,
}

impl Counts {
    pub fn frame(&mut self, payload: &[u8]) {
        self.frames += 1;
        self.payload_bytes += payload.len() as u64;
    }

    pub fn kind(&mut self, kind: &Kind) {
        match kind {
            Kind::State(_) => self.states += 1,
            Kind::Event(_) => self.events += 1,
            Kind::Notice(notice) => self.discarded += notice.discarded_events,
            Kind::Runtime(_) | Kind::Response(_) => {}
        }
    }

    pub fn undecodable(&mut self) {
        self.undecodable += 1;
    }

    pub fn problem(&mut self, problem: Problem) {
        match problem {
            Problem::Checksum | Problem::Truncated(_) => self.damaged += 1,
            Problem::Version(_) => self.other_version += 1,
            Problem::TooShort(_) | Problem::NotLatin1(_) => self.ignored += 1,
        }
    }

    /// Of the file, once all is written.
    pub fn bytes(&self) -> u64 {
        if self.frames == 0 {
            return 0;
        }
        VERSION_LEN as u64 + self.payload_bytes + self.frames * HEADER_LEN as u64
    }

    /// One line; what did not happen is not in it.
    pub fn text(&self) -> String {
        let mut parts = vec![format!(
            "{}, {} frames ({} states, {} events)",
            BinaryBytes(self.bytes()),
            HumanCount(self.frames),
            HumanCount(self.states),
            HumanCount(self.events),
        )];
        for (count, what) in [
            (self.sessions.saturating_sub(1), "reconnected"),
            (self.discarded, "events dropped by the endpoint"),
            (self.damaged, "damaged frames skipped"),
            (self.other_version, "messages of another version skipped"),
            (self.ignored, "messages that are none skipped"),
            (self.undecodable, "frames that nobody can decode"),
        ] {
            if count > 0 {
                parts.push(format!("{what}: {}", HumanCount(count)));
            }
        }
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use peerscope_introspection::wire::ServerNotice;

    use super::*;
    use crate::glimpse::{EventHead, StateTime};

    #[test]
    fn the_line_tells_what_came_and_what_was_wrong() {
        let mut counts = Counts::default();
        assert_eq!(counts.text(), "0 B, 0 frames (0 states, 0 events)");
        counts.frame(&[0; 10]);
        counts.frame(&[0; 2]);
        counts.kind(&Kind::State(StateTime::default()));
        counts.kind(&Kind::Event(EventHead::default()));
        counts.kind(&Kind::Notice(ServerNotice { discarded_events: 7, ..ServerNotice::default() }));
        for problem in [Problem::Checksum, Problem::Truncated(1), Problem::Version(2), Problem::TooShort(0)] {
            counts.problem(problem);
        }
        counts.sessions = 3;
        assert_eq!(
            counts.text(),
            "32 B, 2 frames (1 states, 1 events), reconnected: 2, events dropped by the endpoint: 7, damaged frames \
             skipped: 2, messages of another version skipped: 1, messages that are none skipped: 1"
        );
    }
}
