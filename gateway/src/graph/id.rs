//! Global ids: what kind of thing, and its UUID, so that `node(id)` finds anything.

use async_graphql::ID;
use contracts::view::Str;
use kernel::Error;

use crate::read::{EntityId, leaf};

/// The kinds of things that have a global id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Account,
    Employee,
    TimeOff,
    Customer,
    Property,
    Contact,
    Note,
    Order,
    Comment,
    ChecklistItem,
    History,
}

impl Kind {
    const ALL: [Self; 11] = [
        Self::Account,
        Self::Employee,
        Self::TimeOff,
        Self::Customer,
        Self::Property,
        Self::Contact,
        Self::Note,
        Self::Order,
        Self::Comment,
        Self::ChecklistItem,
        Self::History,
    ];

    fn prefix(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Employee => "employee",
            Self::TimeOff => "timeoff",
            Self::Customer => "customer",
            Self::Property => "property",
            Self::Contact => "contact",
            Self::Note => "note",
            Self::Order => "order",
            Self::Comment => "comment",
            Self::ChecklistItem => "item",
            Self::History => "history",
        }
    }

    /// The global id of a thing of this kind.
    pub(crate) fn global(self, uuid: &str) -> ID {
        ID(format!("{}_{uuid}", self.prefix()))
    }

    /// The global id of a thing of this kind, as it is written.
    pub(crate) fn of(self, uuid: Str<'_>) -> GlobalId<'_> {
        GlobalId { kind: self, uuid }
    }

    /// The UUID in a global id of this kind; whether it names something, the service says.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `field` for what is no id, and for an id of another kind.
    pub(crate) fn local(self, field: &str, id: &ID) -> kernel::Result<String> {
        self.id(field, id).map(|id| id.to_string())
    }

    /// The same, to ask for the thing.
    ///
    /// # Errors
    /// As [`local`](Self::local).
    pub(crate) fn id(self, field: &str, id: &ID) -> kernel::Result<EntityId> {
        match read(id) {
            Some((kind, id)) if kind == self => Ok(id),
            _ => Err(Error::invalid(field, "INVALID_ID", format!("must be the id of a thing of the kind {}", self.prefix()))),
        }
    }
}

/// The global id of a thing, in its parts.
#[derive(Clone, Copy)]
pub(crate) struct GlobalId<'a> {
    kind: Kind,
    uuid: Str<'a>,
}

leaf! {
    GlobalId<'_> as ID = |it| it.kind.global(it.uuid.as_str()), |out| out.string_of([it.kind.prefix().into(), it.uuid], "_");
}

/// The kind and the UUID in a global id; `None` where it is none.
pub(crate) fn read(id: &ID) -> Option<(Kind, EntityId)> {
    let (prefix, uuid) = id.split_once('_')?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.prefix() == prefix)?;
    Some((kind, uuid.parse().ok()?))
}
