//! Tests, and what they run against.

use std::{io::Write as _, process::Command, thread};

use ::components::Components;
use anyhow::Context as _;

use crate::{cargo, root, run};

/// Says which shape the scenarios run in; without it: `standalone`.
const SHAPE: &str = "CRM_TEST_SHAPE";

/// Runs the tests that `arguments` select, or all there is to run.
pub(crate) fn test(arguments: &[String]) -> anyhow::Result<()> {
    build(false)?; // tests start programs of other packages, which cargo does not build for them
    let components = Components::start()?;
    let test = || {
        let mut command = cargo();
        command.arg("test").envs(components.variables());
        command
    };
    if !arguments.is_empty() {
        return run(test().args(arguments));
    }
    run(test().arg("--workspace"))?;
    for shape in ["processes", "replicas"] {
        // Of the workspace, as it was built: of one package alone the dependencies would be built again.
        run(test().args(["--workspace", "--test", "scenarios"]).env(SHAPE, shape))?;
    }
    run(faults_of("debug")?.args(["--repetitions", "1"]))
}

/// Keeps components running, and tells how tests find them.
pub(crate) fn components() -> anyhow::Result<()> {
    let components = Components::start()?;
    for (name, url) in components.variables() {
        writeln!(std::io::stdout(), "export {name}='{url}'")?;
    }
    eprintln!("until Ctrl-C");
    loop {
        thread::park();
    }
}

/// Runs the fault suite.
pub(crate) fn faults(release: bool, arguments: &[String]) -> anyhow::Result<()> {
    build(release)?;
    run(faults_of(if release { "release" } else { "debug" })?.args(arguments))
}

/// Builds every program and every test, with the same features, so that later steps build nothing again.
fn build(release: bool) -> anyhow::Result<()> {
    run(cargo().args(["build", "--workspace", "--bins"]).arg(if release { "--release" } else { "--tests" }))
}

/// The fault suite, beside whose program are those that it starts.
fn faults_of(profile: &str) -> anyhow::Result<Command> {
    let this = std::env::current_exe()?;
    let target = this.parent().and_then(std::path::Path::parent).context("cargo xtask runs from outside the target folder")?;
    let mut command = Command::new(target.join(profile).join("faults"));
    command.current_dir(root());
    Ok(command)
}
