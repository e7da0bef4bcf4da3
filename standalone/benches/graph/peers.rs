//! Contestants that others make, each in a folder of `peers/`: Node.js programs, installed by npm as their lock files say.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::{arguments::QueryName, programs::Contestant, queries::Form};

/// Their names, which are those of their folders, and how they are asked.
pub(crate) const ALL: [(&str, Form); 3] = [("apollo", Form::GraphQl), ("mercurius", Form::GraphQl), ("hive", Form::Own)];

/// Whether a contestant is one of them.
pub(crate) fn is_one(name: &str) -> bool {
    ALL.iter().any(|(peer, _)| *peer == name)
}

/// Installs one, where it is not yet, and makes the command that starts it.
pub(crate) fn program(name: &str) -> anyhow::Result<Command> {
    let folder = folder().join(name);
    if !folder.join("node_modules").is_dir() {
        eprintln!("installing {name}");
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--silent"]).current_dir(&folder))?;
    }
    let mut command = Command::new("node");
    command.arg("server.js").current_dir(&folder).env("NODE_ENV", "production");
    command.env("PROTO", root().join("proto")).env("SCHEMA", root().join("schema.graphql"));
    Ok(command)
}

/// Goes on only where one answers every query as the gateway does.
pub(crate) fn check(peer: &Contestant, gateway: SocketAddr, token: &str) -> anyhow::Result<()> {
    let url = |address: SocketAddr| format!("http://{address}/graphql");
    let mut command = Command::new("node");
    command.arg("check.mjs").args([url(gateway), url(peer.address), token.to_owned()]).current_dir(folder());
    if peer.form == Form::Own {
        command.arg(Path::new(peer.name).join("queries"));
    }
    let checked = command.env("QUERIES", root().join("gateway/operations")).output().context("node can't be run")?;
    if !checked.status.success() {
        let told = [checked.stdout, checked.stderr].concat();
        bail!("{} does not answer as the gateway does:\n{}", peer.name, String::from_utf8_lossy(&told));
    }
    Ok(())
}

/// The body of a request to the one that has a schema of its own: messages of the contracts.
pub(crate) fn query(name: QueryName, variables: &Value) -> Value {
    let document = match name {
        QueryName::Large => include_str!("peers/hive/queries/large.graphql"),
        QueryName::Deep => include_str!("peers/hive/queries/deep.graphql"),
        QueryName::Small => include_str!("peers/hive/queries/small.graphql"),
        QueryName::List => include_str!("peers/hive/queries/list.graphql"),
        QueryName::One => include_str!("peers/hive/queries/one.graphql"),
    };
    let mut own = serde_json::Map::new();
    if let Some(from) = variables["from"].as_str().and_then(|from| kernel::Timestamp::parse("from", from).ok()) {
        let from = contracts::write::timestamp(from);
        own.insert("from".to_owned(), json!({ "seconds": from.seconds, "nanos": from.nanos }));
    }
    if let Some((_, id)) = variables["id"].as_str().and_then(|id| id.split_once('_')) {
        own.insert("id".to_owned(), id.into());
    }
    json!({ "query": document, "variables": own })
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{} can't be run: it comes with Node.js", command.get_program().display()))?;
    if !status.success() {
        bail!("{} failed", command.get_program().display());
    }
    Ok(())
}

fn folder() -> PathBuf {
    root().join("standalone/benches/graph/peers")
}

/// The folder of the workspace, as cargo tells it.
fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}
