//! Where the data is: a folder with a file for each service and one for the events on their way, or memory.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use events::{Bus, InProcessBus};
use kernel::Env;
use runtime::{
    Dependencies,
    program::{ProgramError, describe, open_bus, open_store},
    settings::Settings,
};
use store::{Collection, Store};

/// The name of the command line's argument, for errors.
const KEY: &str = "--data";

/// Where the data is.
#[derive(Debug, Clone)]
pub enum Data {
    /// In this folder, which survives restarts.
    Folder(PathBuf),
    /// In memory: gone with the process.
    Memory,
}

impl Data {
    /// The folder `name` in the user's data folder.
    ///
    /// # Errors
    /// [`ProgramError::Data`] where the user has none.
    pub fn of_user(name: &str) -> Result<Self, ProgramError> {
        let folder = runtime::settings::data_folder();
        let none = || ProgramError::Data { key: KEY, problem: "this user has no data folder; name one".to_owned() };
        Ok(Self::Folder(folder.ok_or_else(none)?.join(name)))
    }

    /// Opens the store of the service `name`.
    pub(crate) async fn store(&self, name: &str, collections: &[&'static Collection]) -> Result<Store, ProgramError> {
        match self {
            Self::Folder(folder) => open_store(&folder.join(format!("{name}.sqlite")), collections).await.map_err(named),
            Self::Memory => {
                Store::sqlite_in_memory(collections).await.map_err(|error| ProgramError::Data { key: KEY, problem: describe(&error) })
            }
        }
    }

    /// The use cases of the auth service on this data, for commands. The CRM may be running on it.
    ///
    /// # Errors
    /// [`ProgramError`] that says what to do.
    pub async fn auth(&self, settings: &Settings, env: &Env) -> Result<auth::Application, ProgramError> {
        let dependencies =
            Dependencies { store: self.store(auth::SERVICE, auth::COLLECTIONS).await?, bus: self.bus(env)?, env: env.clone() };
        let (application, _) = auth::build(settings.section("auth")?, dependencies).map_err(ProgramError::Build)?;
        Ok(application)
    }

    /// Opens the bus.
    pub(crate) fn bus(&self, env: &Env) -> Result<Arc<dyn Bus>, ProgramError> {
        match self {
            Self::Folder(folder) => open_bus(&folder.join("events.sqlite"), env).map_err(named),
            Self::Memory => match InProcessBus::in_memory(env.clone()) {
                Ok(bus) => Ok(Arc::new(bus)),
                Err(error) => Err(ProgramError::Data { key: KEY, problem: describe(&error) }),
            },
        }
    }

    /// Reads a small file of the folder; `None` where there is none, and in memory.
    pub(crate) fn read(&self, name: &str) -> Result<Option<String>, ProgramError> {
        let Self::Folder(folder) = self else { return Ok(None) };
        match fs::read_to_string(folder.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&folder.join(name), &error)),
        }
    }

    /// Writes a small file of the folder, as a whole or not at all; nothing in memory.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), ProgramError> {
        let Self::Folder(folder) = self else { return Ok(()) };
        let (file, draft) = (folder.join(name), folder.join(format!("{name}.new")));
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&draft, text)).and_then(|()| fs::rename(&draft, &file));
        written.map_err(|error| failed(&file, &error))
    }
}

fn failed(file: &Path, error: &io::Error) -> ProgramError {
    ProgramError::Data { key: KEY, problem: format!("{}: {error}; name a folder that this user can write", file.display()) }
}

/// Errors name what the user can change: the command line's argument.
fn named(error: ProgramError) -> ProgramError {
    match error {
        ProgramError::Data { problem, .. } => ProgramError::Data { key: KEY, problem },
        other => other,
    }
}
