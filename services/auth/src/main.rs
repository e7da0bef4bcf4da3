//! The auth service as a program of its own.

use std::{
    io::{Write as _, stdout},
    process::ExitCode,
};

use auth::commands::Command;
use clap::{FromArgMatches as _, Subcommand as _};
use kernel::Error;
use runtime::Program;

const PROGRAM: Program = Program {
    name: auth::SERVICE,
    about: "Accounts, sign-in, sessions and roles",
    version: env!("CARGO_PKG_VERSION"),
    settings: auth::SETTINGS,
    collections: auth::COLLECTIONS,
};

fn main() -> ExitCode {
    let arguments = Command::augment_subcommands(PROGRAM.command()).subcommand_required(false).get_matches();
    if let Some(done) = PROGRAM.operate(&arguments) {
        return done;
    }
    match Command::from_arg_matches(&arguments) {
        Ok(command) => PROGRAM.once(async |settings, dependencies| {
            let (application, _) = auth::build(settings, dependencies)?;
            let told = command.run(&application).await?;
            writeln!(stdout(), "{told}").map_err(Error::internal)
        }),
        Err(_) => PROGRAM.serve(async |settings, dependencies| Ok(auth::build(settings, dependencies)?.1)),
    }
}
