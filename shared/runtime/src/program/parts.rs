//! Opening the data and the bus that the settings name.
//!
//! Files are opened at once, so that a path which can't be written ends the start. A database or a broker elsewhere may
//! be down for now: of those only the settings are checked, and the adapters connect as soon as they can.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use backon::{ConstantBuilder, Retryable as _};
use events::{Bus, InProcessBus, RabbitMq, RabbitMqBus};
use kernel::Env;
use secrecy::{ExposeSecret as _, SecretString};
use store::{Collection, MongoDb, Store};

use super::{ProgramError, describe};
use crate::{
    consumers::topology,
    settings::{Settings, SettingsError, data_folder},
};

/// How long a command waits for the store, and how often it asks.
const PATIENCE: Duration = Duration::from_secs(60);
const ASK_AGAIN: Duration = Duration::from_millis(200);
/// The longest name of a MongoDB database, in bytes.
const LONGEST_NAME: usize = 63;

/// The file that a setting names; for an empty setting, `name` in the user's data folder.
pub(super) fn path(setting: &Path, key: &'static str, name: &str) -> Result<PathBuf, ProgramError> {
    if !setting.as_os_str().is_empty() {
        return Ok(setting.to_owned());
    }
    let none = || ProgramError::Data { key, problem: "this user has no data folder; set the file's path".to_owned() };
    Ok(data_folder().ok_or_else(none)?.join(name))
}

/// Opens the store in the file at `path`, and makes it, with its folder, where there is none.
///
/// # Errors
/// [`ProgramError::Data`] where the folder can't be written, or a newer program wrote the file.
pub async fn open_sqlite(path: &Path, collections: &[&'static Collection]) -> Result<Store, ProgramError> {
    const KEY: &str = "store.path";
    folder(path, KEY)?;
    Store::sqlite(path, collections).await.map_err(|error| ProgramError::Data { key: KEY, problem: describe(&error) })
}

/// The store in a database of MongoDB, which may be down for now. `settings` are those that `url` and `database` come from,
/// as `store.url` and `store.database`.
///
/// # Errors
/// [`ProgramError::Settings`] that names the key.
pub fn open_mongodb(
    settings: &Settings,
    url: &SecretString,
    database: &str,
    collections: &[&'static Collection],
) -> Result<Store, ProgramError> {
    let invalid = |key: &str, problem: String| SettingsError::invalid(settings, key, problem);
    expect_name(database).map_err(|problem| invalid("store.database", problem))?;
    let mongodb = MongoDb { url: url.expose_secret().to_owned(), database: database.to_owned() };
    if mongodb.url.is_empty() {
        return Err(invalid("store.url", "must be the address of MongoDB, such as mongodb://127.0.0.1:27017/?replicaSet=rs0".into()).into());
    }
    Store::mongodb(&mongodb, collections).map_err(|error| invalid("store.url", describe(&error)).into())
}

/// Waits until the store answers, for a command that is given once: a new database takes a while to be made.
///
/// # Errors
/// [`ProgramError::Build`] where it does not answer within a minute.
pub async fn expect_store(store: &Store) -> Result<(), ProgramError> {
    let tries = ConstantBuilder::default().with_delay(ASK_AGAIN).without_max_times();
    let asking = (|| store.ping()).retry(tries).when(|error| matches!(error, store::Error::Unavailable(_)));
    let answer = tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| Err(store::Error::Unavailable("no answer".into())));
    answer.map_err(|error| ProgramError::Build(error.into()))
}

/// Opens the in-process bus in the file at `path`, and makes it, with its folder, where there is none.
///
/// # Errors
/// As [`open_sqlite`].
pub fn open_in_process(path: &Path, env: &Env) -> Result<Arc<dyn Bus>, ProgramError> {
    const KEY: &str = "bus.path";
    folder(path, KEY)?;
    let bus = InProcessBus::open(path, env.clone()).map_err(|error| ProgramError::Data { key: KEY, problem: describe(&error) })?;
    Ok(Arc::new(bus))
}

/// The bus of a RabbitMQ broker, which may be down for now. `settings` are those that `url` and `namespace` come from, as
/// `bus.url` and `bus.namespace`.
///
/// # Errors
/// [`ProgramError::Settings`] that names the key.
pub fn open_rabbitmq(settings: &Settings, url: &SecretString, namespace: &str, env: &Env) -> Result<Arc<dyn Bus>, ProgramError> {
    let rabbitmq = RabbitMq { url: url.expose_secret().to_owned(), namespace: namespace.to_owned() };
    let bus = RabbitMqBus::new(&rabbitmq, &topology(), env.clone());
    let bus = bus.map_err(|error| SettingsError::invalid(settings, &format!("bus.{}", error.key), error.problem))?;
    Ok(Arc::new(bus))
}

/// Names that need no quoting anywhere, in shells and queries.
fn expect_name(name: &str) -> Result<(), String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    if (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    Err(format!("must be 1 to {LONGEST_NAME} letters a to z, digits, '-' and '_'"))
}

fn folder(path: &Path, key: &'static str) -> Result<(), ProgramError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| ProgramError::Data {
        key,
        problem: format!("cannot make the folder {}: {error}; set a path that this user can write", folder.display()),
    })
}
