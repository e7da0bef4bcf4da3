//! The error vocabulary on the wire: [`kernel::Error`] ↔ `google.rpc.Status` with the standard details.
//!
//! | kernel | gRPC code | details |
//! |---|---|---|
//! | `Unauthenticated` | `UNAUTHENTICATED` | ErrorInfo |
//! | `PermissionDenied` | `PERMISSION_DENIED` | ErrorInfo |
//! | `NotFound` | `NOT_FOUND` | ErrorInfo, ResourceInfo |
//! | `Invalid` | `INVALID_ARGUMENT` | ErrorInfo, BadRequest |
//! | `Conflict` | `ABORTED` | ErrorInfo, ResourceInfo |
//! | `FailedPrecondition` | `FAILED_PRECONDITION` | ErrorInfo |
//! | `ResourceExhausted` | `RESOURCE_EXHAUSTED` | ErrorInfo, RetryInfo |
//! | `Unavailable` | `UNAVAILABLE` | ErrorInfo |
//! | `Internal` | `INTERNAL` | none: its cause stays here |

use std::{collections::HashMap, time::Duration};

use kernel::{Error, Violation};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

/// `ErrorInfo.domain` of every error of this product.
pub const DOMAIN: &str = "crm";

/// Keys of `ErrorInfo.metadata`.
mod key {
    pub(super) const FIELD: &str = "field";
    pub(super) const CURRENT_VERSION: &str = "current_version";
    /// Goes before the error's own details, so that they can't clash with the keys above.
    pub(super) const DETAIL: &str = "detail.";
}

/// The status that tells a caller of `error`.
#[must_use]
pub fn to_status(error: &Error) -> Status {
    let mut details = ErrorDetails::new();
    let mut info = |reason: &str, metadata: Vec<(String, String)>| {
        details.set_error_info(reason, DOMAIN, metadata.into_iter().collect::<HashMap<_, _>>());
    };
    let code = match error {
        Error::Unauthenticated { reason, .. } => {
            info(reason, vec![]);
            Code::Unauthenticated
        }
        Error::PermissionDenied(_) => {
            info("PERMISSION_DENIED", vec![]);
            Code::PermissionDenied
        }
        Error::NotFound { resource, id, field } => {
            info("NOT_FOUND", vec![(key::FIELD.into(), field.to_string())]);
            details.set_resource_info(resource.as_ref(), id, "", "");
            Code::NotFound
        }
        Error::Invalid(violations) => {
            info("INVALID_ARGUMENT", vec![]);
            details.set_bad_request(violations.iter().map(field_violation).collect::<Vec<_>>());
            Code::InvalidArgument
        }
        Error::Conflict { resource, id, current_version } => {
            info("VERSION_CONFLICT", vec![(key::CURRENT_VERSION.into(), current_version.to_string())]);
            details.set_resource_info(resource.as_ref(), id, "", "");
            Code::Aborted
        }
        Error::FailedPrecondition { reason, field, details: facts, .. } => {
            let facts = facts.iter().map(|(name, value)| (format!("{}{name}", key::DETAIL), value.clone()));
            info(reason, facts.chain([(key::FIELD.into(), field.to_string())]).collect());
            Code::FailedPrecondition
        }
        Error::ResourceExhausted { retry_after } => {
            info("RESOURCE_EXHAUSTED", vec![]);
            details.set_retry_info(Some(*retry_after));
            Code::ResourceExhausted
        }
        Error::Unavailable(_) => {
            info("UNAVAILABLE", vec![]);
            Code::Unavailable
        }
        Error::Internal(_) => return Status::internal("internal error"),
    };
    Status::with_error_details(code, message(error), details)
}

/// The text of the error that [`from_status`] reads back: without what the details say already.
fn message(error: &Error) -> String {
    match error {
        Error::Unauthenticated { message, .. } => message.to_string(),
        Error::PermissionDenied(message) => message.to_string(),
        Error::Unavailable(part) => part.to_string(),
        other => other.to_string(),
    }
}

fn field_violation(violation: &Violation) -> FieldViolation {
    let mut out = FieldViolation::new(&violation.field, &violation.message);
    out.reason = violation.code.to_string();
    out
}

/// The error of which a status tells. A status that is not of this product's making keeps its kind.
#[must_use]
pub fn from_status(status: &Status) -> Error {
    let details = status.get_error_details();
    let text = status.message().to_owned();
    let (reason, mut metadata) = details.error_info().map(|info| (info.reason.clone(), info.metadata.clone())).unwrap_or_default();
    let field = metadata.remove(key::FIELD).unwrap_or_default();
    let (resource, id) = details.resource_info().map(|info| (info.resource_type.clone(), info.resource_name.clone())).unwrap_or_default();
    match status.code() {
        Code::Unauthenticated => Error::Unauthenticated { reason: reason.into(), message: text.into() },
        Code::PermissionDenied => Error::PermissionDenied(text.into()),
        Code::NotFound => Error::NotFound { resource: resource.into(), id, field: field.into() },
        Code::InvalidArgument | Code::OutOfRange => Error::Invalid(violations(&details, &text)),
        Code::Aborted | Code::AlreadyExists => Error::Conflict {
            resource: resource.into(),
            id,
            current_version: metadata.get(key::CURRENT_VERSION).and_then(|v| v.parse().ok()).unwrap_or(0),
        },
        Code::FailedPrecondition => Error::FailedPrecondition {
            reason: reason.into(),
            field: field.into(),
            message: text,
            details: metadata.into_iter().filter_map(|(k, v)| Some((k.strip_prefix(key::DETAIL)?.to_owned(), v))).collect(),
        },
        Code::ResourceExhausted => Error::ResourceExhausted {
            retry_after: details.retry_info().and_then(|info| info.retry_delay).unwrap_or(Duration::from_secs(1)),
        },
        Code::Unavailable if details.error_info().is_some() => Error::Unavailable(text.into()),
        // A transport's own words can name hosts: they are for the log, not for callers.
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => Error::Unavailable("a service".into()),
        Code::Ok | Code::Unknown | Code::Unimplemented | Code::Internal | Code::DataLoss => {
            Error::internal(format!("{:?}: {text}", status.code()))
        }
    }
}

fn violations(details: &ErrorDetails, text: &str) -> Vec<Violation> {
    match details.bad_request() {
        Some(request) => {
            request.field_violations.iter().map(|v| Violation::new(v.field.clone(), v.reason.clone(), v.description.clone())).collect()
        }
        None => vec![Violation::new("", "INVALID", text)],
    }
}

/// The answer of a batch method to one of its questions that failed.
#[must_use]
pub fn to_rpc_status(error: &Error) -> tonic_types::Status {
    use prost::Message as _;
    let status = to_status(error);
    tonic_types::Status::decode(status.details()).ok().filter(|rpc| rpc.code != 0).unwrap_or_else(|| tonic_types::Status {
        code: status.code().into(),
        message: status.message().to_owned(),
        details: vec![],
    })
}

/// The error of one answer of a batch method, as it stands in a message that is read in place.
#[must_use]
pub fn from_rpc_status_bytes(status: &[u8]) -> Error {
    use prost::Message as _;
    tonic_types::Status::decode(status).map_or_else(Error::internal, |status| from_rpc_status(&status))
}

/// The error of one answer of a batch method.
#[must_use]
pub fn from_rpc_status(status: &tonic_types::Status) -> Error {
    use prost::Message as _;
    from_status(&Status::with_details(Code::from_i32(status.code), status.message.clone(), status.encode_to_vec().into()))
}
