//! Definitions: everything that is interned. Written to the log before its first use, shared by the
//! runs of a sweep, extended by each run for itself.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};
use serde::{Deserialize, Serialize};

use crate::id::{SetId, SpecId, TemplateId, TextId};
use crate::label::Labels;
use crate::object::spec::SpecDefinition;
use crate::object::template::PodTemplate;
use crate::text::{Texts, known};

/// One definition, as the log has it. Its id is its place among those of its variant.
/// Grows at the end only.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Definition {
    /// A text beyond the known ones.
    Text(Box<str>),
    /// A set of labels, annotations or finalizers beyond the empty one.
    Set(Labels),
    /// A pod template.
    Template(Arc<PodTemplate>),
    /// A specification.
    Spec(Arc<SpecDefinition>),
    /// What the scenario calls its next traffic source, step or fault.
    Named(Named, Box<str>),
}

/// What of a scenario has a name that a log keeps for people. Grows at the end only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Named {
    /// A traffic source; numbered as [`ClientId`](crate::id::ClientId).
    Client,
    /// A step of the timeline; numbered as [`StepId`](crate::id::StepId).
    Step,
    /// A fault of the expanded schedule; numbered as [`FaultId`](crate::id::FaultId).
    Fault,
}

/// All definitions of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definitions {
    /// The texts.
    pub texts: Texts,
    sets: IndexSet<Labels, FxBuildHasher>,
    templates: Vec<Arc<PodTemplate>>,
    /// Templates by the hash of their manifest and labels: looked up, never iterated for an answer.
    template_index: FxHashMap<u64, TemplateId>,
    specs: Vec<Arc<SpecDefinition>>,
    /// Names of the scenario, indexed by [`Named`].
    named: [Vec<Box<str>>; 3],
    /// The variants in the order in which they were defined, for the log.
    order: Vec<Slot>,
}

/// Where a definition lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Text(u32),
    Set(u32),
    Template(u32),
    Spec(u32),
    Named(Named, u32),
}

/// How many definitions of each kind there are: what a run resets to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    texts: usize,
    sets: usize,
    templates: usize,
    specs: usize,
    named: [usize; 3],
    order: usize,
}

impl Default for Definitions {
    fn default() -> Self {
        let mut sets = IndexSet::default();
        sets.insert(Labels::default());
        Self {
            texts: Texts::default(),
            sets,
            templates: Vec::new(),
            template_index: FxHashMap::default(),
            specs: Vec::new(),
            named: [Vec::new(), Vec::new(), Vec::new()],
            order: Vec::new(),
        }
    }
}

/// The empty set: the first one always.
pub const EMPTY_SET: SetId = SetId(0);

impl Definitions {
    /// Interns a text.
    pub fn text(&mut self, text: &str) -> TextId {
        let before = self.texts.len();
        let id = self.texts.intern(text);
        if self.texts.len() > before {
            self.order.push(Slot::Text(id.0));
        }
        id
    }

    /// The name `text`, its parts interned.
    pub fn name(&mut self, text: &str) -> crate::object::name::ObjectName {
        let before = self.texts.len();
        let name = crate::object::name::ObjectName::new(text, &mut self.texts);
        if self.texts.len() > before {
            self.order.push(Slot::Text(name.base.0));
        }
        name
    }

    /// Interns a set of labels, annotations or finalizers.
    pub fn set(&mut self, set: Labels) -> SetId {
        let (index, is_new) = self.sets.insert_full(set);
        let id = SetId::from_index(index);
        if is_new {
            self.order.push(Slot::Set(id.0));
        }
        id
    }

    /// The number of a set, if it is interned.
    #[must_use]
    pub fn find_set(&self, set: &Labels) -> Option<SetId> {
        self.sets.get_index_of(set).map(SetId::from_index)
    }

    /// Interns a pod template; equal templates share a number.
    pub fn template(&mut self, template: PodTemplate) -> TemplateId {
        let hash = FxBuildHasher.hash_one((template.labels, &template.manifest));
        if let Some(known) = self.template_index.get(&hash)
            && *self.templates[known.index()] == template
        {
            return *known;
        }
        let id = TemplateId::from_index(self.templates.len());
        self.template_index.insert(hash, id);
        self.templates.push(Arc::new(template));
        self.order.push(Slot::Template(id.0));
        id
    }

    /// The number of an equal pod template, if one is interned.
    #[must_use]
    pub fn find_template(&self, template: &PodTemplate) -> Option<TemplateId> {
        let hash = FxBuildHasher.hash_one((template.labels, &template.manifest));
        let known = *self.template_index.get(&hash)?;
        (*self.templates[known.index()] == *template).then_some(known)
    }

    /// Adds a specification. Equal ones are not looked for: each object has its own manifest.
    pub fn spec(&mut self, spec: SpecDefinition) -> SpecId {
        let id = SpecId::from_index(self.specs.len());
        self.specs.push(Arc::new(spec));
        self.order.push(Slot::Spec(id.0));
        id
    }

    /// Names the next traffic source, step or fault. Returns its number.
    ///
    /// # Panics
    ///
    /// After four billion of them.
    pub fn named(&mut self, what: Named, name: &str) -> u32 {
        let names = &mut self.named[what as usize];
        let number = u32::try_from(names.len()).expect("more than four billion names");
        names.push(name.into());
        self.order.push(Slot::Named(what, number));
        number
    }

    /// What the scenario calls a traffic source, step or fault, if it was named.
    #[must_use]
    pub fn name_of(&self, what: Named, number: u32) -> Option<&str> {
        self.named[what as usize]
            .get(number as usize)
            .map(|name| &**name)
    }

    /// The number of the traffic source, step or fault of this name.
    #[must_use]
    pub fn find_named(&self, what: Named, name: &str) -> Option<u32> {
        let names = &self.named[what as usize];
        let place = names.iter().position(|known| **known == *name)?;
        u32::try_from(place).ok()
    }

    /// The set with this number.
    ///
    /// # Panics
    ///
    /// When there is none: a mistake in the model, or a log that was not checked.
    #[must_use]
    pub fn get_set(&self, id: SetId) -> &Labels {
        self.sets
            .get_index(id.index())
            .expect("a set that nobody defined")
    }

    /// The pod template with this number.
    ///
    /// # Panics
    ///
    /// When there is none: a mistake in the model, or a log that was not checked.
    #[must_use]
    pub fn get_template(&self, id: TemplateId) -> &Arc<PodTemplate> {
        &self.templates[id.index()]
    }

    /// The specification with this number.
    ///
    /// # Panics
    ///
    /// When there is none: a mistake in the model, or a log that was not checked.
    #[must_use]
    pub fn get_spec(&self, id: SpecId) -> &Arc<SpecDefinition> {
        &self.specs[id.index()]
    }

    /// How many sets there are.
    #[must_use]
    pub fn set_count(&self) -> usize {
        self.sets.len()
    }

    /// How many templates there are.
    #[must_use]
    pub const fn template_count(&self) -> usize {
        self.templates.len()
    }

    /// How many specifications there are.
    #[must_use]
    pub const fn spec_count(&self) -> usize {
        self.specs.len()
    }

    /// How many definitions there are beyond the built-in ones.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are none beyond the built-in ones.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The definitions from the `start`th on, in the order in which they were made: what a log writes.
    pub fn since(&self, start: usize) -> impl Iterator<Item = Definition> + '_ {
        self.order[start.min(self.order.len())..]
            .iter()
            .map(|slot| match *slot {
                Slot::Text(id) => Definition::Text(self.texts.get(TextId(id)).into()),
                Slot::Set(id) => Definition::Set(self.get_set(SetId(id)).clone()),
                Slot::Template(id) => Definition::Template(self.templates[id as usize].clone()),
                Slot::Spec(id) => Definition::Spec(self.specs[id as usize].clone()),
                Slot::Named(what, number) => {
                    let name = &self.named[what as usize][number as usize];
                    Definition::Named(what, name.clone())
                }
            })
    }

    /// Takes over a definition that a log names. Returns false when it is one that is there already:
    /// no writer does that, so the log is not ours.
    pub fn define(&mut self, definition: Definition) -> bool {
        let before = self.order.len();
        match definition {
            Definition::Text(text) => {
                self.text(&text);
            }
            Definition::Set(set) => {
                self.set(set);
            }
            Definition::Template(template) => {
                let id = TemplateId::from_index(self.templates.len());
                let hash = FxBuildHasher.hash_one((template.labels, &template.manifest));
                self.template_index.insert(hash, id);
                self.templates.push(template);
                self.order.push(Slot::Template(id.0));
            }
            Definition::Spec(spec) => {
                let id = SpecId::from_index(self.specs.len());
                self.specs.push(spec);
                self.order.push(Slot::Spec(id.0));
            }
            Definition::Named(what, name) => {
                self.named(what, &name);
            }
        }
        self.order.len() > before
    }

    /// Where the definitions end now.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            texts: self.texts.len(),
            sets: self.sets.len(),
            templates: self.templates.len(),
            specs: self.specs.len(),
            named: [0, 1, 2].map(|what: usize| self.named[what].len()),
            order: self.order.len(),
        }
    }

    /// Forgets what was defined after `mark`, keeping capacity.
    pub fn reset(&mut self, mark: Mark) {
        self.texts.truncate(mark.texts.max(known::ALL.len()));
        self.sets.truncate(mark.sets.max(1));
        self.templates.truncate(mark.templates);
        self.template_index
            .retain(|_, id| id.index() < mark.templates);
        self.specs.truncate(mark.specs);
        for (names, count) in self.named.iter_mut().zip(mark.named) {
            names.truncate(count);
        }
        self.order.truncate(mark.order);
    }
}
