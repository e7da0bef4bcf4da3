//! The error vocabulary in GraphQL.
//!
//! What the caller can mend in the input of a mutation becomes a `userErrors` entry in its payload. Everything else,
//! and everything in a query, is a GraphQL error with `extensions.code`.

use async_graphql::{ErrorExtensionValues, SimpleObject, Value};
use kernel::{Error, Violation};

use super::{id::Kind, name};
use crate::read::Answer;

/// The code of an error, as `extensions.code` has it.
pub(crate) fn code(error: &Error) -> &'static str {
    match error {
        Error::Unauthenticated { .. } => "UNAUTHENTICATED",
        Error::PermissionDenied(_) => "PERMISSION_DENIED",
        Error::NotFound { .. } => "NOT_FOUND",
        Error::Invalid(_) => "INVALID",
        Error::Conflict { .. } => "CONFLICT",
        Error::FailedPrecondition { .. } => "FAILED_PRECONDITION",
        Error::ResourceExhausted { .. } => "RESOURCE_EXHAUSTED",
        Error::Unavailable(_) => "UNAVAILABLE",
        Error::Internal(_) => "INTERNAL",
    }
}

/// The error of a field.
pub(crate) fn field_error(error: &Error) -> async_graphql::Error {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code(error));
    match error {
        Error::Unauthenticated { reason, .. } => extensions.set("reason", reason.as_ref()),
        Error::Invalid(violations) => {
            extensions.set("violations", Value::List(violations.iter().map(violation_value).collect()));
        }
        Error::Conflict { current_version, .. } => extensions.set("currentVersion", *current_version),
        Error::FailedPrecondition { reason, .. } => extensions.set("reason", reason.as_ref()),
        Error::ResourceExhausted { retry_after } => extensions.set("retryAfterSeconds", retry_after.as_secs().max(1)),
        _ => {}
    }
    let mut out = async_graphql::Error::new(message(error));
    out.extensions = Some(extensions);
    out
}

/// The error for people, with the fields as the graph spells them.
fn message(error: &Error) -> String {
    let Error::Invalid(violations) = error else { return error.to_string() };
    let told = violations.iter().map(|violation| match graph_path(&violation.field) {
        Some(field) => format!("{field} {}", violation.message),
        None => violation.message.clone(),
    });
    told.collect::<Vec<_>>().join("; ")
}

fn violation_value(violation: &Violation) -> Value {
    async_graphql::value!({
        "field": graph_path(&violation.field),
        "code": violation.code.as_ref(),
        "message": violation.message.as_str(),
    })
}

/// What a nullable field resolves to: a value, `null`, or `null` with the field's error.
///
/// A `Result<Option<T>>` won't do: of a field that fails so, async-graphql leaves the name out of the answer as well.
pub(crate) type Field<T> = Option<async_graphql::Result<T>>;

/// A field's value, or `null` with the field's error.
pub(crate) fn found<T>(answer: Answer<T>) -> Field<T> {
    Some(answer.map_err(|error| field_error(&error)))
}

/// A field's value where it exists and may be known of, `null` otherwise; other failures are the field's error.
pub(crate) fn found_or_null<T>(answer: Answer<T>) -> Field<T> {
    match answer {
        Err(error) if matches!(*error, Error::NotFound { .. }) => None,
        other => found(other),
    }
}

/// Something in a mutation's input that the caller can mend.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct UserError {
    /// The path of the input field, such as `properties[0].address.city`; null where it is the input as a whole.
    field: Option<String>,
    /// A stable code such as TOO_LONG, VERSION_CONFLICT or EMPLOYEE_BUSY.
    code: String,
    /// For people: what is wrong and what is allowed.
    message: String,
    /// The version that the thing has now, for VERSION_CONFLICT.
    current_version: Option<u64>,
    /// Facts for programs, such as the id of the order that is in the way.
    details: Vec<Detail>,
}

/// A fact about an error.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "ErrorDetail")]
pub(crate) struct Detail {
    /// What it is, such as orderId.
    name: String,
    /// Its value.
    value: String,
}

/// What the caller can mend in the input of a mutation; `None` for a failure that they can't mend there.
pub(crate) fn user_errors(error: &Error) -> Option<Vec<UserError>> {
    let one = |field: &str, code: &str, current_version, details| {
        let field = graph_path(field);
        Some(vec![UserError { field, code: code.to_owned(), message: error.to_string(), current_version, details }])
    };
    match error {
        Error::Invalid(violations) => Some(
            violations
                .iter()
                .map(|violation| UserError {
                    field: graph_path(&violation.field),
                    code: violation.code.to_string(),
                    message: violation.message.clone(),
                    current_version: None,
                    details: Vec::new(),
                })
                .collect(),
        ),
        Error::NotFound { field, .. } => one(field, "NOT_FOUND", None, Vec::new()),
        Error::Conflict { current_version, .. } => one("version", "VERSION_CONFLICT", Some(*current_version), Vec::new()),
        Error::FailedPrecondition { reason, field, details, .. } => {
            let details = details.iter().map(|(name, value)| Detail { name: name::camel(name), value: global(name, value) }).collect();
            one(field, reason, None, details)
        }
        _ => None,
    }
}

/// A detail's value: ids of things become global ids.
fn global(name: &str, value: &str) -> String {
    let kind = match name {
        "order_id" => Kind::Order,
        "employee_id" => Kind::Employee,
        "customer_id" => Kind::Customer,
        "time_off_id" => Kind::TimeOff,
        _ => return value.to_owned(),
    };
    kind.global(value).0
}

/// The path of a field as the graph spells it; `None` for the input as a whole. Paging has other names here than on
/// gRPC, and what an update's message holds under the thing's name stands in the mutation's input itself.
fn graph_path(path: &str) -> Option<String> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    match (first, path) {
        ("customer" | "employee" | "order", _) => Some(name::camel(rest)).filter(|rest| !rest.is_empty()),
        (_, "page_size") => Some("first".to_owned()),
        (_, "page_token") => Some("after".to_owned()),
        (_, path) => Some(name::camel(path)).filter(|path| !path.is_empty()),
    }
}
