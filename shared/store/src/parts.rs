//! Reads of some fields of documents, for answers of which only some fields are asked for.
//!
//! A whole document makes the domain's own type; some of its fields make [`Parts`], in which a field that was not read can't be
//! taken for an empty one.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    backend::Projection,
    document::Document,
    error::Result,
    fields,
    query::{Filter, Page, Query},
    store::CompanyStore,
};

/// What is read of a document of type [`Of`](Self::Of): some of its top-level fields. [`parts!`](crate::parts) makes such a type.
pub trait Parts: DeserializeOwned + Send + 'static {
    /// The whole document.
    type Of: Document;

    /// The fields that are read in any case.
    const ALWAYS: &'static [&'static str];
}

/// A field that may have been left unread, which is not the same as empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part<T> {
    /// It was read.
    Read(T),
    /// It was not asked for.
    #[default]
    Unread,
}

impl<T> Part<T> {
    /// The field, where it was read.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Read(value) => Some(value),
            Self::Unread => None,
        }
    }

    /// What becomes of the field in an answer: nothing where it was not read, which is a fault of ours where it is asked for.
    #[must_use]
    pub fn to<A: Default>(&self, turn: impl FnOnce(&T) -> A) -> A {
        debug_assert!(self.get().is_some(), "a field is answered that was not read");
        self.get().map(turn).unwrap_or_default()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::Read)
    }
}

/// Reads a field that documents leave out where it has its default: `#[serde(deserialize_with = "store::or_default")]`.
///
/// # Errors
/// As the field's own type.
pub fn or_default<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(deserializer: D) -> Result<Part<T>, D::Error> {
    Option::<T>::deserialize(deserializer).map(|value| Part::Read(value.unwrap_or_default()))
}

/// Declares what may be read of a document: its fields, by their names and types. Those in `always` are read in any case, so
/// that what is decided by them can't go wrong; each of the others is a [`Part`]. A field that has another name in the document's
/// type than in the stored document is written `stored = field`.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use store::{Collection, Document, Part};
/// # use uuid::Uuid;
/// # static THINGS: Collection = Collection { name: "things", indexes: &[], history: None, unaudited: &[] };
/// # impl Document for Thing {
/// #     const COLLECTION: &'static Collection = &THINGS;
/// #     fn id(&self) -> Uuid { self.id }
/// #     fn version(&self) -> u64 { 1 }
/// # }
/// #[derive(Clone, Serialize, Deserialize)]
/// struct Thing {
///     id: Uuid,
///     #[serde(rename = "type")]
///     kind: String,
///     notes: Vec<String>,
/// }
///
/// store::parts! {
///     /// What is read of a thing.
///     struct ThingParts of Thing {
///         always { id: Uuid }
///         r#type = kind: String,
///         notes: Vec<String>,
///     }
/// }
///
/// let whole = Thing { id: Uuid::nil(), kind: "round".into(), notes: vec![] };
/// assert_eq!(ThingParts::from(&whole).r#type, Part::Read("round".into()));
/// ```
#[macro_export]
macro_rules! parts {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $parts:ident of $whole:ty {
            always { $($always:ident: $always_type:ty),* $(,)? }
            $($(#[$field_meta:meta])* $field:ident $(= $own:ident)?: $type:ty),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, ::serde::Deserialize)]
        $visibility struct $parts {
            $(#[doc = concat!("`", stringify!($always), "` of the document.")] pub $always: $always_type,)*
            $(
                #[doc = concat!("`", stringify!($field), "` of the document.")]
                #[serde(default)]
                $(#[$field_meta])*
                pub $field: $crate::Part<$type>,
            )*
        }

        impl $crate::Parts for $parts {
            type Of = $whole;
            const ALWAYS: &'static [&'static str] = &[$(stringify!($always)),*];
        }

        impl From<&$whole> for $parts {
            fn from(whole: &$whole) -> Self {
                Self {
                    $($always: whole.$always.clone(),)*
                    $($field: $crate::Part::Read($crate::parts!(@own whole $field $($own)?).clone()),)*
                }
            }
        }
    };
    (@own $whole:ident $field:ident) => { $whole.$field };
    (@own $whole:ident $field:ident $own:ident) => { $whole.$own };
}

/// Reads of a company's documents that leave all but some fields unread: [`CompanyStore::only`].
///
/// Of what was asked for, a field that a document has not is null; lists, their order and their cursors are those of whole
/// documents, whatever is read of them.
#[derive(Debug)]
pub struct Only<'a> {
    company: &'a CompanyStore,
    fields: BTreeSet<&'static str>,
}

impl<'a> Only<'a> {
    pub(crate) fn new(company: &'a CompanyStore, fields: impl IntoIterator<Item = &'static str>) -> Self {
        Self { company, fields: fields.into_iter().collect() }
    }

    /// As [`CompanyStore::get_many`].
    ///
    /// # Errors
    /// As there.
    pub async fn get_many<P: Parts>(&self, ids: &[Uuid]) -> Result<Vec<Option<P>>> {
        let fields = self.fields::<P>();
        let bodies = self.company.bodies(P::Of::COLLECTION, ids, Projection::Only(&fields)).await?;
        bodies.iter().map(|body| body.as_deref().map(|body| fields::read_only(P::Of::COLLECTION, body, &fields)).transpose()).collect()
    }

    /// As [`CompanyStore::find_each`].
    ///
    /// # Errors
    /// As there.
    pub async fn find_each<P: Parts>(&self, queries: &[Query]) -> Result<Vec<Result<Page<P>>>> {
        let fields = self.fields::<P>();
        let read = |body: &str| fields::read_only(P::Of::COLLECTION, body, &fields);
        self.company.pages(P::Of::COLLECTION, queries, Projection::Only(&fields), read).await
    }

    /// As [`CompanyStore::search`].
    ///
    /// # Errors
    /// As there.
    pub async fn search<P: Parts>(&self, index: &'static str, words: &[String], filters: &[Filter]) -> Result<(Vec<P>, bool)> {
        let fields = self.fields::<P>();
        let (bodies, more) = self.company.found(P::Of::COLLECTION, index, words, filters, Projection::Only(&fields)).await?;
        let found = bodies.iter().map(|body| fields::read_only(P::Of::COLLECTION, body, &fields));
        Ok((found.collect::<Result<_>>()?, more))
    }

    fn fields<P: Parts>(&self) -> Vec<&'static str> {
        self.fields.iter().chain(P::ALWAYS).copied().collect::<BTreeSet<_>>().into_iter().collect()
    }
}
