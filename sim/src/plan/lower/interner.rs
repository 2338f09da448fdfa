//! Who interns: the Plan's definitions before a run, the context of a message within one.

use wavetank_core::id::{SetId, SpecId, TemplateId, TextId};
use wavetank_core::label::Labels;
use wavetank_core::object::definition::Definitions;
use wavetank_core::object::name::ObjectName;
use wavetank_core::object::spec::SpecDefinition;
use wavetank_core::object::template::PodTemplate;

use crate::engine::context::Context;

/// Gives numbers to texts, sets, templates and specifications.
pub trait Interner {
    /// The number of a text.
    fn text(&mut self, text: &str) -> TextId;
    /// A name.
    fn name(&mut self, text: &str) -> ObjectName;
    /// The number of a set.
    fn set(&mut self, set: Labels) -> SetId;
    /// The number of a pod template.
    fn template(&mut self, template: PodTemplate) -> TemplateId;
    /// The number of a specification.
    fn spec(&mut self, spec: SpecDefinition) -> SpecId;
}

impl Interner for Definitions {
    fn text(&mut self, text: &str) -> TextId {
        Self::text(self, text)
    }

    fn name(&mut self, text: &str) -> ObjectName {
        Self::name(self, text)
    }

    fn set(&mut self, set: Labels) -> SetId {
        Self::set(self, set)
    }

    fn template(&mut self, template: PodTemplate) -> TemplateId {
        Self::template(self, template)
    }

    fn spec(&mut self, spec: SpecDefinition) -> SpecId {
        Self::spec(self, spec)
    }
}

impl Interner for Context<'_> {
    fn text(&mut self, text: &str) -> TextId {
        Self::text(self, text)
    }

    fn name(&mut self, text: &str) -> ObjectName {
        Self::name(self, text)
    }

    fn set(&mut self, set: Labels) -> SetId {
        Self::set(self, set)
    }

    fn template(&mut self, template: PodTemplate) -> TemplateId {
        Self::template(self, template)
    }

    fn spec(&mut self, spec: SpecDefinition) -> SpecId {
        Self::spec(self, spec)
    }
}
