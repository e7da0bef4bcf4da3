//! What the services are built on: data and bus, of the kinds that the settings name.

use std::{fmt, sync::Arc};

use events::{Bus, InProcessBus};
use kernel::Env;
use runtime::{
    Dependencies,
    program::{self, ProgramError, describe},
    settings::{BusKind, Settings, StoreKind},
};
use store::{Collection, Store};

use crate::{Applications, Data, data::KEY, settings::Kinds};

/// Data and bus. What is kept in files is where [`Data`] says.
pub struct Foundation<'a> {
    settings: &'a Settings,
    kinds: Kinds,
    data: &'a Data,
    env: &'a Env,
}

impl<'a> Foundation<'a> {
    /// What these settings name; nothing is opened yet.
    ///
    /// # Errors
    /// [`ProgramError::Settings`] that names the key; [`ProgramError::Data`] where what is elsewhere would outlive memory.
    pub fn new(settings: &'a Settings, data: &'a Data, env: &'a Env) -> Result<Self, ProgramError> {
        let kinds = Kinds::of(settings)?;
        let elsewhere = match (kinds.store.kind, kinds.bus.kind) {
            (StoreKind::MongoDb, _) => Some("store.kind"),
            (_, BusKind::RabbitMq) => Some("bus.kind"),
            _ => None,
        };
        if let (Data::Memory, Some(key)) = (data, elsewhere) {
            let variable = settings.variable(key);
            let problem = format!("keeps data and events in memory together, which {key} ({variable}) does not; leave one of them out");
            return Err(ProgramError::Data { key: "--ephemeral", problem });
        }
        Ok(Self { settings, kinds, data, env })
    }

    /// Opens the bus.
    ///
    /// # Errors
    /// [`ProgramError`] that says what to do.
    pub fn bus(&self) -> Result<Arc<dyn Bus>, ProgramError> {
        let bus = &self.kinds.bus;
        match (bus.kind, self.data) {
            (BusKind::RabbitMq, _) => program::open_rabbitmq(self.settings, &bus.url, &bus.namespace, self.env),
            (BusKind::InProcess, Data::Folder(folder)) => program::open_in_process(&folder.join("events.sqlite"), self.env).map_err(named),
            (BusKind::InProcess, Data::Memory) => match InProcessBus::in_memory(self.env.clone()) {
                Ok(bus) => Ok(Arc::new(bus)),
                Err(error) => Err(ProgramError::Data { key: KEY, problem: describe(&error) }),
            },
        }
    }

    /// Opens the store of the service `name`.
    ///
    /// # Errors
    /// As [`bus`](Self::bus).
    pub async fn store(&self, name: &str, collections: &[&'static Collection]) -> Result<Store, ProgramError> {
        let store = &self.kinds.store;
        match (store.kind, self.data) {
            (StoreKind::MongoDb, _) => program::open_mongodb(self.settings, &store.url, &format!("{}_{name}", store.database), collections),
            (StoreKind::Sqlite, Data::Folder(folder)) => {
                program::open_sqlite(&folder.join(format!("{name}.sqlite")), collections).await.map_err(named)
            }
            (StoreKind::Sqlite, Data::Memory) => {
                Store::sqlite_in_memory(collections).await.map_err(|error| ProgramError::Data { key: KEY, problem: describe(&error) })
            }
        }
    }

    /// Opens the store of the service `name` for a command, which is given once: waits until it answers.
    ///
    /// # Errors
    /// As [`bus`](Self::bus).
    pub async fn awaited_store(&self, name: &str, collections: &[&'static Collection]) -> Result<Store, ProgramError> {
        let store = self.store(name, collections).await?;
        program::expect_store(&store).await?;
        Ok(store)
    }

    /// The use cases of the auth service on this data, for commands. The CRM may be running on it.
    ///
    /// # Errors
    /// As [`bus`](Self::bus).
    pub async fn auth(&self) -> Result<auth::Application, ProgramError> {
        let bus = self.bus()?;
        let store = self.awaited_store(auth::SERVICE, auth::COLLECTIONS).await?;
        let dependencies = Dependencies { store, bus, env: self.env.clone() };
        let (application, _) = auth::build(crate::settings::auth(self.settings)?, dependencies).map_err(ProgramError::Build)?;
        Ok(application)
    }

    /// The use cases of all services on this data, for commands. The services may be running on it.
    ///
    /// # Errors
    /// As [`bus`](Self::bus).
    pub async fn applications(&self) -> Result<Applications, ProgramError> {
        let bus = self.bus()?;
        let on = async |name, collections| -> Result<Dependencies, ProgramError> {
            Ok(Dependencies { store: self.awaited_store(name, collections).await?, bus: bus.clone(), env: self.env.clone() })
        };
        let employee = employee::build(self.settings.section("employee")?, on(employee::SERVICE, employee::COLLECTIONS).await?);
        let order = order::build(self.settings.section("order")?, on(order::SERVICE, order::COLLECTIONS).await?);
        Ok(Applications {
            auth: self.auth().await?,
            employee: employee.map_err(ProgramError::Build)?.0,
            customer: self.customer(bus.clone()).await?,
            order: order.map_err(ProgramError::Build)?.0,
        })
    }

    /// The use cases of the customer service on this data, for commands, as [`auth`](Self::auth).
    ///
    /// # Errors
    /// As [`bus`](Self::bus).
    pub async fn customer(&self, bus: Arc<dyn Bus>) -> Result<customer::Application, ProgramError> {
        let store = self.awaited_store(customer::SERVICE, customer::COLLECTIONS).await?;
        let dependencies = Dependencies { store, bus, env: self.env.clone() };
        let (application, _) = customer::build(customer::Settings::default(), dependencies).map_err(ProgramError::Build)?;
        Ok(application)
    }
}

/// Where data and events are, for people.
impl fmt::Display for Foundation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = match self.data {
            Data::Folder(folder) => folder.display().to_string(),
            Data::Memory => "memory, gone with the process".to_owned(),
        };
        match self.kinds.store.kind {
            StoreKind::Sqlite => f.write_str(&files)?,
            StoreKind::MongoDb => write!(f, "MongoDB, in the databases {}_…", self.kinds.store.database)?,
        }
        match (self.kinds.bus.kind, self.kinds.store.kind) {
            (BusKind::RabbitMq, _) => write!(f, " · events in RabbitMQ, in the queues {}.…", self.kinds.bus.namespace),
            (BusKind::InProcess, StoreKind::MongoDb) => write!(f, " · events in {files}"),
            (BusKind::InProcess, StoreKind::Sqlite) => Ok(()),
        }
    }
}

/// Errors name what the user can change: the command line's argument.
fn named(error: ProgramError) -> ProgramError {
    match error {
        ProgramError::Data { problem, .. } => ProgramError::Data { key: KEY, problem },
        other => other,
    }
}
