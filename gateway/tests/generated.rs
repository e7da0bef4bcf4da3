//! Files that are generated and committed are not stale.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's assertions")]

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn schema_graphql_is_the_schema_that_is_served() {
    let file = fs::read_to_string(root().join("schema.graphql")).unwrap_or_default();
    assert!(file == gateway::sdl(), "schema.graphql is stale: run cargo xtask schema");
}

#[test]
fn the_graphiql_page_is_built_from_its_sources_and_its_operations_fit_the_schema() {
    if Command::new("npm").arg("--version").output().is_err() {
        eprintln!("not checked: there is no Node.js with npm here to build the page with");
        return;
    }
    // A copy, so that nothing is left in the work tree; beside the schema, as its tests expect it.
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("gateway/graphiql");
    copy(&root().join("gateway/graphiql"), &project).unwrap();
    fs::copy(root().join("schema.graphql"), folder.path().join("schema.graphql")).unwrap();
    for arguments in [&["ci", "--no-audit", "--no-fund", "--loglevel=error"][..], &["run", "check"], &["test"]] {
        let output = Command::new("npm").args(arguments).current_dir(&project).output().unwrap();
        let told = || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "npm {}: {}", arguments.join(" "), told());
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        match entry.file_name().to_str() {
            Some("node_modules" | "dist") => {}
            _ if entry.file_type()?.is_dir() => copy(&entry.path(), &to.join(entry.file_name()))?,
            _ => drop(fs::copy(entry.path(), to.join(entry.file_name()))?),
        }
    }
    Ok(())
}
