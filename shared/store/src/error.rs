//! Why the store did not do something.

use std::path::PathBuf;

use uuid::Uuid;

/// What a fallible operation of the store returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any cause, for the log.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the store did not do something. After any of these but [`Error::Unavailable`] nothing was changed; a commit that
/// was [`Error::Unavailable`] may have been done, which the documents' versions tell.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The document has another version than the transaction expected, is gone, or is there already.
    #[error("{collection}/{id} is not at the expected version; it is at {current:?}")]
    Conflict {
        /// The collection's name.
        collection: &'static str,
        /// What people call one of its documents: [`Collection::resource`](crate::Collection::resource).
        resource: &'static str,
        /// The document.
        id: Uuid,
        /// The version it has now; `None` where there is no such document.
        current: Option<u64>,
    },
    /// Another document of the company has the same key in a unique index.
    #[error("a key in the unique index {index} of {collection} is taken")]
    Taken {
        /// The collection's name.
        collection: &'static str,
        /// The index.
        index: &'static str,
        /// The last field of the index, which is what people are told of.
        field: &'static str,
    },
    /// The consumer has the effect of this event already.
    #[error("the event was received before")]
    AlreadyReceived,
    /// The store is down, out of space or too slow; the same may succeed later.
    #[error("the store is unavailable: {0}")]
    Unavailable(#[source] Cause),
    /// The data was written by a newer version of the program, which must go on with it.
    #[error(
        "{path} has the layout {found} of a newer program, this one knows up to {supported}: start the newer program, or restore a copy made before it"
    )]
    NewerVersion {
        /// Where the data is.
        path: PathBuf,
        /// The layout found.
        found: i64,
        /// The newest layout that this program knows.
        supported: i64,
    },
    /// An import into a store that holds something.
    #[error("the store is not empty: take in a backup only where nothing is yet")]
    NotEmpty,
    /// A record that this program can't keep, because it was made by a newer or another one.
    #[error("{0}")]
    Foreign(String),
    /// What the caller asked for is not well formed: a page token that was made up or is of another list.
    #[error(transparent)]
    BadQuery(kernel::Error),
    /// A fault of ours: a query without an index, a document that can't be read.
    #[error("store: {0}")]
    Internal(#[source] Cause),
}

impl Error {
    pub(crate) fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::Unavailable(cause.into())
    }

    pub(crate) fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<Error> for kernel::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Conflict { resource, id, current, .. } => {
                Self::Conflict { resource: resource.into(), id: id.to_string(), current_version: current.unwrap_or(0) }
            }
            Error::Taken { field, .. } => Self::invalid(field, "TAKEN", "is already in use"),
            Error::Unavailable(_) => Self::Unavailable("the store".into()),
            Error::BadQuery(error) => error,
            error @ Error::NotEmpty => Self::failed_precondition("NOT_EMPTY", "", error.to_string()),
            error @ Error::Foreign(_) => Self::failed_precondition("FOREIGN_RECORD", "", error.to_string()),
            error @ (Error::AlreadyReceived | Error::NewerVersion { .. } | Error::Internal(_)) => Self::internal(error),
        }
    }
}
