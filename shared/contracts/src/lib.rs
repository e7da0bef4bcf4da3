//! The contracts of the services: code generated from `proto/`, and what turns the kernel's vocabulary into it and back.
//!
//! | module | what |
//! |---|---|
//! | [`crm`] | messages, clients and servers of each `crm.<domain>.v1` |
//! | [`google`] | the common types they use |
//! | [`error`] | [`kernel::Error`] ↔ `google.rpc.Status` with details |
//! | [`write`] | kernel values → messages |
//! | [`read`] | messages → kernel values, with errors that name the field |
//! | [`view`] | messages that are read in place |
//! | [`mask`] | the fields that a caller asks for |
//! | [`consumers`] | who gets which events |
//! | [`event`] | events whose kind is known at run time only |
//! | [`methods()`] | what the contracts say of each method: its path, whether it is public, idempotent, a batch |

mod generated {
    #![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]
    include!(concat!(env!("OUT_DIR"), "/contracts.rs"));
}
pub use generated::crm;

/// The common types that the contracts use.
pub mod google {
    pub use super::generated::google::r#type;

    /// The error model.
    pub mod rpc {
        pub use tonic_types::Status;
    }
}

pub mod consumers;
pub mod error;
pub mod event;
pub mod mask;
mod method;
pub mod read;
pub mod view;
pub mod write;

pub use method::{Batch, Method, methods};

/// The compiled contracts, for server reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

#[cfg(test)]
mod tests;
