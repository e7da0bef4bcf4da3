//! What can go wrong on the broker, as far as it can be brought about over AMQP without harm to other tests. A broker
//! that is stopped, killed or blocked is the matter of the crate `faults`.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use events::{Bus, DeadLetter, PREFETCH, PublishError, RabbitMqBus, Subscription};
use kernel::{Env, Envelope};
use lapin::{
    BasicProperties,
    options::{BasicGetOptions, ExchangeDeleteOptions},
    types::{AMQPValue, FieldTable},
};

use super::broker::{Broker, Namespace};
use crate::parts::{DEADLINE, HAPPENED, Recorder, Running, Watching, eventually, failure, happened, publish, subscription};

fn open(namespace: &Namespace, topology: &[Subscription]) -> Arc<dyn Bus> {
    Arc::new(RabbitMqBus::new(&namespace.settings(), topology, Env::system()).expect("good settings"))
}

/// A bus that is connected, and knows the consumer `a`.
async fn connected(namespace: &Namespace) -> Arc<dyn Bus> {
    let bus = open(namespace, &[subscription("a")]);
    eventually(|| bus.ping(), Result::is_ok).await.expect("connected");
    bus
}

/// Asks until there are so many; there may be no queue of dead letters at first.
async fn letters(bus: &dyn Bus, wanted: usize) -> Vec<DeadLetter> {
    let found = eventually(|| bus.dead_letters(100), |letters| letters.as_ref().is_ok_and(|letters| letters.len() == wanted)).await;
    found.expect("it was asked for that")
}

/// Publishes as a relay does: until it is taken.
async fn insist(bus: &dyn Bus, event: &Envelope) {
    eventually(|| bus.publish(event), Result::is_ok).await.expect("taken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_whose_binding_is_missing_is_not_taken_and_the_binding_comes_back() {
    let namespace = Namespace::random();
    let bus = connected(&namespace).await;
    let broker = Broker::connect().await;
    broker.0.queue_unbind(namespace.queue("a"), namespace.exchange(), HAPPENED.into(), FieldTable::default()).await.unwrap();
    let events = [happened(), Envelope { kind: "crm.test.v1.ForNobody".to_owned(), ..happened() }, happened()];
    let answers = bus.publish_all(&events).await;
    assert!(matches!(&answers[0], Err(PublishError::Unroutable(kind)) if kind == HAPPENED), "{answers:?}");
    assert!(answers[1].is_ok(), "a kind that nobody consumes is taken and dropped");
    assert!(matches!(&answers[2], Err(PublishError::Unroutable(_))), "{answers:?}");
    publish(&*bus, &events).await;
    let recorder = Recorder::new();
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let given: HashSet<_> = recorder.until_given(2).await.iter().map(|event| event.id).collect();
    assert_eq!(given, HashSet::from([events[0].id, events[2].id]));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_that_is_deleted_comes_back() {
    let namespace = Namespace::random();
    let bus = connected(&namespace).await;
    let recorder = Recorder::new();
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let broker = Broker::connect().await;
    broker.0.exchange_delete(namespace.exchange(), ExchangeDeleteOptions::default()).await.unwrap();
    // The broker closes the channel on which it is published.
    assert!(matches!(bus.publish(&happened()).await, Err(PublishError::Unavailable(_))));
    let event = happened();
    bus.publish(&event).await.expect("it was declared anew at once");
    recorder.until(|given| given.iter().any(|given| given.id == event.id)).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_whose_binding_is_gone_is_told_so_and_sees_again() {
    let namespace = Namespace::random();
    let bus = connected(&namespace).await;
    let watching = Watching::start(&*bus);
    watching.watcher.until_it_sees().await;
    let broker = Broker::connect().await;
    // With it go the bindings to it.
    broker.0.exchange_delete(namespace.exchange(), ExchangeDeleteOptions::default()).await.unwrap();
    watching.watcher.until(false).await;
    watching.watcher.until_it_sees().await;
    let event = happened();
    insist(&*bus, &event).await;
    assert!(watching.watcher.until_shown(1).await.contains(&event));
    watching.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_deleted_while_it_is_consumed_comes_back() {
    let namespace = Namespace::random();
    let bus = connected(&namespace).await;
    let recorder = Recorder::new();
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    insist(&*bus, &happened()).await;
    recorder.until_given(1).await;
    let broker = Broker::connect().await;
    let began = Instant::now();
    for round in 2..4 {
        broker.delete(namespace.queue("a")).await;
        let event = happened();
        insist(&*bus, &event).await;
        recorder.until(|given| given.iter().any(|given| given.id == event.id) && given.len() >= round).await;
    }
    assert!(began.elapsed() < Duration::from_secs(10), "it took {:?}", began.elapsed());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_event_is_kept_while_it_can_not_be_put_aside() {
    let namespace = Namespace::random();
    let bus = connected(&namespace).await;
    let recorder = Recorder::scripted(|_, _| Err(failure()));
    let broker = Broker::connect().await;
    for queue in ["a.retry.10", "a.retry.20", "a.dead"] {
        broker.delete(namespace.queue(queue)).await;
    }
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let event = happened();
    bus.publish(&event).await.unwrap();
    let letters = letters(&*bus, 1).await;
    assert_eq!((letters[0].id.event, letters[0].attempts), (event.id, 3));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_event_becomes_a_dead_letter_with_all_its_bytes() {
    let namespace = Namespace::random();
    let bus = connected(&namespace).await;
    let recorder = Recorder::new();
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let broker = Broker::connect().await;
    let garbage = [0xff, 0x00, 0xfe, b'!'];
    let foreign = BasicProperties::default().with_content_type("text/plain".into()).with_expiration("60000".into());
    broker.put(namespace.queue("a"), foreign, &garbage).await;
    let neighbour = happened();
    bus.publish(&neighbour).await.unwrap();
    recorder.until_given(1).await;
    let found = letters(&*bus, 1).await;
    assert_eq!(found[0].envelope, None);
    assert!(found[0].error.contains("no envelope"), "{}", found[0].error);

    bus.replay(&found[0].id).await.unwrap();
    let again = eventually(
        || async { bus.dead_letters(10).await.unwrap() },
        |letters| letters.first().is_some_and(|letter| letter.at > found[0].at),
    )
    .await;
    assert_eq!(again[0].id, found[0].id, "the same bytes have the same name");
    let kept = broker.0.basic_get(namespace.queue("a.dead"), BasicGetOptions { no_ack: true }).await.unwrap().expect("it is there");
    assert_eq!(
        (kept.delivery.data.as_slice(), kept.delivery.properties.content_type().as_ref().map(ToString::to_string)),
        (&garbage[..], Some("text/plain".to_owned()))
    );
    assert_eq!(recorder.given(), [neighbour]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_envelope_of_a_future_version_is_kept_for_the_version_that_reads_it() {
    let namespace = Namespace::random();
    let bus = connected(&namespace).await;
    let recorder = Recorder::new();
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let event = happened();
    let mut headers = FieldTable::default();
    for (key, value) in [("specversion", "2.0"), ("id", &event.id.to_string()), ("novelty", "beyond us")] {
        headers.insert(format!("cloudEvents:{key}").into(), AMQPValue::LongString(value.into()));
    }
    Broker::connect().await.put(namespace.queue("a"), BasicProperties::default().with_headers(headers.clone()), b"{}").await;
    let letters = letters(&*bus, 1).await;
    assert_eq!((letters[0].id.event, &letters[0].envelope), (event.id, &None));
    bus.discard(&letters[0].id).await.unwrap();
    assert_eq!(bus.dead_letters(10).await.unwrap(), []);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_on_dead_letters_do_not_hide_them_from_each_other() {
    let namespace = Namespace::random();
    let (bus, other) = (connected(&namespace).await, connected(&namespace).await);
    let recorder = Recorder::scripted(|_, _| Err(events::HandleError::Poison("unreadable".to_owned())));
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let events: Vec<Envelope> = (0..6).map(|_| happened()).collect();
    publish(&*bus, &events).await;
    let found = letters(&*bus, events.len()).await;
    assert!(found.is_sorted_by_key(|letter| letter.at), "the oldest first: {found:#?}");
    let (first, second, third) = (&found[0].id, &found[1].id, &found[2].id);
    let (shown, discarded, also, listed) =
        tokio::join!(bus.dead_letter(first), other.discard(second), bus.discard(third), other.dead_letters(2));
    assert_eq!(shown.unwrap(), found[0]);
    discarded.unwrap();
    also.unwrap();
    assert_eq!(listed.unwrap().len(), 2);
    assert_eq!(bus.dead_letters(100).await.unwrap().len(), events.len() - 2);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_backlog_stays_on_the_broker_until_it_is_handled() {
    let namespace = Namespace::random();
    let bus = connected(&namespace).await;
    let events: Vec<Envelope> = (0..10_000).map(|_| happened()).collect();
    for events in events.chunks(256) {
        publish(&*bus, events).await;
    }
    let (recorder, gate) = Recorder::gated();
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    recorder.until_given(PREFETCH).await;
    let waiting = Broker::connect().await.waiting(namespace.queue("a")).await.expect("the queue is there");
    assert!(waiting as usize >= events.len() - 2 * PREFETCH, "{waiting} wait, all others were handed out");
    gate.add_permits(events.len());
    let began = Instant::now();
    let ids = || recorder.given().iter().map(|event| event.id).collect::<HashSet<_>>();
    recorder.until(|given| given.len() >= events.len()).await;
    assert_eq!(ids().len(), events.len());
    assert!(began.elapsed() < DEADLINE);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_is_well_once_it_is_connected() {
    let namespace = Namespace::random();
    let bus = open(&namespace, &[subscription("a")]);
    eventually(|| bus.ping(), Result::is_ok).await.expect("connected");
    let waiting = Broker::connect().await.waiting(namespace.queue("a")).await;
    assert_eq!(waiting, Some(0), "all is declared by then");
}
