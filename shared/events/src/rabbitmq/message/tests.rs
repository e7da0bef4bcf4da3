use kernel::{Actor, CompanyId, Env, Envelope, EventId, Timestamp};
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldArray, FieldTable},
};
use uuid::Uuid;

use super::{again, attempts, dead, given_up_at, id, pack, reason, unpack};

fn event() -> Envelope {
    let env = Env::system();
    Envelope {
        id: env.new_id(),
        kind: "crm.test.v1.Happened".to_owned(),
        source: "test".to_owned(),
        subject: env.random_uuid(),
        version: u64::MAX,
        company: CompanyId::from_uuid(env.random_uuid()),
        time: env.now(),
        actor: Actor::Account { account: env.new_id(), employee: Some(env.new_id()) },
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        data: vec![0, 1, 127, 128, 255],
    }
}

fn with_header(properties: BasicProperties, key: &str, value: AMQPValue) -> BasicProperties {
    let mut headers = properties.headers().clone().unwrap_or_default();
    headers.insert(key.into(), value);
    properties.with_headers(headers)
}

#[test]
fn an_event_comes_out_as_it_went_in() {
    for event in [event(), Envelope { traceparent: None, actor: Actor::Service { name: "order".to_owned() }, data: Vec::new(), ..event() }]
    {
        let (properties, body) = pack(&event);
        assert_eq!(unpack(&properties, &body), Some(event));
    }
}

#[test]
fn a_message_tells_the_brokers_tools_what_it_is() {
    let event = event();
    let (properties, _) = pack(&event);
    assert_eq!(properties.message_id().as_ref().map(ToString::to_string), Some(event.id.to_string()));
    assert_eq!(properties.kind().as_ref().map(ToString::to_string), Some(event.kind));
    assert_eq!(*properties.delivery_mode(), Some(2));
}

#[test]
fn what_is_no_envelope_of_this_version_is_not_read() {
    let (properties, body) = pack(&event());
    assert_eq!(unpack(&BasicProperties::default(), &body), None);
    let text = |text: &str| AMQPValue::LongString(text.into());
    for (key, wrong) in
        [("specversion", text("2.0")), ("id", text("1")), ("time", text("now")), ("actor", text("{}")), ("type", AMQPValue::Void)]
    {
        let wrong = with_header(properties.clone(), &format!("cloudEvents:{key}"), wrong);
        assert_eq!(unpack(&wrong, &body), None, "{key}");
    }
}

#[test]
fn a_copy_keeps_the_event_and_counts_the_failures() {
    let event = event();
    let (properties, body) = pack(&event);
    assert_eq!(attempts(&properties), 0);
    let third = again(&again(&properties, 2), 3);
    assert_eq!((attempts(&third), unpack(&third, &body)), (3, Some(event.clone())));
    let replayed = again(&third, 0);
    assert_eq!((attempts(&replayed), unpack(&replayed, &body)), (0, Some(event)));
}

#[test]
fn a_dead_letter_tells_why_and_when() {
    let event = event();
    let (properties, body) = pack(&event);
    let at = Timestamp::parse("at", "2026-03-01T09:30:00.123456Z").unwrap();
    let letter = dead(&properties, 6, &"é".repeat(100_000), at);
    let (error, told) = reason(&letter).unwrap();
    assert_eq!((told, attempts(&letter), unpack(&letter, &body)), (at, 6, Some(event)));
    assert_eq!(error, "é".repeat(2_000), "it has to fit into a frame");
    assert_eq!(reason(&again(&letter, 0)), None, "a replay begins anew");
}

#[test]
fn a_copy_goes_where_it_is_sent_and_stays_there() {
    let (properties, _) = pack(&event());
    let text = |text: &str| AMQPValue::LongString(text.into());
    let array = |value| AMQPValue::FieldArray(FieldArray::from(vec![value]));
    let mut foreign = properties.with_expiration("1".into()).with_user_id("somebody".into());
    for (key, value) in [("CC", array(text("elsewhere"))), ("x-death", array(AMQPValue::Void)), ("x-delivery-count", AMQPValue::LongInt(7))]
    {
        foreign = with_header(foreign, key, value);
    }
    for copy in [again(&foreign, 1), dead(&foreign, 1, "", Timestamp::EPOCH)] {
        assert_eq!((copy.expiration(), copy.user_id(), copy.delivery_mode()), (&None, &None, &Some(2)));
        let headers = copy.headers().clone().unwrap_or_default();
        assert!(!headers.contains_key("CC") && !headers.contains_key("x-death") && !headers.contains_key("x-delivery-count"));
    }
}

#[test]
fn what_the_broker_gave_up_on_tells_when() {
    let mut death = FieldTable::default();
    death.insert("time".into(), AMQPValue::Timestamp(1_772_357_400));
    let deaths = AMQPValue::FieldArray(FieldArray::from(vec![AMQPValue::FieldTable(death)]));
    let properties = with_header(BasicProperties::default(), "x-death", deaths);
    assert_eq!(given_up_at(&properties), Some(Timestamp::parse("at", "2026-03-01T09:30:00Z").unwrap()));
    assert_eq!(given_up_at(&BasicProperties::default()), None);
}

#[test]
fn every_message_has_a_name_that_stays() {
    let event = event();
    let (properties, body) = pack(&event);
    assert_eq!(id(&properties, &body), event.id);
    let unnamed = |body: &[u8]| id(&BasicProperties::default(), body);
    assert_eq!(unnamed(b"garbage"), unnamed(b"garbage"));
    assert_ne!(unnamed(b"garbage"), unnamed(b"rubbish"));
    assert_ne!(unnamed(b""), EventId::from_uuid(Uuid::nil()));
}
