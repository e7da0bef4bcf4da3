//! Files that are made of the gateway: the schema, and the manifest of the operations of the product's own clients.

use std::{fs, path::Path};

use anyhow::{Context as _, bail};

use crate::{cargo, output, root};

/// Where the product's own operations are.
pub(crate) const OPERATIONS: &str = "gateway/operations";

/// Writes `schema.graphql`, which clients are generated from; with `check` fails where it is stale.
pub(crate) fn schema(check: bool) -> anyhow::Result<()> {
    keep(&root().join("schema.graphql"), &crm(&["schema"])?, check, "cargo xtask schema")
}

/// Writes the manifest of the operations in a folder beside them; with `check` fails where it is stale.
///
/// It tells what each costs: a change that makes one need more gRPC calls shows as a change of this file.
pub(crate) fn operations(folder: &str, check: bool) -> anyhow::Result<()> {
    let manifest = crm(&["operations", folder])?;
    keep(&root().join(folder).join("manifest.json"), &manifest, check, "cargo xtask operations")
}

/// What `crm` prints.
fn crm(arguments: &[&str]) -> anyhow::Result<String> {
    output(cargo().args(["run", "--quiet", "--package", "standalone", "--bin", "crm", "--"]).args(arguments))
}

fn keep(file: &Path, text: &str, check: bool, command: &str) -> anyhow::Result<()> {
    let name = file.strip_prefix(root()).unwrap_or(file).display();
    if !check {
        return fs::write(file, text).with_context(|| format!("{name} can't be written"));
    }
    if fs::read_to_string(file).unwrap_or_default() != text {
        bail!("{name} is stale: run {command}");
    }
    Ok(())
}
