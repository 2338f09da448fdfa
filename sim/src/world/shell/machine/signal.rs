//! Signals: who gets them, and what they do.

use super::{INIT, Machine, Pid};

/// A signal, by its number on Linux.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Signal(u8);

/// A set of signals.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Signals(u64);

const NAMES: [(&str, u8); 19] = [
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ILL", 4),
    ("TRAP", 5),
    ("ABRT", 6),
    ("FPE", 8),
    ("KILL", 9),
    ("USR1", 10),
    ("SEGV", 11),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("CHLD", 17),
    ("CONT", 18),
    ("STOP", 19),
    ("TSTP", 20),
    ("WINCH", 28),
];

impl Signal {
    /// SIGHUP.
    pub const HUP: Self = Self(1);
    /// SIGINT.
    pub const INT: Self = Self(2);
    /// SIGQUIT.
    pub const QUIT: Self = Self(3);
    /// SIGKILL.
    pub const KILL: Self = Self(9);
    /// SIGPIPE.
    pub const PIPE: Self = Self(13);
    /// SIGTERM.
    pub const TERM: Self = Self(15);

    /// A signal by name, with or without SIG, or by number from 1 to 64.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(number) = text.parse::<u8>() {
            return (1..=63).contains(&number).then_some(Self(number));
        }
        let upper = text.to_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, number)| Self(*number))
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> i32 {
        i32::from(self.0)
    }

    /// Its name without SIG.
    #[must_use]
    pub fn name(self) -> String {
        let found = NAMES.iter().find(|(_, number)| *number == self.0);
        found.map_or_else(|| self.0.to_string(), |(name, _)| (*name).to_owned())
    }

    /// CHLD, CONT, URG and WINCH do nothing by default; stopping is not modelled.
    const fn is_harmless(self) -> bool {
        matches!(self.0, 17..=23 | 28)
    }
}

impl Signals {
    pub(crate) const fn contains(self, signal: Signal) -> bool {
        self.0 >> signal.0 & 1 == 1
    }

    pub(crate) const fn set(&mut self, signal: Signal, is_in: bool) {
        if is_in {
            self.0 |= 1 << signal.0;
        } else {
            self.0 &= !(1 << signal.0);
        }
    }
}

impl Machine {
    /// Sends a signal from outside, as a runtime does. False when there is no such process.
    ///
    /// Process 1 gets only signals that it handles, and KILL (`pid_namespaces(7)`): a shell that is process 1 and
    /// has no trap for TERM lives on.
    pub fn signal(&mut self, pid: Pid, signal: Signal) -> bool {
        self.deliver(pid, signal, true)
    }

    /// Sends a signal; from within, process 1 is safe even from KILL.
    pub(crate) fn deliver(&mut self, pid: Pid, signal: Signal, from_outside: bool) -> bool {
        let Some(process) = self.processes.get_mut(&pid) else {
            return false;
        };
        if signal == Signal::KILL {
            if pid != INIT || from_outside {
                self.end(pid, 128 + signal.number());
            }
            return true;
        }
        if process.handled.contains(signal) {
            if !process.pending.contains(&signal) {
                process.pending.push(signal);
            }
            // A process that computes handles it within its computing.
            if process.wait.minds_signals {
                self.wake(pid);
            }
            self.busy = None;
        } else if !process.ignored.contains(signal) && pid != INIT && !signal.is_harmless() {
            self.end(pid, 128 + signal.number());
        }
        true
    }

    /// All processes but process 1 and the sender: `kill -1`.
    pub(crate) fn others(&self, sender: Pid) -> Vec<Pid> {
        let all = self.processes.keys().copied();
        all.filter(|pid| *pid != INIT && *pid != sender).collect()
    }
}
