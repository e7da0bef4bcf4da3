//! The mutations: one for each command of the services.
//!
//! An input is written as the command's message, with the same names, so that the paths in a service's errors are paths
//! of the input. What comes of the command is its payload: the thing as it is now, or what is wrong with the input.

mod auth;
pub(crate) mod calls;
mod customer;
mod employee;
mod order;

use async_graphql::{MaybeUndefined, MergedObject};
use kernel::Error;
use prost_types::FieldMask;

/// What can be done.
#[derive(Default, MergedObject)]
pub(crate) struct Mutation(auth::AuthMutation, employee::EmployeeMutation, customer::CustomerMutation, order::OrderMutation);

/// Sends a command, where its message could be written; the reply, or why there is none.
macro_rules! send {
    ($ctx:ident, $client:ident.$method:ident($message:expr)) => {
        match $message {
            Ok(message) => {
                let scope = $crate::scope::Scope::of($ctx);
                let reply = scope.clients().$client.clone().$method(scope.request(message)).await;
                scope.wrote();
                reply.map(tonic::Response::into_inner).map_err(|status| scope.failed(&status))
            }
            Err(error) => Err(error),
        }
    };
}
use send;

/// Declares the payload of a mutation, and how it is made of the reply to its command.
macro_rules! payload {
    ($(#[$doc:meta])* $name:ident($reply:ident: $message:ty) { $($(#[$field_doc:meta])* $field:ident: $type:ty = $value:expr),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Default, async_graphql::SimpleObject)]
        pub(crate) struct $name {
            $($(#[$field_doc])* $field: Option<$type>,)*
            /// What is wrong with the input; empty where it was done.
            user_errors: Vec<$crate::graph::error::UserError>,
        }

        impl $name {
            fn of(reply: kernel::Result<$message>) -> $crate::graph::error::Field<Self> {
                match reply {
                    Ok($reply) => Some(Ok(Self { $($field: $value,)* user_errors: Vec::new() })),
                    Err(error) => Some(match $crate::graph::error::user_errors(&error) {
                        #[allow(clippy::needless_update, reason = "some payloads have nothing but errors")]
                        Some(user_errors) => Ok(Self { user_errors, ..Self::default() }),
                        None => Err($crate::graph::error::field_error(&error)),
                    }),
                }
            }
        }
    };
}
use payload;

/// Declares the input of a command that needs nothing but the thing and its version.
macro_rules! versioned {
    ($(#[$doc:meta])* $name:ident($package:ident::$message:ident) { $(#[$id_doc:meta])* $id:ident: $kind:ident }) => {
        $(#[$doc])*
        #[derive(async_graphql::InputObject)]
        pub(crate) struct $name {
            $(#[$id_doc])*
            $id: async_graphql::ID,
            /// The version that the caller has seen.
            version: u64,
        }

        impl $name {
            pub(super) fn write(&self) -> kernel::Result<$package::$message> {
                let id = $crate::graph::id::Kind::$kind.local(stringify!($id), &self.$id)?;
                Ok($package::$message { $id: id, version: self.version })
            }
        }
    };
}
use versioned;

/// The fields that an update changes: those that its input gives.
#[derive(Default)]
struct Mask(Vec<String>);

impl Mask {
    /// What `write` makes of the field, where it is given: then the mask names it, by its `path` in the message.
    /// Null is written as the empty value: it clears what may be empty, the rest the service refuses.
    fn take<T, M: Default>(
        &mut self,
        path: &str,
        given: MaybeUndefined<T>,
        write: impl FnOnce(T) -> kernel::Result<M>,
    ) -> kernel::Result<M> {
        if !given.is_undefined() {
            self.0.push(path.to_owned());
        }
        given.take().map_or_else(|| Ok(M::default()), write)
    }

    /// The mask.
    ///
    /// # Errors
    /// [`Error::Invalid`] where no field was given.
    fn finish(self) -> kernel::Result<Option<FieldMask>> {
        if self.0.is_empty() {
            return Err(Error::invalid("", "REQUIRED", "at least one field to change must be given"));
        }
        Ok(Some(FieldMask { paths: self.0 }))
    }
}

/// A UUID for a message where an id may be missing.
fn optional_id(kind: super::id::Kind, field: &str, id: Option<&async_graphql::ID>) -> kernel::Result<String> {
    id.map_or_else(|| Ok(String::new()), |id| kind.local(field, id))
}

/// Items for a message, each written with its own path.
fn each<T, M>(field: &str, items: Vec<T>, write: impl Fn(T, &str) -> kernel::Result<M>) -> kernel::Result<Vec<M>> {
    items.into_iter().enumerate().map(|(index, item)| write(item, &format!("{field}[{index}]"))).collect()
}
