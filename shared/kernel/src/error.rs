//! The one error vocabulary: the same kinds in the domain, on gRPC and in GraphQL.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

/// What a fallible operation of this product returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request was not done. Everything in it but [`Error::Internal`]'s cause may be shown to the caller.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No valid credentials. The reason is a code such as `TOKEN_EXPIRED`.
    #[error("not signed in: {message}")]
    Unauthenticated {
        /// A stable code in SCREAMING_SNAKE_CASE.
        reason: Cow<'static, str>,
        /// For people.
        message: Cow<'static, str>,
    },
    /// The caller may not do this.
    #[error("permission denied: {0}")]
    PermissionDenied(Cow<'static, str>),
    /// There is no such thing, or the caller may not know of it.
    #[error("{resource} {id} was not found")]
    NotFound {
        /// The kind of thing, lower case: `customer`.
        resource: Cow<'static, str>,
        /// The identifier that was asked for.
        id: String,
        /// The path of the input field that held it; empty where the request as a whole names it.
        field: Cow<'static, str>,
    },
    /// Input that breaks rules: every broken rule with the path of its field.
    #[error("invalid input: {}", describe(.0))]
    Invalid(Vec<Violation>),
    /// Somebody else changed the thing in the meantime.
    #[error("{resource} {id} was changed by somebody else; its version is now {current_version}")]
    Conflict {
        /// The kind of thing, lower case.
        resource: Cow<'static, str>,
        /// Its identifier.
        id: String,
        /// The version it has now; 0 where it is not known.
        current_version: u64,
    },
    /// The input is well formed, but the state of things does not permit it.
    #[error("{message}")]
    FailedPrecondition {
        /// A stable code such as `WRONG_TRANSITION`.
        reason: Cow<'static, str>,
        /// The path of the input field that asked for it; may be empty.
        field: Cow<'static, str>,
        /// For people: what is in the way and what can be done.
        message: String,
        /// Facts for programs, such as the identifier of the order that is in the way.
        details: BTreeMap<String, String>,
    },
    /// Too much was asked for; try again after the time given.
    #[error("too many requests; try again in {} s", retry_after.as_secs().max(1))]
    ResourceExhausted {
        /// When it makes sense to try again.
        retry_after: Duration,
    },
    /// A part that is needed is down or too slow; the same request may succeed later.
    #[error("{0} is unavailable; try again later")]
    Unavailable(Cow<'static, str>),
    /// A fault of ours. The cause goes to the log, never to the caller.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// One broken rule.
    pub fn invalid(field: impl Into<String>, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Violation::new(field, code, message)])
    }

    /// There is no such `resource`; the request as a whole names it.
    pub fn not_found(resource: &'static str, id: impl ToString) -> Self {
        Self::NotFound { resource: resource.into(), id: id.to_string(), field: "".into() }
    }

    /// A refusal by the state of things, without further facts.
    pub fn failed_precondition(reason: &'static str, field: &'static str, message: impl Into<String>) -> Self {
        Self::FailedPrecondition { reason: reason.into(), field: field.into(), message: message.into(), details: BTreeMap::new() }
    }

    /// A fault of ours, with its cause for the log.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// Not signed in, for the reason given.
    pub fn unauthenticated(reason: &'static str, message: &'static str) -> Self {
        Self::Unauthenticated { reason: reason.into(), message: message.into() }
    }

    /// Puts `prefix` before the field paths, for errors of a nested input.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        match &mut self {
            Self::Invalid(violations) => {
                for violation in violations {
                    violation.field = join(prefix, &violation.field);
                }
            }
            Self::NotFound { field, .. } | Self::FailedPrecondition { field, .. } => *field = join(prefix, field).into(),
            _ => {}
        }
        self
    }
}

fn join(prefix: &str, field: &str) -> String {
    match (prefix.is_empty(), field.is_empty()) {
        (_, true) => prefix.to_owned(),
        (true, _) => field.to_owned(),
        _ => format!("{prefix}.{field}"),
    }
}

fn describe(violations: &[Violation]) -> String {
    violations.iter().map(|v| format!("{} {}", v.field, v.message)).collect::<Vec<_>>().join("; ")
}

/// One broken rule of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field in the request, snake_case with dots and indexes: `properties[0].address`.
    pub field: String,
    /// A stable code such as `TOO_LONG`.
    pub code: Cow<'static, str>,
    /// For people: what is allowed, written to follow the field's name.
    pub message: String,
}

impl Violation {
    /// A broken rule.
    pub fn new(field: impl Into<String>, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { field: field.into(), code: code.into(), message: message.into() }
    }
}

/// Gathers the violations of an input, so that the caller hears of all at once.
///
/// ```
/// # use kernel::{Violations, Error};
/// let mut checks = Violations::default();
/// let hours = checks.take(Err::<u8, _>(Error::invalid("hours", "TOO_LARGE", "must be at most 24")));
/// assert!(hours.is_none());
/// assert!(checks.finish().is_err());
/// ```
#[derive(Debug, Default)]
pub struct Violations {
    found: Vec<Violation>,
    other: Option<Error>,
}

impl Violations {
    /// The value, or `None` after its error was noted.
    pub fn take<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(Error::Invalid(violations)) => {
                self.found.extend(violations);
                None
            }
            Err(error) => {
                self.other.get_or_insert(error);
                None
            }
        }
    }

    /// Notes a violation where `ok` is false.
    pub fn require(&mut self, ok: bool, field: &str, code: &'static str, message: impl Into<String>) {
        if !ok {
            self.found.push(Violation::new(field, code, message));
        }
    }

    /// Ends the checks.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that was noted; or the first error of another kind.
    pub fn finish(self) -> Result<()> {
        match self.other {
            Some(error) => Err(error),
            None if self.found.is_empty() => Ok(()),
            None => Err(Error::Invalid(self.found)),
        }
    }

    /// Ends the checks with a value made of what [`take`](Self::take) gave; the maker is called
    /// only where nothing was noted, so every `take` is then `Some`.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub fn finish_with<T>(self, make: impl FnOnce() -> Option<T>) -> Result<T> {
        self.finish()?;
        make().ok_or_else(|| Error::internal("a checked field is missing though no violation was noted"))
    }
}
