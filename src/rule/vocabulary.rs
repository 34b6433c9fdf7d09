//! What rules may name although this module does not know it: components, distributions, kinds of objects.

/// The names that the modules above know.
#[derive(Debug, Default)]
pub struct Vocabulary {
    /// Components, with [`ANY`](super::ANY).
    pub components: Vec<&'static str>,
    /// Distributions.
    pub distributions: Vec<&'static str>,
    /// Kinds of objects that readers make, with their fields.
    pub kinds: Vec<Kind>,
    /// Kinds of Kubernetes that are known by name; there may be any others.
    pub resources: Vec<&'static str>,
}

/// A kind of object and its fields.
#[derive(Debug)]
pub struct Kind {
    /// As rules write it.
    pub name: &'static str,
    /// Path → type, in the order of the declaration.
    pub fields: Vec<(&'static str, FieldType)>,
}

/// The type of a field of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A text.
    Text,
    /// A number, whole or not.
    Number,
    /// `true` or `false`.
    Bool,
    /// A list.
    List,
    /// It may be anything.
    Any,
}

impl Vocabulary {
    /// The kind of this name, if a reader makes it.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name == name)
    }

    /// All kinds that are known by name.
    pub fn kind_names(&self) -> impl Iterator<Item = &'static str> {
        self.kinds.iter().map(|kind| kind.name).chain(self.resources.iter().copied())
    }
}

impl Kind {
    /// The type of what stands at a path: `None` when there is nothing.
    #[must_use]
    pub fn field(&self, path: &str) -> Option<FieldType> {
        // What names an object is the same for all kinds.
        if path.split('.').next() == Some("metadata") {
            return Some(FieldType::Any);
        }
        let below = |longer: &str, shorter: &str| {
            longer.strip_prefix(shorter).is_some_and(|rest| rest.starts_with('.'))
        };
        let exact = self.fields.iter().find(|(name, _)| *name == path).map(|(_, of)| *of);
        exact.or_else(|| {
            let near = self.fields.iter().any(|(name, of)| {
                below(name, path) || (below(path, name) && matches!(of, FieldType::Any | FieldType::List))
            });
            near.then_some(FieldType::Any)
        })
    }
}
