//! What health tells of the parts that a service needs.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use super::echo::{PATIENCE, World};
use crate::grpc::{LIVE, Need, Part};

const SERVICE: &str = "crm.auth.v1.AuthService";
const SERVING: ServingStatus = ServingStatus::Serving;
const NOT_SERVING: ServingStatus = ServingStatus::NotServing;

/// A part that is there, fails or hangs as a test says.
#[derive(Clone, Default)]
struct Switch(Arc<AtomicU8>);

impl Switch {
    const MISSING: u8 = 0;
    const THERE: u8 = 1;
    const HANGING: u8 = 2;

    fn set(&self, state: u8) {
        self.0.store(state, Ordering::SeqCst);
    }

    fn part(&self, name: &'static str, need: Need) -> Part {
        let state = self.0.clone();
        Part::new(name, need, move || {
            let state = state.load(Ordering::SeqCst);
            async move {
                match state {
                    Self::THERE => Ok(()),
                    Self::MISSING => Err("as it must be for this test"),
                    _ => std::future::pending().await,
                }
            }
        })
    }
}

async fn world() -> (World, Switch, Switch) {
    let (store, bus) = (Switch::default(), Switch::default());
    let parts = [store.part("store", Need::Now), bus.part("bus", Need::Once)];
    let world = World::with(&[], |service| parts.into_iter().fold(service, crate::Service::needs)).await;
    (world, store, bus)
}

async fn told(world: &World, name: &str) -> ServingStatus {
    let answer = HealthClient::new(world.remote.clone()).check(HealthCheckRequest { service: name.to_owned() }).await;
    answer.unwrap().into_inner().status()
}

async fn until(world: &World, name: &str, status: ServingStatus) {
    let waiting = async {
        while told(world, name).await != status {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{name:?} does not become {status:?}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_is_ready_when_its_parts_are_there_and_while_those_are_that_it_needs_all_the_time() {
    let (world, store, bus) = world().await;
    assert_eq!((told(&world, "").await, told(&world, SERVICE).await, told(&world, LIVE).await), (NOT_SERVING, NOT_SERVING, SERVING));
    store.set(Switch::THERE);
    until(&world, "store", SERVING).await;
    assert_eq!(told(&world, "").await, NOT_SERVING, "the bus was not there yet");
    bus.set(Switch::THERE);
    until(&world, SERVICE, SERVING).await;
    until(&world, "", SERVING).await;

    bus.set(Switch::MISSING);
    until(&world, "bus", NOT_SERVING).await;
    assert_eq!(told(&world, "").await, SERVING, "what is written waits in the outbox");

    store.set(Switch::MISSING);
    until(&world, "", NOT_SERVING).await;
    assert_eq!((told(&world, SERVICE).await, told(&world, LIVE).await), (NOT_SERVING, SERVING));
    assert_eq!(world.tell(world.remote.clone(), "hello").await.unwrap(), "hello", "calls are answered all the same");
    store.set(Switch::THERE);
    until(&world, SERVICE, SERVING).await;

    store.set(Switch::HANGING);
    until(&world, SERVICE, NOT_SERVING).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_watches_hears_of_changes_only() {
    let (world, store, bus) = world().await;
    let watching = HealthClient::new(world.remote.clone()).watch(HealthCheckRequest { service: SERVICE.to_owned() }).await;
    let mut watching = watching.unwrap().into_inner();
    let mut next = async || tokio::time::timeout(PATIENCE, watching.message()).await.unwrap().unwrap().unwrap().status();
    assert_eq!(next().await, NOT_SERVING);
    bus.set(Switch::THERE);
    store.set(Switch::THERE);
    assert_eq!(next().await, SERVING);
    // Looked at many times meanwhile.
    tokio::time::timeout(std::time::Duration::from_millis(2_500), next()).await.unwrap_err();
}
