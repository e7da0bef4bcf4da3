//! What a pull request must pass beside the tests.

use std::process::Command;

use anyhow::bail;
use clap::ValueEnum;

use crate::{cargo, charts, generated, images, output, root, run, tools};

/// The version of buf that lints the contracts.
const BUF: &str = "@bufbuild/buf@1.75.0";

/// A part of what is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Formatting, clippy, and files that are made of the code.
    Code,
    /// The contracts in proto/: their style, and that nobody who uses those of the main branch is broken.
    Contracts,
    /// What is known against dependencies, their licences, and where they come from.
    Dependencies,
    /// The Helm charts, as they are rendered with every file of values.
    Charts,
    /// The Dockerfile and compose.yaml.
    Images,
    /// The workflows of GitHub.
    Workflows,
}

/// Checks these parts; without any all, but for what needs tools that are not installed.
pub(crate) fn lint(parts: &[Part]) -> anyhow::Result<()> {
    for part in if parts.is_empty() { Part::value_variants() } else { parts } {
        let missing = part.missing();
        if missing.is_empty() {
            part.check(!parts.is_empty())?;
        } else if parts.is_empty() {
            eprintln!("not checked: {part:?}, which needs {}", missing.join(", "));
        } else {
            bail!("{part:?} needs {}: .github/tools installs it", missing.join(", "));
        }
    }
    Ok(())
}

impl Part {
    /// The programs that it needs and that are not there.
    fn missing(self) -> Vec<&'static str> {
        let needed: &[&'static str] = match self {
            Self::Code => &[],
            Self::Contracts => &["npx"],
            Self::Dependencies => &["cargo-deny"],
            Self::Charts => &["kubeconform", "checkov"],
            Self::Images => &["hadolint"],
            Self::Workflows => &["actionlint", "zizmor"],
        };
        needed.iter().copied().filter(|program| tools::installed(program).is_none()).collect()
    }

    /// Checks it; `asked_for` alone, with what changes without a commit.
    fn check(self, asked_for: bool) -> anyhow::Result<()> {
        match self {
            Self::Code => {
                run(cargo().args(["fmt", "--all", "--check"]))?;
                run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
                generated::schema(true)?;
                generated::operations(generated::OPERATIONS, true)
            }
            Self::Contracts => contracts(),
            Self::Dependencies => {
                let advisories = asked_for.then_some("advisories");
                run(cargo().args(["deny", "--all-features", "check"]).args(advisories).args(["bans", "licenses", "sources"]))
            }
            Self::Charts => charts::lint(),
            Self::Images => images::lint(),
            Self::Workflows => {
                run(Command::new("actionlint").current_dir(root()))?;
                // With a token it asks GitHub about the actions that are used.
                let offline = ["GH_TOKEN", "GITHUB_TOKEN"].iter().all(|token| std::env::var_os(token).is_none()).then_some("--offline");
                run(Command::new("zizmor").current_dir(root()).args(["--persona=pedantic", "--collect=all"]).args(offline).arg(".github"))
            }
        }
    }
}

fn contracts() -> anyhow::Result<()> {
    let buf = || {
        let mut command = Command::new("npx");
        command.current_dir(root().join("proto")).args(["--yes", BUF]);
        command
    };
    run(buf().arg("lint"))?;
    let main = "refs/remotes/origin/main";
    let known = output(Command::new("git").current_dir(root()).args(["for-each-ref", main]))?;
    if known.is_empty() {
        eprintln!("not checked: whether the contracts break anybody, for which there must be a branch main of the remote origin");
        return Ok(());
    }
    run(buf().args(["breaking", "--against"]).arg(format!("../.git#ref={main},subdir=proto")))
}
