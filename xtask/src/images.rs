//! The images of the programs.

use std::process::Command;

use crate::{root, run};

/// What the names of the images begin with.
const REPOSITORY: &str = "ghcr.io/alva-clean/crm";

/// The programs that have an image, each of which is a target of the Dockerfile.
pub(crate) const PROGRAMS: [&str; 6] = ["gateway", "auth", "employee", "customer", "order", "crm"];

/// Those that are servers of an installation; the last one is all of them in one process.
pub(crate) const SERVERS: [&str; 5] = ["gateway", "auth", "employee", "customer", "order"];

/// The image of a program.
pub(crate) fn image(program: &str, tag: &str) -> String {
    format!("{REPOSITORY}/{program}:{tag}")
}

/// Builds the image of every program, the code once for all.
pub(crate) fn build(tag: &str, arguments: &[String]) -> anyhow::Result<()> {
    for program in PROGRAMS {
        let mut build = Command::new("docker");
        build.current_dir(root()).args([
            "build",
            "--target",
            program,
            "--tag",
            &image(program, tag),
            "--build-arg",
            &format!("VERSION={tag}"),
        ]);
        run(build.args(arguments).arg("."))?;
    }
    Ok(())
}

/// Checks the Dockerfile and compose.yaml.
pub(crate) fn lint() -> anyhow::Result<()> {
    run(Command::new("hadolint").current_dir(root()).arg("Dockerfile"))?;
    let compose = Command::new("docker").args(["compose", "version"]).output();
    if compose.is_ok_and(|output| output.status.success()) {
        return run(Command::new("docker").current_dir(root()).args(["compose", "--profile", "*", "config", "--quiet"]));
    }
    eprintln!("not checked: compose.yaml, which needs docker compose");
    Ok(())
}
