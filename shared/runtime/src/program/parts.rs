//! Opening what a program keeps on this machine.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use events::{Bus, InProcessBus};
use kernel::Env;
use store::{Collection, Store};

use super::{ProgramError, describe};
use crate::settings::data_folder;

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
pub async fn open_store(path: &Path, collections: &[&'static Collection]) -> Result<Store, ProgramError> {
    const KEY: &str = "store.path";
    folder(path, KEY)?;
    Store::sqlite(path, collections).await.map_err(|error| ProgramError::Data { key: KEY, problem: describe(&error) })
}

/// Opens the in-process bus in the file at `path`, and makes it, with its folder, where there is none.
///
/// # Errors
/// As [`open_store`].
pub fn open_bus(path: &Path, env: &Env) -> Result<Arc<dyn Bus>, ProgramError> {
    const KEY: &str = "bus.path";
    folder(path, KEY)?;
    let bus = InProcessBus::open(path, env.clone()).map_err(|error| ProgramError::Data { key: KEY, problem: describe(&error) })?;
    Ok(Arc::new(bus))
}

fn folder(path: &Path, key: &'static str) -> Result<(), ProgramError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| ProgramError::Data {
        key,
        problem: format!("cannot make the folder {}: {error}; set a path that this user can write", folder.display()),
    })
}
