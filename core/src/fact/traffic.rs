//! Requests of clients, as they ended. Each request ends exactly once (EP-10).

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, PodId};

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// Answered with success.
    Ok,
    /// The rules of the client's node had no endpoint: refused at once (C223).
    NoEndpoint,
    /// The pod's address answered, but nothing listened (C229).
    Refused,
    /// Nobody answered the address in time (C229).
    ConnectTimeout,
    /// The connection was new, and was cut before the answer (C231).
    Reset,
    /// The connection was kept, and was cut before the answer (C232).
    Cut,
    /// Connected, but the answer did not come in time.
    ResponseTimeout,
    /// Answered with a status of 500 or more.
    Http5xx,
}

impl Outcome {
    /// Every outcome, in the order of their discriminants.
    pub const ALL: [Self; 8] = [
        Self::Ok,
        Self::NoEndpoint,
        Self::Refused,
        Self::ConnectTimeout,
        Self::Reset,
        Self::Cut,
        Self::ResponseTimeout,
        Self::Http5xx,
    ];

    /// Whether the request was lost.
    #[must_use]
    pub const fn is_lost(self) -> bool {
        !matches!(self, Self::Ok)
    }

    /// Its name in measures: `connectTimeout`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NoEndpoint => "noEndpoint",
            Self::Refused => "refused",
            Self::ConnectTimeout => "connectTimeout",
            Self::Reset => "reset",
            Self::Cut => "cut",
            Self::ResponseTimeout => "responseTimeout",
            Self::Http5xx => "http5xx",
        }
    }
}

/// The end of one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RequestEnd {
    /// The traffic source.
    pub client: ClientId,
    /// Its number within the source, from 0.
    pub number: u32,
    /// The pod that the connection went to, if the rules had one.
    pub pod: Option<PodId>,
    /// How long before the end it was sent, in microseconds.
    pub took_micros: u32,
    /// How it ended.
    pub outcome: Outcome,
}
