//! What ARCHITECTURE.md says of the house, held against the house.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's assertions")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// The crates in their layers: a crate depends on lower layers only.
const LAYERS: &[(&str, u8)] = &[
    ("kernel", 0),
    ("components", 0),
    ("gateway-macros", 0),
    ("contracts", 1),
    ("store", 1),
    ("events", 2),
    ("runtime", 3),
    ("testkit", 4),
    ("auth", 4),
    ("employee", 4),
    ("customer", 4),
    ("order", 4),
    ("gateway", 4),
    ("standalone", 5),
    ("xtask", 5),
    ("faults", 5),
];

/// What a `domain/` must not name: it is pure.
const IMPURE: &[&str] = &[
    "tokio",
    "tonic",
    "store",
    "events",
    "runtime",
    "contracts",
    "rusqlite",
    "lapin",
    "mongodb",
    "futures",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn dependencies_run_one_way() {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    let layers: BTreeMap<&str, u8> = LAYERS.iter().copied().collect();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        let layer = *layers.get(name).unwrap_or_else(|| panic!("{name} has no layer: give it one here and in ARCHITECTURE.md"));
        for dependency in package.dependencies.iter().filter(|dependency| dependency.path.is_some()) {
            let below = layers[dependency.name.as_str()];
            let allowed = match dependency.kind {
                DependencyKind::Development => below <= layer,
                // A test program that is no test: what it is made of panics where it should fail.
                _ => below < layer && (dependency.name != "testkit" || name == "faults"),
            };
            assert!(allowed, "{name} must not depend on {}", dependency.name);
            let services = ["auth", "employee", "customer", "order", "gateway"];
            assert!(
                !(services.contains(&name) && services.contains(&dependency.name.as_str())),
                "{name} must not depend on {}: services meet in events and contracts only",
                dependency.name
            );
        }
    }
}

#[test]
fn the_domains_are_pure() {
    let mut files = Vec::new();
    for service in ["auth", "employee", "customer", "order"] {
        let source = root().join("services").join(service).join("src");
        rust_files(&source.join("domain"), &mut files);
        files.push(source.join("domain.rs"));
    }
    assert!(files.len() > 8, "the domains are not where this test looks");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for impure in IMPURE {
                let names = |pattern: String| line.contains(&pattern) && !line.contains(&format!("_{pattern}"));
                assert!(
                    !names(format!("{impure}::")) && !names(format!("use {impure};")) && !line.contains("async fn"),
                    "{}:{}: a domain must not use {impure}",
                    file.display(),
                    number + 1
                );
            }
        }
    }
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
