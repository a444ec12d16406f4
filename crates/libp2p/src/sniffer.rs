//! Learns a stream's protocol by reading multistream-select as it passes
//! (<https://github.com/multiformats/multistream-select>). It only looks: nothing is changed, delayed or answered.

use peerscope_introspection::wire::Role;

/// Longest message that is looked at, in bytes. Protocol names are far shorter; what is longer is not understood.
const MAX_LEN: usize = 1024;
const HEADER: &[u8] = b"/multistream/1.0.0\n";
const NOT_AVAILABLE: &[u8] = b"na\n";
const LIST: &[u8] = b"ls\n";

/// What some bytes have told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing new.
    Nothing,
    /// The dialer wants this protocol. A dialer that never reads gets no more than that.
    Proposed(String),
    /// The listener does not have what was proposed.
    Rejected,
    /// Both agree. There is nothing more to learn.
    Pinned(String),
    /// This is not multistream-select.
    GiveUp,
}

/// One direction: messages, each with its length before it as a varint.
#[derive(Default)]
struct Messages {
    body: Vec<u8>,
    len: usize,
    /// Bytes of the length read so far; `None` while the body is read.
    len_bytes: Option<u32>,
    started: bool,
    greeted: bool,
}

enum Step {
    More,
    Message,
    Bad,
}

impl Messages {
    /// Takes a byte; after `Step::Message` the message is in `body` until the next one.
    fn push(&mut self, byte: u8) -> Step {
        if !self.started {
            self.started = true;
            self.body.clear();
            self.len = 0;
            self.len_bytes = Some(0);
        }
        match self.len_bytes {
            Some(read) => {
                self.len |= usize::from(byte & 0x7f) << (7 * read);
                if byte & 0x80 != 0 {
                    // multistream-select allows two bytes of length.
                    if read == 1 {
                        return Step::Bad;
                    }
                    self.len_bytes = Some(read + 1);
                    return Step::More;
                }
                if self.len == 0 || self.len > MAX_LEN {
                    return Step::Bad;
                }
                self.len_bytes = None;
                Step::More
            }
            None => {
                self.body.push(byte);
                if self.body.len() < self.len {
                    return Step::More;
                }
                self.started = false;
                Step::Message
            }
        }
    }

    /// The protocol that the message names, if it names one. An answer to `ls` is no name: it has a line inside.
    fn name(&self) -> Option<String> {
        let (last, name) = self.body.split_last()?;
        (*last == b'\n' && name.first() == Some(&b'/') && !name.contains(&b'\n'))
            .then(|| String::from_utf8_lossy(name).into_owned())
    }
}

/// Watches one stream until its protocol is known.
pub(crate) struct Sniffer {
    role: Role,
    proposals: Messages,
    answers: Messages,
    /// A proposal is out and unanswered: what the dialer sends now can be payload already.
    waiting: bool,
}

impl Sniffer {
    pub(crate) fn new(role: Role) -> Self {
        Self { role, proposals: Messages::default(), answers: Messages::default(), waiting: false }
    }

    /// Bytes that this node has read.
    pub(crate) fn on_read(&mut self, bytes: &[u8]) -> Verdict {
        match self.role {
            Role::Initiator => self.on_answers(bytes),
            Role::Responder => self.on_proposals(bytes),
        }
    }

    /// Bytes that this node has written.
    pub(crate) fn on_write(&mut self, bytes: &[u8]) -> Verdict {
        match self.role {
            Role::Initiator => self.on_proposals(bytes),
            Role::Responder => self.on_answers(bytes),
        }
    }

    fn on_proposals(&mut self, bytes: &[u8]) -> Verdict {
        if self.waiting {
            return Verdict::Nothing;
        }
        for byte in bytes {
            match self.proposals.push(*byte) {
                Step::More => {}
                Step::Bad => return Verdict::GiveUp,
                Step::Message if !self.proposals.greeted => {
                    if self.proposals.body != HEADER {
                        return Verdict::GiveUp;
                    }
                    self.proposals.greeted = true;
                }
                Step::Message => match self.proposals.name() {
                    Some(name) => {
                        self.waiting = true;
                        return Verdict::Proposed(name);
                    }
                    None if self.proposals.body == LIST => {}
                    None => return Verdict::GiveUp,
                },
            }
        }
        Verdict::Nothing
    }

    fn on_answers(&mut self, bytes: &[u8]) -> Verdict {
        let mut verdict = Verdict::Nothing;
        for byte in bytes {
            match self.answers.push(*byte) {
                Step::More => {}
                Step::Bad => return Verdict::GiveUp,
                Step::Message if !self.answers.greeted => {
                    if self.answers.body != HEADER {
                        return Verdict::GiveUp;
                    }
                    self.answers.greeted = true;
                }
                Step::Message if self.answers.body == NOT_AVAILABLE => {
                    self.waiting = false;
                    verdict = Verdict::Rejected;
                }
                Step::Message => {
                    if let Some(name) = self.answers.name() {
                        return Verdict::Pinned(name);
                    }
                }
            }
        }
        verdict
    }
}
