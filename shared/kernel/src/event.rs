//! The envelope of a domain event, after CloudEvents 1.0.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Actor, CompanyId, EventId, Timestamp};

/// A domain event on its way: what happened, to what, when, by whom, and the state after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// CloudEvents `id`: unique; a redelivery has the same.
    pub id: EventId,
    /// CloudEvents `type`: the full name of the protobuf message in `data`, such as `crm.order.v1.OrderCompleted`.
    /// It is the routing key on the bus too.
    #[serde(rename = "type")]
    pub kind: String,
    /// CloudEvents `source`: the service that published it.
    pub source: String,
    /// CloudEvents `subject`: the aggregate that the event is about.
    pub subject: Uuid,
    /// The aggregate's version after the event; consumers keep the highest they have seen.
    pub version: u64,
    /// The company it belongs to.
    pub company: CompanyId,
    /// CloudEvents `time`: when it happened.
    pub time: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// W3C trace context of the request that caused it.
    pub traceparent: Option<String>,
    /// The protobuf message, encoded.
    pub data: Vec<u8>,
}
