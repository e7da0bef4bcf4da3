use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use kernel::{Env, Envelope, Error};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{InvalidSetting, RabbitMq, RabbitMqBus};
use crate::bus::{Bus as _, HandleError, Handler, Subscription};

const NOBODY: Subscription = Subscription::new("nobody", &["crm.test.v1.Happened"]);

fn settings(url: &str, namespace: &str) -> RabbitMq {
    RabbitMq { url: url.to_owned(), namespace: namespace.to_owned() }
}

fn refusal(url: &str, namespace: &str) -> InvalidSetting {
    settings(url, namespace).check().unwrap_err()
}

#[test]
fn a_setting_that_can_not_be_used_is_named_and_the_password_is_not_told() {
    for url in [
        "http://me:secret@host/",
        "me:secret@host",
        "mailto:secret",
        "amqp://me:secret@host:port/%2f",
        "amqp://me:secret@host:5672/",
        "amqp://me:secret@[::1]:5672/%2f",
        "",
    ] {
        let refused = refusal(url, "crm");
        assert_eq!(refused.key, "url", "{url}");
        assert!(refused.to_string().starts_with("bus.url ") && !refused.to_string().contains("secret"), "{refused}");
    }
    for namespace in ["", "a.b", "CRM", &"a".repeat(65)] {
        assert_eq!(refusal("amqp://host:5672/%2f", namespace).key, "namespace", "{namespace}");
    }
    for url in ["amqp://host", "amqp://me:secret@127.0.0.1:5672/%2f", "amqps://me:s%20t@host/crm"] {
        assert!(settings(url, "crm").check().is_ok(), "{url}");
    }
}

#[test]
fn the_password_is_not_shown() {
    let shown = format!("{:?}", settings("amqp://me:secret@host/%2f", "crm"));
    assert!(!shown.contains("secret") && shown.contains("crm"), "{shown}");
}

#[tokio::test]
async fn a_broker_that_is_not_there_keeps_nobody_waiting_for_long() {
    // A port that nobody listens on: it was free a moment ago, and is given to nobody so soon.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let bus = RabbitMqBus::new(&settings(&format!("amqp://127.0.0.1:{port}/%2f"), "crm"), &[NOBODY], Env::system()).unwrap();
    assert!(matches!(bus.ping().await, Err(Error::Unavailable(_))));
    let stop = CancellationToken::new();
    let consuming = bus.subscribe(NOBODY, Arc::new(Idle), stop.clone()).await.expect("it waits for the broker by itself");
    stop.cancel();
    timeout(Duration::from_secs(1), consuming).await.expect("it stops while there is no broker");
    assert!(matches!(bus.dead_letters(1).await, Err(Error::Unavailable(_))));
}

struct Idle;

#[async_trait]
impl Handler for Idle {
    async fn handle(&self, _: &Envelope) -> Result<(), HandleError> {
        Ok(())
    }
}
