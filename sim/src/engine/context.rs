//! What a component is given for the length of one message, and what it asks for in return.

use wavetank_core::draw::Key;
use wavetank_core::fact::{Actor, Fact};
use wavetank_core::id::{ObjId, SetId, SpecId, TemplateId, TextId};
use wavetank_core::label::Labels;
use wavetank_core::object::definition::{Definition, Definitions};
use wavetank_core::object::name::ObjectName;
use wavetank_core::object::spec::SpecDefinition;
use wavetank_core::object::template::PodTemplate;
use wavetank_core::time::{SimDuration, SimTime, Stamp};

use crate::message::Message;
use crate::message::call::{Caller, Request};
use crate::network::Lane;
use crate::network::profile::Network;

/// What a component asks of the engine, in the order in which it asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Something happened. The engine appends it to the log and applies it before the next message.
    Fact(Actor, Fact),
    /// The same, led to by this earlier fact and not by the one that led to the message; [`crate::message::NO_CAUSE`]
    /// when nothing in the run did.
    Because(Actor, Fact, u32),
    /// A call leaves for the API server after this delay.
    Call(Caller, Request, SimDuration),
    /// A message reaches its receiver at this instant, ranked by this lane.
    Wake(SimTime, Lane, Message),
}

/// The context of one message.
///
/// A component may read its own state, its view, the message and this; it may change its own state, and
/// ask for effects. It holds no clock, file, socket or channel.
pub struct Context<'a> {
    /// Now.
    pub now: SimTime,
    /// Where within a wall second the run began, in nanoseconds: what stamps are truncated by.
    pub phase: u32,
    /// The run's key of draws.
    pub key: &'a Key,
    /// The latencies of all hops.
    pub network: &'a Network,
    /// The fact that led to this message, or [`crate::message::NO_CAUSE`].
    pub cause: u32,
    definitions: &'a Definitions,
    outbox: &'a mut Outbox,
}

/// What components asked for during one message; reused from message to message.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    /// The effects, in order.
    pub effects: Vec<Effect>,
    /// Definitions that the effects refer to, to be made before them, in this order.
    pub drafts: Vec<Definition>,
}

impl<'a> Context<'a> {
    /// The context of one message.
    #[must_use]
    pub const fn new(
        now: SimTime,
        phase: u32,
        key: &'a Key,
        network: &'a Network,
        cause: u32,
        definitions: &'a Definitions,
        outbox: &'a mut Outbox,
    ) -> Self {
        Self {
            now,
            phase,
            key,
            network,
            cause,
            definitions,
            outbox,
        }
    }

    /// Now, as a clock that stores whole seconds shows it (C3).
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.now.stamp(self.phase)
    }

    /// Everything interned before this message.
    #[must_use]
    pub const fn definitions(&self) -> &'a Definitions {
        self.definitions
    }

    /// States a fact.
    pub fn fact(&mut self, by: Actor, fact: Fact) {
        self.outbox.effects.push(Effect::Fact(by, fact));
    }

    /// The effects so far, to which more can be added.
    pub const fn effects(&mut self) -> &mut Vec<Effect> {
        &mut self.outbox.effects
    }

    /// Sends a call to the API server.
    pub fn call(&mut self, from: Caller, request: Request) {
        self.call_after(from, request, SimDuration::ZERO);
    }

    /// Sends a call to the API server after some work that takes `delay`.
    pub fn call_after(&mut self, from: Caller, request: Request, delay: SimDuration) {
        self.outbox.effects.push(Effect::Call(from, request, delay));
    }

    /// Has a message delivered at an instant, not before now.
    ///
    /// # Panics
    ///
    /// When `at` is in the past.
    pub fn wake(&mut self, at: SimTime, lane: Lane, message: Message) {
        assert!(
            at >= self.now,
            "a message cannot arrive in the past: {message:?}"
        );
        self.outbox.effects.push(Effect::Wake(at, lane, message));
    }

    /// The id of a text, interned with the effects of this message if it is new.
    #[must_use]
    pub fn text(&mut self, text: &str) -> TextId {
        if let Some(id) = self.definitions.texts.find(text) {
            return id;
        }
        let mut next = self.definitions.texts.len();
        for draft in &self.outbox.drafts {
            if let Definition::Text(known) = draft {
                if **known == *text {
                    return TextId::from_index(next);
                }
                next += 1;
            }
        }
        self.outbox.drafts.push(Definition::Text(text.into()));
        TextId::from_index(next)
    }

    /// The name `text`, its parts interned with the effects of this message if they are new.
    #[must_use]
    pub fn name(&mut self, text: &str) -> ObjectName {
        ObjectName::with(text, |part| self.text(part))
    }

    /// The id of a set of labels, annotations or finalizers, interned as [`Self::text`] is.
    #[must_use]
    pub fn set(&mut self, set: Labels) -> SetId {
        if let Some(id) = self.definitions.find_set(&set) {
            return id;
        }
        let mut next = self.definitions.set_count();
        for draft in &self.outbox.drafts {
            if let Definition::Set(known) = draft {
                if *known == set {
                    return SetId::from_index(next);
                }
                next += 1;
            }
        }
        self.outbox.drafts.push(Definition::Set(set));
        SetId::from_index(next)
    }

    /// The id of a pod template, interned with the effects of this message if it is new.
    #[must_use]
    pub fn template(&mut self, template: PodTemplate) -> TemplateId {
        if let Some(id) = self.definitions.find_template(&template) {
            return id;
        }
        let drafted = self.count(|draft| matches!(draft, Definition::Template(_)));
        self.outbox
            .drafts
            .push(Definition::Template(template.into()));
        TemplateId::from_index(self.definitions.template_count() + drafted)
    }

    /// A new specification.
    #[must_use]
    pub fn spec(&mut self, spec: SpecDefinition) -> SpecId {
        let drafted = self.count(|draft| matches!(draft, Definition::Spec(_)));
        self.outbox.drafts.push(Definition::Spec(spec.into()));
        SpecId::from_index(self.definitions.spec_count() + drafted)
    }

    fn count(&self, of: impl Fn(&Definition) -> bool) -> usize {
        self.outbox.drafts.iter().filter(|draft| of(draft)).count()
    }

    /// Records a Kubernetes Event.
    pub fn event(&mut self, by: Actor, about: ObjId, note: wavetank_core::fact::event::EventNote) {
        self.fact(by, Fact::EventRecorded(about, note));
    }
}
