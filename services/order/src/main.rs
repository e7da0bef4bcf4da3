//! The order service as a program of its own.

use std::process::ExitCode;

use runtime::{Program, program};

const PROGRAM: Program = Program {
    name: order::SERVICE,
    about: "Orders: what is cleaned when, for whom, by whom, at what price",
    version: env!("CARGO_PKG_VERSION"),
    settings: order::SETTINGS,
    collections: order::COLLECTIONS,
};

fn main() -> ExitCode {
    program::run(&PROGRAM, async |settings: order::Settings, dependencies| Ok(order::build(settings, dependencies)?.1))
}
