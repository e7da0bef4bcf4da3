//! The employee service as a program of its own.

use std::process::ExitCode;

use runtime::{Program, program};

const PROGRAM: Program = Program {
    name: employee::SERVICE,
    about: "The people of the company, their photos, skills, availability and times off",
    version: env!("CARGO_PKG_VERSION"),
    settings: employee::SETTINGS,
    collections: employee::COLLECTIONS,
};

fn main() -> ExitCode {
    program::run(&PROGRAM, async |settings: employee::Settings, dependencies| Ok(employee::build(settings, dependencies)?.1))
}
