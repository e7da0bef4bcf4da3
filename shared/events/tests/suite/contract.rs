//! What every bus must hold. An adapter is put to it with one line:
//!
//! ```ignore
//! contract!(RabbitMq); // where RabbitMq: Home
//! ```

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use events::{Bus, HandleError, Subscription};
use kernel::{Env, Envelope, Error};

use crate::parts::{
    DEADLINE, HAPPENED, RETRY, Recorder, Running, Watching, eventually, failure, happened, happened_to, publish, subscription,
};

/// A place where a bus lives, shared with no other test. A bus that is opened again finds what was there.
#[async_trait]
pub(crate) trait Home: Send + Sync + Sized {
    async fn new() -> Self;
    async fn open(&self) -> Arc<dyn Bus>;
}

/// Makes a test of every clause of the contract, for the buses of one [`Home`].
macro_rules! contract {
    ($home:ty) => {
        $crate::contract::contract!($home:
            an_event_is_delivered_as_it_was_published
            an_event_is_delivered_once_when_it_was_handled
            every_bound_consumer_gets_its_own_delivery
            a_kind_that_is_not_bound_is_not_delivered
            a_kind_that_is_bound_no_longer_is_not_delivered
            a_failed_event_is_delivered_again
            an_event_that_fails_too_often_becomes_a_dead_letter
            poison_becomes_a_dead_letter_at_once
            a_handler_that_panics_stops_nobody
            an_outage_makes_no_dead_letter
            neighbours_of_poison_are_not_delayed
            a_dead_letter_is_delivered_after_a_replay
            a_dead_letter_is_gone_after_it_was_discarded
            an_unknown_dead_letter_is_not_found
            an_event_waits_for_a_consumer_that_does_not_run
            failures_are_counted_across_a_restart
            a_wait_goes_on_across_a_restart
            consumers_of_one_name_share_the_events
            events_are_handled_side_by_side_but_one_subject_in_order
            a_stop_returns_what_was_not_handled
            a_loop_that_is_dropped_returns_what_was_not_handled
            a_delivery_does_not_wait_for_a_sweep
            a_watcher_sees_every_event_whoever_is_bound_to_it
            a_watcher_that_stops_is_told_that_it_sees_no_more
        );
    };
    ($home:ty: $($clause:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $clause() {
            $crate::contract::$clause::<$home>().await;
        }
    )*};
}
pub(crate) use contract;

pub(crate) async fn an_event_is_delivered_as_it_was_published<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let recorder = Recorder::new();
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let event = happened();
    bus.publish(&event).await.unwrap();
    assert_eq!(recorder.until_given(1).await, [event]);
    running.stop().await;
}

pub(crate) async fn an_event_is_delivered_once_when_it_was_handled<H: Home>() {
    let home = H::new().await;
    let events: Vec<Envelope> = (0..50).map(|_| happened()).collect();
    let recorder = Recorder::new();
    {
        let bus = home.open().await;
        let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
        publish(&*bus, &events).await;
        recorder.until_given(events.len()).await;
        running.stop().await;
    }
    // Whatever had not been acknowledged would come before the event that is published now.
    let bus = home.open().await;
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let last = happened();
    bus.publish(&last).await.unwrap();
    let given = recorder.until(|given| given.iter().any(|event| event.id == last.id)).await;
    assert_eq!(given.len(), events.len() + 1);
    running.stop().await;
}

pub(crate) async fn every_bound_consumer_gets_its_own_delivery<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let (one, other) = (Recorder::new(), Recorder::scripted(|_, times| if times == 1 { Err(failure()) } else { Ok(()) }));
    let running =
        [Running::start(&*bus, subscription("one"), one.clone()).await, Running::start(&*bus, subscription("other"), other.clone()).await];
    let event = happened();
    bus.publish(&event).await.unwrap();
    other.until_given(2).await;
    one.until_given(1).await;
    assert_eq!(one.times(&event), 1, "the other's failure is no matter of this one");
    for running in running {
        running.stop().await;
    }
}

pub(crate) async fn a_kind_that_is_not_bound_is_not_delivered<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let recorder = Recorder::new();
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let unbound = Envelope { kind: "crm.test.v1.HappenedNot".to_owned(), ..happened() };
    bus.publish(&unbound).await.expect("taken, and dropped");
    let last = happened();
    bus.publish(&last).await.unwrap();
    assert_eq!(recorder.until_given(1).await, [last]);
    running.stop().await;
}

pub(crate) async fn a_kind_that_is_bound_no_longer_is_not_delivered<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let before = Subscription { kinds: &[HAPPENED, "crm.test.v1.Obsolete"], ..subscription("a") };
    bus.bind(&before).await.unwrap();
    bus.bind(&subscription("a")).await.unwrap();
    let recorder = Recorder::new();
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let last = happened();
    publish(&*bus, &[Envelope { kind: "crm.test.v1.Obsolete".to_owned(), ..happened() }, last.clone()]).await;
    assert_eq!(recorder.until_given(1).await, [last]);
    running.stop().await;
}

pub(crate) async fn a_failed_event_is_delivered_again<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let recorder = Recorder::scripted(|_, times| if times < 3 { Err(failure()) } else { Ok(()) });
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let event = happened();
    bus.publish(&event).await.unwrap();
    assert_eq!(recorder.until_given(3).await, vec![event; 3]);
    running.stop().await;
    assert_eq!(bus.dead_letters(10).await.unwrap(), []);
}

pub(crate) async fn an_event_that_fails_too_often_becomes_a_dead_letter<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let recorder = Recorder::scripted(|_, _| Err(failure()));
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let (event, began) = (happened(), Env::system().now());
    bus.publish(&event).await.unwrap();
    let letters = eventually(|| async { bus.dead_letters(10).await.unwrap() }, |letters| !letters.is_empty()).await;
    let [letter] = &letters[..] else { panic!("one dead letter, not {letters:#?}") };
    assert_eq!(recorder.times(&event), RETRY.max_attempts as usize);
    assert_eq!((letter.id.consumer.as_str(), letter.id.event, letter.attempts), ("a", event.id, RETRY.max_attempts));
    assert_eq!(letter.envelope.as_ref(), Some(&event));
    assert!(letter.error.contains("it failed"), "{}", letter.error);
    assert!(letter.at >= began && letter.at <= Env::system().now());
    assert_eq!(bus.dead_letter(&letter.id).await.unwrap(), *letter);
    assert_eq!(bus.dead_letters(0).await.unwrap(), []);
    running.stop().await;
}

pub(crate) async fn poison_becomes_a_dead_letter_at_once<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let recorder = Recorder::scripted(|_, _| Err(HandleError::Poison("unreadable".to_owned())));
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let event = happened();
    bus.publish(&event).await.unwrap();
    let letters = eventually(|| async { bus.dead_letters(10).await.unwrap() }, |letters| !letters.is_empty()).await;
    assert_eq!((letters[0].attempts, letters[0].error.as_str(), recorder.times(&event)), (1, "unreadable", 1));
    running.stop().await;
}

pub(crate) async fn a_handler_that_panics_stops_nobody<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let bad = happened();
    let id = bad.id;
    let recorder = Recorder::scripted(move |event, _| if event.id == id { panic!("a bug") } else { Ok(()) });
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let good = happened();
    publish(&*bus, &[bad.clone(), good.clone()]).await;
    let letters = eventually(|| async { bus.dead_letters(10).await.unwrap() }, |letters| !letters.is_empty()).await;
    assert!(letters[0].id.event == bad.id && letters[0].error.contains("a bug"), "{letters:#?}");
    let after = happened();
    bus.publish(&after).await.unwrap();
    recorder.until(|given| [&good, &after].iter().all(|wanted| given.iter().any(|event| event.id == wanted.id))).await;
    running.stop().await;
}

pub(crate) async fn an_outage_makes_no_dead_letter<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let outages = 3 * RETRY.max_attempts as usize;
    let down = move |_: &Envelope, times: usize| {
        if times <= outages { Err(HandleError::Retry(Error::Unavailable("the store".into()))) } else { Ok(()) }
    };
    let recorder = Recorder::scripted(down);
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    bus.publish(&happened()).await.unwrap();
    recorder.until_given(outages + 1).await;
    running.stop().await;
    assert_eq!(bus.dead_letters(10).await.unwrap(), []);
}

pub(crate) async fn neighbours_of_poison_are_not_delayed<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    // More bad events than are handled at once, each of which would be tried for minutes.
    let bad: Vec<Envelope> = (0..40).map(|_| happened()).collect();
    let ids: HashSet<_> = bad.iter().map(|event| event.id).collect();
    let recorder = Recorder::scripted(move |event, _| if ids.contains(&event.id) { Err(failure()) } else { Ok(()) });
    let patient = events::RetryPolicy { first_delay: Duration::from_secs(60), max_delay: Duration::from_secs(60), ..RETRY };
    let running = Running::start(&*bus, Subscription { retry: patient, ..subscription("a") }, recorder.clone()).await;
    let good: Vec<Envelope> = (0..40).map(|_| happened()).collect();
    publish(&*bus, &bad).await;
    publish(&*bus, &good).await;
    recorder.until(|given| good.iter().all(|wanted| given.iter().any(|event| event.id == wanted.id))).await;
    running.stop().await;
}

pub(crate) async fn a_dead_letter_is_delivered_after_a_replay<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let attempts = RETRY.max_attempts as usize;
    // After the replay it has all its attempts again.
    let recorder = Recorder::scripted(move |_, times| if times < 2 * attempts { Err(failure()) } else { Ok(()) });
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let event = happened();
    bus.publish(&event).await.unwrap();
    let letters = eventually(|| async { bus.dead_letters(10).await.unwrap() }, |letters| !letters.is_empty()).await;
    bus.replay(&letters[0].id).await.unwrap();
    let given = recorder.until_given(2 * attempts).await;
    assert_eq!(given.last(), Some(&event));
    running.stop().await;
    assert_eq!(bus.dead_letters(10).await.unwrap(), []);
}

pub(crate) async fn a_dead_letter_is_gone_after_it_was_discarded<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let recorder = Recorder::scripted(|_, _| Err(HandleError::Poison("unreadable".to_owned())));
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    publish(&*bus, &[happened(), happened()]).await;
    let letters = eventually(|| async { bus.dead_letters(10).await.unwrap() }, |letters| letters.len() == 2).await;
    bus.discard(&letters[0].id).await.unwrap();
    assert_eq!(bus.dead_letters(10).await.unwrap(), letters[1..]);
    running.stop().await;
}

pub(crate) async fn an_unknown_dead_letter_is_not_found<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    bus.bind(&subscription("a")).await.unwrap();
    let id = events::DeadLetterId { consumer: "a".to_owned(), event: happened().id };
    let not_found = |error: &Error| matches!(error, Error::NotFound { id: named, .. } if *named == id.to_string());
    assert!(not_found(&bus.dead_letter(&id).await.unwrap_err()));
    assert!(not_found(&bus.replay(&id).await.unwrap_err()));
    assert!(not_found(&bus.discard(&id).await.unwrap_err()));
}

pub(crate) async fn an_event_waits_for_a_consumer_that_does_not_run<H: Home>() {
    let home = H::new().await;
    let events: Vec<Envelope> = (0..30).map(|_| happened()).collect();
    home.open().await.bind(&subscription("a")).await.unwrap();
    publish(&*home.open().await, &events).await;
    let bus = home.open().await;
    let recorder = Recorder::new();
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let given: HashSet<_> = recorder.until_given(events.len()).await.iter().map(|event| event.id).collect();
    assert_eq!(given, events.iter().map(|event| event.id).collect());
    running.stop().await;
}

pub(crate) async fn failures_are_counted_across_a_restart<H: Home>() {
    let home = H::new().await;
    let event = happened();
    let recorder = Recorder::scripted(|_, _| Err(failure()));
    // Each of the first attempts is in a run of its own: the wait after it is longer than the run.
    let patient = events::RetryPolicy { first_delay: Duration::from_millis(300), max_delay: Duration::from_millis(300), ..RETRY };
    let patient = Subscription { retry: patient, ..subscription("a") };
    for attempt in 1..=RETRY.max_attempts as usize {
        let bus = home.open().await;
        let running = Running::start(&*bus, patient, recorder.clone()).await;
        if attempt == 1 {
            bus.publish(&event).await.unwrap();
        }
        recorder.until_given(attempt).await;
        running.stop().await;
    }
    let letters = home.open().await.dead_letters(10).await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.attempts).collect::<Vec<_>>(), [RETRY.max_attempts]);
    assert_eq!(recorder.times(&event), RETRY.max_attempts as usize);
}

pub(crate) async fn a_wait_goes_on_across_a_restart<H: Home>() {
    let home = H::new().await;
    let bad = happened();
    let id = bad.id;
    let recorder = Recorder::scripted(move |event, _| if event.id == id { Err(failure()) } else { Ok(()) });
    let patient = events::RetryPolicy { first_delay: Duration::from_secs(60), max_delay: Duration::from_secs(60), ..RETRY };
    let patient = Subscription { retry: patient, ..subscription("a") };
    for run in 1..=3 {
        let bus = home.open().await;
        let running = Running::start(&*bus, patient, recorder.clone()).await;
        if run == 1 {
            bus.publish(&bad).await.unwrap();
        }
        bus.publish(&happened()).await.unwrap();
        recorder.until_given(1 + run).await;
        running.stop().await;
    }
    assert_eq!(recorder.times(&bad), 1);
}

pub(crate) async fn consumers_of_one_name_share_the_events<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let (one, other) = (Recorder::new(), Recorder::new());
    let running =
        [Running::start(&*bus, subscription("a"), one.clone()).await, Running::start(&*bus, subscription("a"), other.clone()).await];
    let events: Vec<Envelope> = (0..400).map(|_| happened()).collect();
    for events in events.chunks(10) {
        publish(&*bus, events).await;
    }
    let both = || async { [one.given(), other.given()].concat() };
    let given = eventually(both, |given| given.len() >= events.len()).await;
    assert_eq!(given.len(), events.len());
    assert_eq!(given.iter().map(|event| event.id).collect::<HashSet<_>>().len(), events.len());
    for running in running {
        running.stop().await;
    }
}

pub(crate) async fn events_are_handled_side_by_side_but_one_subject_in_order<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let (recorder, gate) = Recorder::gated();
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let env = Env::system();
    let subjects: Vec<_> = (0..8).map(|_| env.random_uuid()).collect();
    let events: Vec<Envelope> = (1..=5).flat_map(|version| subjects.iter().map(move |subject| happened_to(*subject, version))).collect();
    publish(&*bus, &events).await;
    // While the gate is shut, exactly the first event of every subject is being handled.
    let first = recorder.until_given(subjects.len()).await;
    assert!(first.iter().all(|event| event.version == 1), "{first:#?}");
    gate.add_permits(events.len());
    let given = recorder.until_given(events.len()).await;
    for subject in subjects {
        let versions: Vec<u64> = given.iter().filter(|event| event.subject == subject).map(|event| event.version).collect();
        assert_eq!(versions, [1, 2, 3, 4, 5]);
    }
    running.stop().await;
}

pub(crate) async fn a_stop_returns_what_was_not_handled<H: Home>() {
    let home = H::new().await;
    let events: Vec<Envelope> = (0..40).map(|_| happened()).collect();
    let (recorder, gate) = Recorder::gated();
    {
        let bus = home.open().await;
        let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
        publish(&*bus, &events).await;
        recorder.until_given(events::PREFETCH).await;
        gate.add_permits(1);
        recorder.until_given(events::PREFETCH + 1).await;
        running.stop().await;
    }
    let bus = home.open().await;
    let after = Recorder::new();
    let running = Running::start(&*bus, subscription("a"), after.clone()).await;
    let given = after.until_given(events.len() - 1).await;
    assert_eq!(given.len(), events.len() - 1, "one was handled before the stop");
    assert_eq!(given.iter().map(|event| event.id).collect::<HashSet<_>>().len(), events.len() - 1);
    running.stop().await;
}

pub(crate) async fn a_loop_that_is_dropped_returns_what_was_not_handled<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let (stuck, _gate) = Recorder::gated();
    let dropped = Running::start(&*bus, subscription("a"), stuck.clone()).await;
    let events: Vec<Envelope> = (0..40).map(|_| happened()).collect();
    publish(&*bus, &events).await;
    stuck.until_given(events::PREFETCH).await;
    drop(dropped);
    let recorder = Recorder::new();
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let given: HashSet<_> = recorder.until_given(events.len()).await.iter().map(|event| event.id).collect();
    assert_eq!(given.len(), events.len());
    running.stop().await;
}

pub(crate) async fn a_delivery_does_not_wait_for_a_sweep<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let recorder = Recorder::new();
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let began = Instant::now();
    for event in 1..=40 {
        bus.publish(&happened()).await.unwrap();
        recorder.until_given(event).await;
    }
    assert!(began.elapsed() < DEADLINE / 2, "one after the other they took {:?}", began.elapsed());
    running.stop().await;
}

pub(crate) async fn a_watcher_sees_every_event_whoever_is_bound_to_it<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let recorder = Recorder::new();
    let running = Running::start(&*bus, subscription("a"), recorder.clone()).await;
    let (one, other) = (Watching::start(&*bus), Watching::start(&*bus));
    one.watcher.until_it_sees().await;
    other.watcher.until_it_sees().await;
    let unbound = Envelope { kind: "crm.test.v1.NobodyCares".to_owned(), ..happened() };
    let events = [happened(), unbound, happened()];
    publish(&*bus, &events).await;
    for watching in [one, other] {
        assert_eq!(watching.watcher.until_shown(events.len()).await, events);
        watching.stop().await;
    }
    assert_eq!(recorder.until_given(2).await.len(), 2);
    running.stop().await;
}

pub(crate) async fn a_watcher_that_stops_is_told_that_it_sees_no_more<H: Home>() {
    let home = H::new().await;
    let bus = home.open().await;
    let watching = Watching::start(&*bus);
    let watcher = watching.watcher.clone();
    watcher.until_it_sees().await;
    watching.stop().await;
    assert!(!watcher.sees_now());
    publish(&*bus, &[happened()]).await;
    let later = Watching::start(&*bus);
    later.watcher.until_it_sees().await;
    assert!(later.watcher.until_shown(0).await.is_empty(), "nothing is kept for a watcher");
    assert!(watcher.until_shown(0).await.is_empty());
    later.stop().await;
}
