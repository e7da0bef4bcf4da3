//! What a pull request must pass beside the tests.

use std::process::Command;

use crate::{cargo, generated, installed, root, run};

/// The version of buf that lints the contracts.
const BUF: &str = "@bufbuild/buf@1.75.0";

/// Runs every check, and says of what is not installed how to get it.
pub(crate) fn lint() -> anyhow::Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
    generated::schema(true)?;
    generated::operations(generated::OPERATIONS, true)?;
    if installed("npx").is_some() {
        run(Command::new("npx").current_dir(root().join("proto")).args(["--yes", BUF, "lint"]))?;
    } else {
        eprintln!("not checked: the contracts in proto/ by buf, which needs Node.js with npx");
    }
    if installed("cargo-deny").is_some() {
        run(cargo().args(["deny", "--all-features", "check", "bans", "licenses", "sources"]))?;
    } else {
        eprintln!("not checked: licences and bans of dependencies, which needs cargo-deny: cargo install --locked cargo-deny");
    }
    Ok(())
}
