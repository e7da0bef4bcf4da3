//! From an event to an AMQP message and back.
//!
//! After the CloudEvents binding for AMQP, binary mode: the body is the event's data, each attribute is a header
//! `cloudEvents:<name>`, a text.
//!
//! | envelope | header | and as property, for the broker's tools |
//! |---|---|---|
//! | (the version of the form) | `cloudEvents:specversion` = `1.0` | |
//! | `id` | `cloudEvents:id` | `message_id` |
//! | `kind` | `cloudEvents:type` | `type`; the routing key |
//! | `source` | `cloudEvents:source` | `app_id` |
//! | `subject` | `cloudEvents:subject` | |
//! | `time` | `cloudEvents:time`, RFC 3339 | `timestamp`, to the second |
//! | `version` | `cloudEvents:aggregateversion` | |
//! | `company` | `cloudEvents:company` | |
//! | `actor` | `cloudEvents:actor`, JSON | |
//! | `traceparent` | `cloudEvents:traceparent` | |
//! | `data` | the body, `application/protobuf` | `content_type` |
//!
//! A copy for another try, and a dead letter, are the message as it came with `attempts` (how often it failed) and,
//! for the latter, `error` and `at` (microseconds since the Unix epoch) as further headers. Nothing else is changed
//! or read, so that a message which this version can't read is kept as it is.

use kernel::{Envelope, EventId, Timestamp};
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable},
};
use sha2::{Digest as _, Sha256};

use super::topology::name;

const PREFIX: &str = "cloudEvents:";
const SPECVERSION: &str = "1.0";
const ATTEMPTS: &str = "attempts";
const ERROR: &str = "error";
const AT: &str = "at";
/// Headers are one frame, so a long error is cut: to that many characters.
const LONGEST_ERROR: usize = 2_000;
/// Written to disk before it is confirmed.
const PERSISTENT: u8 = 2;

/// The properties and the body of an event.
pub(super) fn pack(event: &Envelope) -> (BasicProperties, Vec<u8>) {
    let mut headers = FieldTable::default();
    let mut set = |attribute: &str, value: &str| {
        headers.insert(name(format!("{PREFIX}{attribute}")), AMQPValue::LongString(value.into()));
    };
    set("specversion", SPECVERSION);
    set("id", &event.id.to_string());
    set("type", &event.kind);
    set("source", &event.source);
    set("subject", &event.subject.to_string());
    set("time", &event.time.to_string());
    set("aggregateversion", &event.version.to_string());
    set("company", &event.company.to_string());
    // An actor is plain data: it always has a JSON form.
    set("actor", &serde_json::to_string(&event.actor).unwrap_or_default());
    if let Some(traceparent) = &event.traceparent {
        set("traceparent", traceparent);
    }
    let properties = BasicProperties::default()
        .with_message_id(name(event.id.to_string()))
        .with_type(name(event.kind.as_str()))
        .with_app_id(name(event.source.as_str()))
        .with_timestamp(u64::try_from(event.time.as_micros()).unwrap_or(0) / 1_000_000)
        .with_content_type(name("application/protobuf"))
        .with_delivery_mode(PERSISTENT)
        .with_headers(headers);
    (properties, event.data.clone())
}

/// The event in a message; `None` where this version can't read it.
pub(super) fn unpack(properties: &BasicProperties, body: &[u8]) -> Option<Envelope> {
    let attribute = |attribute: &str| text(properties, &format!("{PREFIX}{attribute}"));
    if attribute("specversion")? != SPECVERSION {
        return None;
    }
    Some(Envelope {
        id: attribute("id")?.parse().ok()?,
        kind: attribute("type")?,
        source: attribute("source")?,
        subject: attribute("subject")?.parse().ok()?,
        version: attribute("aggregateversion")?.parse().ok()?,
        company: attribute("company")?.parse().ok()?,
        time: Timestamp::parse("time", &attribute("time")?).ok()?,
        actor: serde_json::from_str(&attribute("actor")?).ok()?,
        traceparent: attribute("traceparent"),
        data: body.to_vec(),
    })
}

/// How often the event failed.
pub(super) fn attempts(properties: &BasicProperties) -> u32 {
    number(header(properties, ATTEMPTS)).and_then(|attempts| u32::try_from(attempts).ok()).unwrap_or(0)
}

/// The properties of a copy that has failed `attempts` times; after a replay none.
pub(super) fn again(properties: &BasicProperties, attempts: u32) -> BasicProperties {
    let mut headers = kept(properties);
    if attempts > 0 {
        headers.insert(name(ATTEMPTS), AMQPValue::LongLongInt(attempts.into()));
    }
    copied(properties).with_headers(headers)
}

/// The properties of a copy that is given up on.
pub(super) fn dead(properties: &BasicProperties, attempts: u32, error: &str, at: Timestamp) -> BasicProperties {
    let error: String = error.chars().take(LONGEST_ERROR).collect();
    let mut headers = kept(properties);
    headers.insert(name(ATTEMPTS), AMQPValue::LongLongInt(attempts.into()));
    headers.insert(name(ERROR), AMQPValue::LongString(error.into()));
    headers.insert(name(AT), AMQPValue::LongLongInt(at.as_micros()));
    copied(properties).with_headers(headers)
}

/// Why and when a message was given up on: `None` where the broker did it.
pub(super) fn reason(properties: &BasicProperties) -> Option<(String, Timestamp)> {
    Some((text(properties, ERROR)?, number(header(properties, AT)).and_then(Timestamp::from_micros)?))
}

/// When the broker itself gave up on the message.
pub(super) fn given_up_at(properties: &BasicProperties) -> Option<Timestamp> {
    let AMQPValue::FieldArray(deaths) = header(properties, "x-death")? else { return None };
    let AMQPValue::FieldTable(last) = deaths.as_slice().first()? else { return None };
    let AMQPValue::Timestamp(seconds) = last.inner().get("time")? else { return None };
    Timestamp::from_micros(i64::try_from(*seconds).ok()?.checked_mul(1_000_000)?)
}

/// The identifier of the event; of one that has none, one that is made of its body.
pub(super) fn id(properties: &BasicProperties, body: &[u8]) -> EventId {
    let named = text(properties, &format!("{PREFIX}id")).and_then(|id| id.parse().ok());
    named.unwrap_or_else(|| {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&Sha256::digest(body)[..16]);
        EventId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    })
}

fn header<'a>(properties: &'a BasicProperties, key: &str) -> Option<&'a AMQPValue> {
    properties.headers().as_ref()?.inner().get(key)
}

fn text(properties: &BasicProperties, key: &str) -> Option<String> {
    match header(properties, key)? {
        AMQPValue::LongString(text) => String::from_utf8(text.as_bytes().to_vec()).ok(),
        _ => None,
    }
}

fn number(value: Option<&AMQPValue>) -> Option<i64> {
    match value? {
        AMQPValue::LongLongInt(number) => Some(*number),
        AMQPValue::LongInt(number) => Some((*number).into()),
        _ => None,
    }
}

/// The headers that a copy keeps: none of ours, none of the broker's (`x-…`), and none that would send it elsewhere.
fn kept(properties: &BasicProperties) -> FieldTable {
    let mut kept = FieldTable::default();
    for (key, value) in properties.headers().iter().flat_map(FieldTable::inner) {
        if ![ATTEMPTS, ERROR, AT, "CC", "BCC"].contains(&key.as_str()) && !key.as_str().starts_with("x-") {
            kept.insert(key.clone(), value.clone());
        }
    }
    kept
}

/// The properties that a copy keeps: none that would let it expire, or that the broker checks against the connection.
fn copied(properties: &BasicProperties) -> BasicProperties {
    let mut copy = BasicProperties::default().with_delivery_mode(PERSISTENT);
    if let Some(id) = properties.message_id() {
        copy = copy.with_message_id(id.clone());
    }
    if let Some(kind) = properties.kind() {
        copy = copy.with_type(kind.clone());
    }
    if let Some(source) = properties.app_id() {
        copy = copy.with_app_id(source.clone());
    }
    if let Some(content_type) = properties.content_type() {
        copy = copy.with_content_type(content_type.clone());
    }
    if let Some(encoding) = properties.content_encoding() {
        copy = copy.with_content_encoding(encoding.clone());
    }
    if let Some(time) = properties.timestamp() {
        copy = copy.with_timestamp(*time);
    }
    copy
}

#[cfg(test)]
mod tests;
