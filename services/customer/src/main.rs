//! The customer service as a program of its own.

use std::{
    io::{Write as _, stdout},
    process::ExitCode,
};

use clap::{FromArgMatches as _, Subcommand as _};
use customer::commands::Command;
use kernel::Error;
use runtime::Program;

const PROGRAM: Program = Program {
    name: customer::SERVICE,
    about: "Customers, their places, contacts and notes",
    version: env!("CARGO_PKG_VERSION"),
    settings: customer::SETTINGS,
    collections: customer::COLLECTIONS,
};

fn main() -> ExitCode {
    let arguments = Command::augment_subcommands(PROGRAM.command()).subcommand_required(false).get_matches();
    if let Some(done) = PROGRAM.operate(&arguments) {
        return done;
    }
    match Command::from_arg_matches(&arguments) {
        Ok(command) => PROGRAM.once(async |settings, dependencies| {
            let bus = dependencies.bus.clone();
            let (application, _) = customer::build(settings, dependencies)?;
            let told = command.run(&application, &*bus).await?;
            writeln!(stdout(), "{told}").map_err(Error::internal)
        }),
        Err(_) => PROGRAM.serve(async |settings, dependencies| Ok(customer::build(settings, dependencies)?.1)),
    }
}
