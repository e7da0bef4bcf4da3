//! Where MongoDB and RabbitMQ come from: what is installed, else Docker, else packages.

mod packages;

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use anyhow::{Result, anyhow};

use crate::{command, wait};

/// Where a component comes from.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// The program that is its server.
    Installed(PathBuf),
    /// The official image.
    Docker,
}

/// Searches happen one after the other: what one of them gets, the next one finds.
static SEARCH: Mutex<()> = Mutex::new(());

/// Where MongoDB comes from, with Docker of that image; `as_process`: not from Docker, which can't give what is wanted.
///
/// # Errors
/// Where it comes from nowhere: what was tried, and what to do.
pub(crate) fn mongodb(image: &str, as_process: bool) -> Result<Found> {
    search("MongoDB", "mongod", &["/usr/local/bin", "/opt/homebrew/bin"], (!as_process).then_some(image), packages::mongod)
}

/// Where RabbitMQ comes from, with Docker of that image; `as_process`: not from Docker, which can't give what is wanted.
///
/// # Errors
/// Where it comes from nowhere: what was tried, and what to do.
pub(crate) fn rabbitmq(image: &str, as_process: bool) -> Result<Found> {
    // The package's own place first: what it puts into the PATH is a wrapper for the system's broker.
    let places = [packages::RABBITMQ, "/usr/local/sbin", "/opt/homebrew/sbin"];
    search("RabbitMQ", "rabbitmq-server", &places, (!as_process).then_some(image), packages::rabbitmq)
}

fn search(what: &str, program: &str, places: &[&str], image: Option<&str>, package: fn() -> Result<PathBuf>) -> Result<Found> {
    let _one = SEARCH.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = installed(program, places) {
        return Ok(Found::Installed(path));
    }
    let mut tried = vec![format!("installed: no {program} in the PATH or in {}", places.join(", "))];
    match image.map(in_docker) {
        Some(Ok(())) => return Ok(Found::Docker),
        Some(Err(error)) => tried.push(format!("Docker: {error:#}")),
        None => tried.push("Docker: not asked, as a network namespace or a data folder is wanted".to_owned()),
    }
    match package() {
        Ok(path) => return Ok(Found::Installed(path)),
        Err(error) => tried.push(format!("packages: {error:#}")),
    }
    Err(anyhow!("there is no {what}. Tried:\n  {}\nInstall {what}, or start Docker.", tried.join("\n  ")))
}

/// Sees to it that Docker has the image.
fn in_docker(image: &str) -> Result<()> {
    if command::output(Command::new("docker").args(["image", "inspect", image]), wait::PATIENCE).is_ok() {
        return Ok(());
    }
    // Without an engine it is told here too, and at once.
    command::output(Command::new("docker").args(["pull", "--quiet", image]), wait::DOWNLOAD).map(drop)
}

/// The program of that name in one of the places, else in the PATH.
pub(crate) fn installed(program: &str, places: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = places.iter().map(PathBuf::from).chain(std::env::split_paths(&path));
    folders.map(|folder| folder.join(program)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}
