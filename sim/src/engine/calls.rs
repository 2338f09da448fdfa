//! The calls that are under way.

use crate::message::call::{Call, CallId};

/// Calls under way, by number; numbers are reused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    calls: Vec<Option<Call>>,
    free: Vec<CallId>,
}

impl Calls {
    /// Adds a call.
    pub(crate) fn insert(&mut self, call: Call) -> CallId {
        if let Some(id) = self.free.pop() {
            self.calls[id.0 as usize] = Some(call);
            return id;
        }
        let id = u32::try_from(self.calls.len()).expect("more than four billion calls at once");
        self.calls.push(Some(call));
        CallId(id)
    }

    /// The call with this number.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub(crate) fn get_mut(&mut self, id: CallId) -> &mut Call {
        self.calls[id.0 as usize]
            .as_mut()
            .expect("a call that is not under way")
    }

    /// Takes a call out.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub(crate) fn remove(&mut self, id: CallId) -> Call {
        let call = self.calls[id.0 as usize]
            .take()
            .expect("a call that is not under way");
        self.free.push(id);
        call
    }

    /// How many calls are under way.
    pub(crate) fn len(&self) -> usize {
        self.calls.len() - self.free.len()
    }
}
