//! How commands end: 0 when all is well, 1 when an expectation or invariant does not hold, 2 when the
//! user has to change something.

use std::fmt;
use std::process::ExitCode;

/// Why a command stops without doing what it was asked for.
#[derive(Debug)]
pub struct Failure {
    /// What to print; none when it was printed already.
    message: Option<String>,
}

impl Failure {
    /// Something that the user has to change.
    #[must_use]
    pub fn user(message: impl Into<String>) -> Self {
        Self {
            message: Some(message.into()),
        }
    }

    /// Something that was printed already.
    #[must_use]
    pub const fn reported() -> Self {
        Self { message: None }
    }

    /// Prints the message and gives the exit code.
    #[must_use]
    pub fn exit(self) -> ExitCode {
        if let Some(message) = self.message {
            super::tell(&format!("error: {message}"));
        }
        ExitCode::from(2)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message.as_deref().unwrap_or("reported above"))
    }
}

/// An expectation or an invariant did not hold.
#[must_use]
pub fn violated() -> ExitCode {
    ExitCode::from(1)
}
