//! What takes databases and queues away: at the end of a house, and of houses whose tests were killed before they could.

use std::{collections::BTreeSet, fs, time::Duration};

use events::Subscription;
use futures::future::join_all;
use kernel::Env;
use lapin::{
    Connection, ConnectionProperties,
    options::{ExchangeDeleteOptions, QueueDeleteOptions},
};
use mongodb::{Client, bson::doc, options::ClientOptions};
use runtime::consumers::topology;
use uuid::Uuid;

use super::{
    Plan,
    keeper::left,
    plan::{SERVICES, StoreKind, database},
};

/// What the names of all houses begin with; then comes an identifier that tells when it was built.
pub(super) const PREFIX: &str = "crm_test_";

/// How long it may take altogether on a busy machine, and until something answers: what tests have broken does not.
const PATIENCE: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(3);
/// From when on a house is taken for one that is left over: no test runs for so long.
const STALE_MILLIS: u64 = 24 * 3_600_000;

/// The name of a new house: what its databases and queues begin with.
#[must_use]
pub fn new_name() -> String {
    format!("{PREFIX}{}", Env::system().new_id::<()>().uuid().simple())
}

/// Removes what the house `name` has made, as far as what it stands on is there. Blocks, since it is for `drop`.
///
/// # Panics
/// Where there can't be a runtime.
pub fn remove(plan: &Plan, name: &str) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            // Made within the runtime, whose clock it needs.
            runtime.block_on(async {
                let stores = async {
                    if matches!(plan.store, StoreKind::MongoDb) {
                        databases(plan, name).await;
                    }
                };
                let _ = tokio::time::timeout(PATIENCE, async { tokio::join!(stores, queues(plan, name)) }).await;
            });
        });
    });
}

/// Removes what is left of houses whose tests ended without removing it: those of this machine, and stale ones of any.
pub(super) async fn sweep(plan: &Plan) {
    let sweeping = async {
        for (name, file) in left() {
            tokio::join!(databases(plan, &name), queues(plan, &name));
            // Another test may have been faster.
            let _ = fs::remove_file(file);
        }
        let Ok(client) = client(plan).await else { return };
        let Ok(there) = client.list_database_names().filter(doc! { "name": { "$regex": format!("^{PREFIX}") } }).await else { return };
        let now = u64::try_from(Env::system().now().as_micros() / 1_000).unwrap_or(0);
        let houses: BTreeSet<_> = there.iter().filter_map(|database| Some((database.rsplit_once('_')?.0, built(database)?))).collect();
        for (name, built) in houses {
            if built + STALE_MILLIS < now {
                tokio::join!(databases(plan, name), queues(plan, name));
            }
        }
    };
    let _ = tokio::time::timeout(PATIENCE, sweeping).await;
}

/// When the house of this database was built, in milliseconds since 1970.
fn built(database: &str) -> Option<u64> {
    let id = Uuid::try_parse(database.strip_prefix(PREFIX)?.get(..32)?).ok()?;
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    Some(seconds * 1_000 + u64::from(nanos) / 1_000_000)
}

async fn databases(plan: &Plan, name: &str) {
    let Ok(client) = client(plan).await else { return };
    let databases = SERVICES.map(|service| client.database(&database(name, service)));
    join_all(databases.iter().map(|database| database.drop().into_future())).await;
}

async fn client(plan: &Plan) -> mongodb::error::Result<Client> {
    let mut options = ClientOptions::parse(&plan.mongodb).await?;
    options.server_selection_timeout = Some(CONNECT);
    Client::with_options(options)
}

/// Removes the queues and the exchange of a house; one that is not there is no error to the broker.
async fn queues(plan: &Plan, name: &str) {
    let connecting = tokio::time::timeout(CONNECT, Connection::connect(&plan.rabbitmq, ConnectionProperties::default()));
    let Ok(Ok(connection)) = connecting.await else { return };
    let Ok(channel) = connection.create_channel().await else { return };
    let mut names = Vec::new();
    for Subscription { consumer, retry, .. } in topology() {
        let delays: BTreeSet<_> = (1..retry.max_attempts).map(|failures| retry.delay(failures).as_millis()).collect();
        let retries = delays.into_iter().map(|delay| format!(".retry.{delay}"));
        let suffixes = [String::new(), ".dead".to_owned()].into_iter().chain(retries);
        names.extend(suffixes.map(|suffix| format!("{name}.{consumer}{suffix}")));
    }
    join_all(names.into_iter().map(|queue| channel.queue_delete(queue.into(), QueueDeleteOptions::default()))).await;
    let _ = channel.exchange_delete(format!("{name}.events").into(), ExchangeDeleteOptions::default()).await;
    let _ = connection.close(200, "done".into()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_tells_when_its_house_was_built() {
        let now = u64::try_from(Env::system().now().as_micros() / 1_000).unwrap();
        let built = built(&database(&new_name(), "order")).unwrap();
        assert!(built.abs_diff(now) < 60_000, "{built} {now}");
    }

    #[test]
    fn what_is_no_houses_database_tells_nothing() {
        for name in ["crm_order", "crm_test_order", "crm_test_0123456789abcdef0123456789abcdef_order", "admin"] {
            assert_eq!(built(name), None, "{name}");
        }
    }
}
