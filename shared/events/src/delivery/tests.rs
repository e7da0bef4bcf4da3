use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use kernel::{CompanyId, Env, Envelope, Error, Principal};
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tokio_util::sync::CancellationToken;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use uuid::Uuid;

use super::{Consumer, Verdict};
use crate::{HandleError, Handler, Subscription};

/// A handler that does what it is told for its n-th call, counted from 1.
struct Scripted<F>(AtomicU32, F);

#[async_trait]
impl<F: Fn(u32) -> Result<(), HandleError> + Send + Sync> Handler for Scripted<F> {
    async fn handle(&self, _: &Envelope) -> Result<(), HandleError> {
        self.1(self.0.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

struct Hanging;

#[async_trait]
impl Handler for Hanging {
    async fn handle(&self, _: &Envelope) -> Result<(), HandleError> {
        std::future::pending().await
    }
}

fn consumer(handler: impl Handler + 'static, stop: &CancellationToken) -> Consumer {
    Consumer::new(Subscription::new("test", &["Happened"]), Arc::new(handler), Env::system(), stop.clone())
}

fn scripted(script: impl Fn(u32) -> Result<(), HandleError> + Send + Sync + 'static) -> Consumer {
    consumer(Scripted(AtomicU32::new(0), script), &CancellationToken::new())
}

fn event() -> Envelope {
    let principal = Principal::service(CompanyId::from_uuid(Uuid::nil()), "test");
    let env = Env::system();
    Envelope {
        id: env.new_id(),
        kind: "Happened".to_owned(),
        source: "test".to_owned(),
        subject: Uuid::nil(),
        version: 1,
        company: principal.company,
        time: env.now(),
        actor: principal.actor,
        traceparent: None,
        data: Vec::new(),
    }
}

fn failure() -> HandleError {
    HandleError::Retry(Error::internal("a bug"))
}

#[tokio::test]
async fn a_failure_is_tried_again_and_the_last_one_is_a_dead_letter() {
    let consumer = scripted(|_| Err(failure()));
    let retry = consumer.subscription().retry;
    assert_eq!(consumer.deliver(&event(), 0).await, Verdict::Again { attempts: 1, delay: retry.delay(1) });
    let last = consumer.deliver(&event(), retry.max_attempts - 1).await;
    assert_eq!(last, Verdict::Dead { attempts: retry.max_attempts, error: "internal error: a bug".to_owned() });
}

#[tokio::test]
async fn poison_is_not_tried_again() {
    let verdict = scripted(|_| Err(HandleError::Poison("unknown".to_owned()))).deliver(&event(), 0).await;
    assert_eq!(verdict, Verdict::Dead { attempts: 1, error: "unknown".to_owned() });
}

#[tokio::test]
async fn a_panic_is_a_failure_like_any_other() {
    let consumer = scripted(|_| panic!("index out of bounds"));
    assert!(matches!(consumer.deliver(&event(), 0).await, Verdict::Again { attempts: 1, .. }));
    let last = consumer.deliver(&event(), 5).await;
    assert!(matches!(&last, Verdict::Dead { error, .. } if error.contains("index out of bounds")), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_fails_at_the_deadline() {
    let verdict = consumer(Hanging, &CancellationToken::new()).deliver(&event(), 0).await;
    assert!(matches!(verdict, Verdict::Again { attempts: 1, .. }), "{verdict:?}");
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_a_part_uses_up_no_attempt_however_long_it_lasts() {
    let consumer = scripted(|call| if call <= 1_000 { Err(HandleError::Retry(Error::Unavailable("the store".into()))) } else { Ok(()) });
    assert_eq!(consumer.deliver(&event(), 5).await, Verdict::Done);
}

#[tokio::test]
async fn an_event_that_waits_for_a_part_goes_back_at_a_stop() {
    let stop = CancellationToken::new();
    let down = Scripted(AtomicU32::new(0), |_| Err(HandleError::Retry(Error::Unavailable("the store".into()))));
    let consumer = consumer(down, &stop);
    stop.cancel();
    assert_eq!(consumer.deliver(&event(), 0).await, Verdict::Returned);
}

#[tokio::test]
async fn an_event_is_handled_within_the_trace_of_its_request() {
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let tracer = SdkTracerProvider::builder().build().tracer("test");
    let subscriber = tracing_subscriber::registry().with(tracing_opentelemetry::layer().with_tracer(tracer));
    let _traced = tracing::subscriber::set_default(subscriber);
    let consumer = scripted(|_| {
        let trace = tracing::Span::current().context().span().span_context().trace_id();
        Err(HandleError::Poison(trace.to_string()))
    });
    let traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    let verdict = consumer.deliver(&Envelope { traceparent, ..event() }, 0).await;
    assert_eq!(verdict, Verdict::Dead { attempts: 1, error: "0af7651916cd43dd8448eb211c80319c".to_owned() });
}
