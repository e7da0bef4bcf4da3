//! What is measured. Instruments are made when a consumer or a relay starts, not before, so that they
//! belong to the meter provider which the program has set up by then.

use std::time::Duration;

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Gauge, Histogram, Meter},
};

fn meter() -> Meter {
    global::meter("events")
}

/// What is measured of a consumer.
pub(crate) struct Handling {
    consumer: &'static str,
    handled: Counter<u64>,
    redelivered: Counter<u64>,
    lag: Histogram<f64>,
}

impl Handling {
    pub(crate) fn new(consumer: &'static str) -> Self {
        let handled = meter().u64_counter("events.handled").with_description("Attempts to handle an event, by outcome").build();
        let redelivered = meter()
            .u64_counter("events.redelivered")
            .with_description("Deliveries of an event that was delivered before and not acknowledged")
            .build();
        let lag = meter()
            .f64_histogram("events.lag")
            .with_unit("s")
            .with_description("From what happened to its effect at the consumer")
            .with_boundaries(vec![0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0])
            .build();
        Self { consumer, handled, redelivered, lag }
    }

    /// Counts an attempt: `outcome` is `done`, `again`, `waiting` or `dead`.
    pub(crate) fn count(&self, outcome: &'static str) {
        self.handled.add(1, &[KeyValue::new("consumer", self.consumer), KeyValue::new("outcome", outcome)]);
    }

    pub(crate) fn redelivered(&self) {
        self.redelivered.add(1, &[KeyValue::new("consumer", self.consumer)]);
    }

    pub(crate) fn lag(&self, lag: Duration) {
        self.lag.record(lag.as_secs_f64(), &[KeyValue::new("consumer", self.consumer)]);
    }
}

/// What is measured of an outbox and its relay.
pub(crate) struct Outbox {
    service: &'static str,
    sent: Counter<u64>,
    refused: Counter<u64>,
    depth: Gauge<u64>,
    age: Gauge<f64>,
}

impl Outbox {
    pub(crate) fn new(service: &'static str) -> Self {
        Self {
            service,
            sent: meter().u64_counter("outbox.sent").with_description("Events that the bus confirmed").build(),
            refused: meter().u64_counter("outbox.refused").with_description("Events that the bus did not confirm, each time").build(),
            depth: meter().u64_gauge("outbox.depth").with_description("Events that are not sent yet").build(),
            age: meter().f64_gauge("outbox.age").with_unit("s").with_description("Age of the oldest event that is not sent yet").build(),
        }
    }

    pub(crate) fn sent(&self, events: usize) {
        self.sent.add(events as u64, &self.service());
    }

    pub(crate) fn refused(&self, events: usize) {
        self.refused.add(events as u64, &self.service());
    }

    pub(crate) fn pending(&self, events: u64, age: Duration) {
        self.depth.record(events, &self.service());
        self.age.record(age.as_secs_f64(), &self.service());
    }

    fn service(&self) -> [KeyValue; 1] {
        [KeyValue::new("service", self.service)]
    }
}

/// Whether a connection to the broker is up.
pub(crate) struct Connected {
    purpose: &'static str,
    connected: Gauge<u64>,
}

impl Connected {
    pub(crate) fn new(purpose: &'static str) -> Self {
        let description = "1 while the connection to the broker is up, else 0";
        Self { purpose, connected: meter().u64_gauge("bus.connected").with_description(description).build() }
    }

    pub(crate) fn record(&self, up: bool) {
        self.connected.record(up.into(), &[KeyValue::new("connection", self.purpose)]);
    }
}

/// Records how many events wait for `consumer`, and how many it gave up on.
pub(crate) fn queue(consumer: &str, waiting: u64, dead: u64) {
    let labels = [KeyValue::new("consumer", consumer.to_owned())];
    meter().u64_gauge("events.waiting").with_description("Events that wait for a consumer").build().record(waiting, &labels);
    meter().u64_gauge("events.dead_letters").with_description("Events that a consumer gave up on").build().record(dead, &labels);
}
