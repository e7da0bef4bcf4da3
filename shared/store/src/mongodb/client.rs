//! The address of the database, and the connections to it.

use std::{fmt, time::Duration};

use ::mongodb::{
    Client, Database,
    options::{Acknowledgment, ClientOptions, ConnectionString, ReadConcern, SelectionCriteria, WriteConcern},
};

use super::retry::PATIENCE;
use crate::error::{Error, Result};

/// How long a connection may take to be made, and an answer of the server's monitor beyond the pause between two.
const CONNECT: Duration = Duration::from_secs(2);
/// The pause after which the monitors of the servers look again: how soon a server that is silently gone is noticed.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How many connections there may be; the driver's default is 10.
const CONNECTIONS: u32 = 64;
/// The longest name of a database, in bytes: MongoDB's limit.
const MAX_NAME: usize = 63;

/// Where a MongoDB is, and which of its databases is the service's own.
#[derive(Clone)]
pub struct MongoDb {
    /// Its connection string: `mongodb://user:password@host:27017/?replicaSet=rs0`. A replica set, as there are no
    /// transactions without; one of a single node will do. Time limits and pool sizes in it hold; write and read concern
    /// are the adapter's.
    pub url: String,
    /// The database, which no other service uses.
    pub database: String,
}

/// Without user and password.
impl fmt::Debug for MongoDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.url.split_once("://").map_or("", |(scheme, _)| scheme);
        let hosts = self.url.rsplit_once('@').map(|(_, hosts)| hosts).or(self.url.split_once("://").map(|(_, rest)| rest));
        let hosts = hosts.unwrap_or_default();
        f.debug_struct("MongoDb").field("url", &format!("{scheme}://{hosts}")).field("database", &self.database).finish()
    }
}

/// What was read of the settings.
pub(super) struct Address {
    connection: ConnectionString,
    database: String,
}

impl Address {
    /// # Errors
    /// [`Error::Internal`] that names the setting, without what it holds: that may be a password.
    pub(super) fn parse(settings: &MongoDb) -> Result<Self> {
        let connection = ConnectionString::parse(&settings.url).map_err(|_| {
            Error::internal(
                "store.url is no MongoDB connection string, such as mongodb://user:password@host:27017/?replicaSet=rs0 \
                 (reserved characters in user and password percent-encoded)",
            )
        })?;
        let name = &settings.database;
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if name.is_empty() || name.len() > MAX_NAME || !plain {
            return Err(Error::internal(format!(
                "store.database is {name:?}: a name of 1 to {MAX_NAME} letters, digits, '_' and '-' can be one"
            )));
        }
        Ok(Self { connection, database: name.clone() })
    }

    pub(super) fn database(&self) -> &str {
        &self.database
    }

    /// The database, through a client of its own. Connects in the background.
    pub(super) async fn open(&self) -> Result<Database> {
        let mut options = ClientOptions::parse(self.connection.clone()).await?;
        options.app_name.get_or_insert_with(|| self.database.clone());
        // An election takes longer than one operation may: the operation fails, the next ones find the new primary.
        options.server_selection_timeout.get_or_insert(PATIENCE - Duration::from_millis(500));
        options.connect_timeout.get_or_insert(CONNECT);
        options.heartbeat_freq.get_or_insert(HEARTBEAT);
        options.max_pool_size.get_or_insert(CONNECTIONS);
        options.max_connecting.get_or_insert(8);
        options.selection_criteria = Some(SelectionCriteria::ReadPreference(::mongodb::options::ReadPreference::Primary));
        options.read_concern = Some(ReadConcern::majority());
        options.write_concern = Some(durable());
        Ok(Client::with_options(options)?.database(&self.database))
    }
}

/// A write is acknowledged when the journals of most nodes have it: it survives the loss of the primary and of power.
pub(super) fn durable() -> WriteConcern {
    WriteConcern::builder().w(Acknowledgment::Majority).journal(true).w_timeout(PATIENCE).build()
}
