//! Messages that are read in place: a text is a slice of the bytes that arrived, and what nobody reads is never made.
//!
//! For each message `crm.order.v1.Order` there is a view [`crm::order::v1::Order`], with a method for each field, and for each service a
//! client of the methods without side effects that answers with views. A message is checked once, as it arrives, with all messages in it
//! ([`read`]); after that reading can't fail.
//!
//! It answers what prost would, but for one thing: a message field that occurs several times, which prost merges, is refused. No encoder
//! of ours writes that.

mod query;
mod text;
pub mod wire;

use bytes::Bytes;
use prost::Message as _;

pub use generated::{crm, google};
pub use query::{Asks, Framed, Query};
pub use text::Str;
pub use wire::Malformed;

#[allow(missing_docs, clippy::all, clippy::pedantic, reason = "generated code")]
mod generated {
    #![allow(unused_imports, reason = "not every package has messages")]
    use super::{View, wire};
    include!(concat!(env!("OUT_DIR"), "/views.rs"));
}

/// A message that is read in place, in bytes of the type `B`.
pub trait View<B: AsRef<[u8]>>: Sized {
    /// The message, as it is made or read as a whole.
    type Message: prost::Message;
    /// How its fields are written, by their numbers.
    const FIELDS: &'static [wire::Field];

    /// The message in bytes that were checked. What is malformed in others is as if it were not there.
    fn of(bytes: B) -> Self;
}

/// The message in bytes that have arrived.
///
/// # Errors
/// [`Malformed`] where it, or a message in it, is none.
pub fn read<V: View<Bytes>>(bytes: Bytes) -> Result<V, Malformed> {
    wire::check(&bytes, V::FIELDS)?;
    Ok(V::of(bytes))
}

/// The view of a message that was made here.
pub fn of_message<B: AsRef<[u8]> + From<Vec<u8>>, V: View<B>>(message: &V::Message) -> V {
    V::of(message.encode_to_vec().into())
}

#[cfg(test)]
mod tests;
