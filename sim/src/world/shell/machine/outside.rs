//! What a container needs from the cluster around it.

use wavetank_core::time::{SimDuration, SimTime};

/// The number of a question.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ask(pub u64);

/// Something that the network answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Question {
    /// The addresses of a name, with the search domains of the pod.
    Resolve {
        /// As typed.
        name: String,
    },
    /// Whether a connection can be made. The host is an address: names were resolved before.
    Connect {
        /// The address.
        host: String,
        /// The port.
        port: u16,
    },
    /// An HTTP request.
    Http(Request),
}

/// An HTTP request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// What is done.
    pub method: Method,
    /// The address.
    pub host: String,
    /// The name that was typed: the Host header.
    pub name: String,
    /// The port.
    pub port: u16,
    /// The path with the query.
    pub path: String,
    /// Over TLS.
    pub is_secure: bool,
}

/// Methods of HTTP that scripts use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Method {
    /// GET.
    Get,
    /// HEAD.
    Head,
    /// POST.
    Post,
    /// Any other, as written.
    Other(String),
}

/// The answer to a question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The full name and its addresses.
    Resolved(String, Vec<String>),
    /// There is no such name; the full name that was asked last.
    NoName(String),
    /// The name server did not answer.
    NoServer,
    /// The connection stands; it is closed again at once.
    Connected,
    /// Nobody listens there.
    Refused,
    /// Nobody answered in time.
    TimedOut,
    /// The connection was cut.
    Reset,
    /// The answer of an HTTP server.
    Http {
        /// Its status.
        status: u16,
        /// Its body.
        body: Vec<u8>,
    },
}

/// A program that is more than an applet: a server, or one that a scenario describes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Daemon {
    /// The ports that it listens on.
    pub ports: Vec<u16>,
    /// The directory that it serves over HTTP.
    pub root: Option<String>,
    /// From its start to its ports being open.
    pub listens_after: SimDuration,
    /// How long it runs by itself, and its exit code then.
    pub runs: Option<(SimDuration, i32)>,
    /// What it prints when it starts.
    pub prints: String,
    /// What TERM does to it.
    pub on_term: OnTerm,
}

/// What TERM does to a daemon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnTerm {
    /// The default: it dies, unless it is process 1, which ignores it.
    Default,
    /// It ends with this code after this long; its ports are closed at once.
    Exit(SimDuration, i32),
    /// It takes no notice.
    Ignore,
}

/// What a container's processes need from outside.
pub trait Outside {
    /// The clock on the wall: seconds since 1970.
    fn unix_time(&self, at: SimTime) -> i64;

    /// The addresses of the container's pod.
    fn addresses(&self) -> Vec<String>;

    /// The address of the name server (`/etc/resolv.conf`).
    fn name_server(&self) -> String;

    /// A process asks something; [`super::Machine::answered`] brings the answer.
    fn ask(&mut self, ask: Ask, question: &Question, at: SimTime);

    /// Nobody waits for this answer any more.
    fn forget(&mut self, ask: Ask);

    /// A program that is not an applet: what it does, if that is known.
    fn program(&mut self, argv: &[String]) -> Option<Daemon>;
}
