//! Views answer what prost does.

use prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::{Cardinality, DynamicMessage, MessageDescriptor, ReflectMessage as _, Value};
use rand::{Rng as _, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;

use super::{
    generated::ALL,
    wire::{self, Field, Index, Kind},
    *,
};
use crate::{crm::order::v1, method::descriptors};

/// A message as anybody may write it: fields in any order, any number of times, those of a oneof together, unknown ones.
fn message(fields: &[Field], depth: usize, chance: &mut ChaCha8Rng) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..chance.random_range(0..2 * fields.len() + 2) {
        let slot = chance.random_range(0..fields.len() + 2);
        let kind = fields.get(slot).map_or(Kind::Unread, |field| field.kind);
        let number = u32::try_from(slot + 1).unwrap();
        match kind {
            Kind::Message(fields) | Kind::Messages(fields) if depth > 0 => delimited(number, &message(fields, depth - 1, chance), &mut out),
            Kind::Message(_) | Kind::Messages(_) => delimited(number, &[], &mut out),
            Kind::Text | Kind::Texts => delimited(number, ["", "Anna", "Ķekava", "\u{1f9f9}"].choose(chance).unwrap().as_bytes(), &mut out),
            Kind::Bytes | Kind::Unread => delimited(number, &[], &mut out),
            Kind::Number => {
                encode_key(number, WireType::Varint, &mut out);
                encode_varint(*[0, 1, 3, 99, u64::MAX].choose(chance).unwrap(), &mut out);
            }
        }
    }
    out
}

fn delimited(number: u32, value: &[u8], out: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

/// The message with one thing wrong.
fn broken(mut bytes: Vec<u8>, chance: &mut ChaCha8Rng) -> Vec<u8> {
    let at = chance.random_range(0..=bytes.len());
    match chance.random_range(0..3) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, chance.random()),
        _ => bytes.get_mut(at).map_or((), |byte| *byte = chance.random()),
    }
    bytes
}

/// Whether a message that may occur once occurs several times, which prost merges.
fn merges(bytes: &[u8], fields: &[Field]) -> bool {
    // As elements of a repeated field they are all there.
    let elements = |field: &Field| match field.kind {
        Kind::Message(of) => Field { kind: Kind::Messages(of), ..*field },
        _ => *field,
    };
    let repeated: Vec<Field> = fields.iter().map(elements).collect();
    let index: Index<&[u8], 64> = Index::of(bytes, &repeated.iter().map(|field| Field { excludes: 0, ..*field }).collect::<Vec<_>>());
    fields.iter().enumerate().any(|(slot, field)| match field.kind {
        Kind::Message(of) => index.messages(slot).count() > 1 || index.messages(slot).any(|message| merges(message, of)),
        Kind::Messages(of) => index.messages(slot).any(|message| merges(message, of)),
        _ => false,
    })
}

/// What stands in the message, compared with what prost finds there.
fn assert_same(bytes: &[u8], fields: &[Field], whole: &DynamicMessage) {
    let index: Index<&[u8], 64> = Index::of(bytes, fields);
    for (slot, field) in fields.iter().enumerate() {
        let Some(descriptor) = whole.descriptor().get_field(u32::try_from(slot + 1).unwrap()) else { continue };
        let (value, there) = (whole.get_field(&descriptor), whole.has_field(&descriptor));
        let within = |bytes: &[u8], fields, value: &Value| assert_same(bytes, fields, value.as_message().unwrap());
        match field.kind {
            Kind::Unread | Kind::Bytes => {}
            Kind::Number => assert_eq!(read_as(index.number(slot), &value), *value, "{}", descriptor.full_name()),
            Kind::Text => {
                assert_eq!(Some(index.text(slot).as_str()), value.as_str());
                assert!(!descriptor.supports_presence() || index.optional_text(slot).is_some() == there, "{}", descriptor.full_name());
            }
            Kind::Message(fields) => match index.message(slot) {
                Some(message) => within(message, fields, &value),
                None => assert!(!there, "{}", descriptor.full_name()),
            },
            Kind::Texts => {
                let texts: Vec<Value> = index.texts(slot).map(|text| Value::String(text.to_string())).collect();
                assert_eq!(Some(texts.as_slice()), value.as_list());
            }
            Kind::Messages(fields) => {
                let messages: Vec<&[u8]> = index.messages(slot).collect();
                assert_eq!(messages.len(), value.as_list().unwrap().len(), "{}", descriptor.full_name());
                messages.iter().zip(value.as_list().unwrap()).for_each(|(message, value)| within(message, fields, value));
            }
        }
    }
}

#[expect(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "as prost does")]
fn read_as(number: u64, like: &Value) -> Value {
    match like {
        Value::Bool(_) => Value::Bool(number != 0),
        Value::I32(_) => Value::I32(number as i32),
        Value::I64(_) => Value::I64(number as i64),
        Value::U32(_) => Value::U32(number as u32),
        Value::EnumNumber(_) => Value::EnumNumber(number as i32),
        _ => Value::U64(number),
    }
}

fn descriptor(name: &str) -> MessageDescriptor {
    descriptors().get_message_by_name(name).unwrap()
}

#[test]
fn a_view_says_what_prost_says_however_a_message_is_written() {
    let mut chance = ChaCha8Rng::seed_from_u64(5);
    let (mut compared, mut merged) = (0, 0);
    for round in 0..40_000 {
        let (name, fields) = ALL[round % ALL.len()];
        let bytes = message(fields, 4, &mut chance);
        let whole = DynamicMessage::decode(descriptor(name), bytes.as_slice()).unwrap();
        if wire::check(&bytes, fields).is_ok() {
            compared += 1;
            assert_same(&bytes, fields, &whole);
        } else {
            merged += 1;
            assert!(merges(&bytes, fields), "{name}: {bytes:02x?}");
        }
    }
    assert!(compared > 10_000 && merged > 1_000, "{compared} were compared, {merged} refused");
}

#[test]
fn what_prost_refuses_is_refused_and_nothing_panics() {
    let mut chance = ChaCha8Rng::seed_from_u64(6);
    let (mut refused, mut accepted) = (0, 0);
    for round in 0..40_000 {
        let (name, fields) = ALL[round % ALL.len()];
        let bytes = broken(message(fields, 4, &mut chance), &mut chance);
        let whole = DynamicMessage::decode(descriptor(name), bytes.as_slice());
        match (wire::check(&bytes, fields), whole) {
            (Ok(()), Ok(whole)) => {
                accepted += 1;
                assert_same(&bytes, fields, &whole);
            }
            // What is not read is not looked into.
            (Ok(()), Err(_)) => assert!(looks_away(fields), "{name}: {bytes:02x?}"),
            (Err(Malformed), Ok(_)) => assert!(merges(&bytes, fields), "{name}: {bytes:02x?}"),
            (Err(Malformed), Err(_)) => refused += 1,
        }
        let _: Vec<&[u8]> = Index::<&[u8], 64>::of(&bytes, fields).messages(0).collect();
    }
    assert!(accepted > 1_000 && refused > 1_000, "{accepted} were accepted, {refused} refused");
}

fn looks_away(fields: &[Field]) -> bool {
    fields.iter().any(|field| match field.kind {
        Kind::Unread | Kind::Bytes => true,
        Kind::Message(fields) | Kind::Messages(fields) => looks_away(fields),
        _ => false,
    })
}

#[test]
fn a_text_that_is_none_is_refused_wherever_it_breaks() {
    for length in 1..40 {
        let whole = "a".repeat(length);
        let check = |text: &[u8]| {
            let mut bytes = Vec::new();
            delimited(1, text, &mut bytes);
            wire::check(&bytes, <super::crm::order::v1::Order<&[u8]> as View<&[u8]>>::FIELDS)
        };
        assert_eq!(check(whole.as_bytes()), Ok(()));
        for place in 0..length {
            let mut broken = whole.clone().into_bytes();
            broken[place] = 0xff;
            assert_eq!(check(&broken), Err(Malformed), "{length} {place}");
        }
    }
}

#[test]
fn every_field_of_a_type_that_views_read_is_read() {
    for (name, fields) in ALL {
        for field in descriptor(name).fields() {
            let kind = fields[field.number() as usize - 1].kind;
            let unread = matches!(field.kind(), prost_reflect::Kind::Bytes)
                || field.cardinality() == Cardinality::Repeated && matches!(field.kind(), prost_reflect::Kind::Enum(_))
                || matches!(field.kind(), prost_reflect::Kind::Message(of) if of.package_name() == "google.protobuf" && of.name() != "Timestamp");
            assert_eq!(matches!(kind, Kind::Unread), unread, "{}", field.full_name());
        }
    }
}

#[test]
fn a_view_has_the_fields_of_its_message_under_their_names() {
    let assignment = |name: &str| v1::Assignment { employee_name: name.into(), ..Default::default() };
    let order = v1::Order {
        id: "a".into(),
        version: u64::MAX,
        status: v1::OrderStatus::Scheduled.into(),
        crew_size: -1,
        needs_crew: true,
        starts_at: Some(prost_types::Timestamp { seconds: -5, nanos: 7 }),
        assignments: vec![assignment("b"), assignment("c")],
        price_terms: Some(v1::PriceTerms {
            base: Some(v1::price_terms::Base::PerHour(v1::PerHour { hours: "2.5".into(), rate: None })),
            ..Default::default()
        }),
        ..Default::default()
    };
    let view: super::crm::order::v1::Order<Bytes> = of_message(&order);
    assert_eq!((view.id().as_str(), view.version(), view.crew_size(), view.needs_crew()), ("a", u64::MAX, -1, true));
    assert_eq!((view.status(), view.service_type()), (v1::OrderStatus::Scheduled, v1::ServiceType::Unspecified));
    assert_eq!((view.starts_at(), view.ends_at()), (order.starts_at, None));
    let names: Vec<String> = view.assignments().map(|assignment| assignment.employee_name().to_string()).collect();
    assert_eq!(names, ["b", "c"]);
    let terms = view.price_terms().unwrap();
    assert_eq!(terms.per_hour().unwrap().hours(), "2.5");
    assert!(terms.fixed().is_none() && terms.per_area().is_none() && terms.discount_percent().is_none());
}
