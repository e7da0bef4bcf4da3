//! The customer service as a program of its own.

use std::process::ExitCode;

use runtime::{Program, program};

const PROGRAM: Program = Program {
    name: customer::SERVICE,
    about: "Customers, their places, contacts and notes",
    version: env!("CARGO_PKG_VERSION"),
    settings: customer::SETTINGS,
    collections: customer::COLLECTIONS,
};

fn main() -> ExitCode {
    program::run(&PROGRAM, async |settings, dependencies| Ok(customer::build(settings, dependencies)?.1))
}
