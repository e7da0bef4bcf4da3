//! `schema.graphql`, which clients are generated from.

use std::fs;

use anyhow::{Context as _, bail};

use crate::{cargo, output, root};

/// Writes the file, or with `check` fails where it is stale.
pub(crate) fn schema(check: bool) -> anyhow::Result<()> {
    let sdl = output(cargo().args(["run", "--quiet", "--package", "standalone", "--bin", "crm", "--", "schema"]))?;
    let file = root().join("schema.graphql");
    if !check {
        return fs::write(&file, sdl).context("schema.graphql can't be written");
    }
    if fs::read_to_string(&file).unwrap_or_default() != sdl {
        bail!("schema.graphql is stale: run cargo xtask schema");
    }
    Ok(())
}
