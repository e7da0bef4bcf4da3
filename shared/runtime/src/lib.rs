//! What every program of this product needs around its own work.
//!
//! | module | what |
//! |---|---|
//! | [`program`] | the frame of a service's `main`: command line, settings, telemetry, store, bus, serving, exit code |
//! | [`settings`] | commented defaults, overridden by the environment; the sections that all programs share |
//! | [`telemetry`] | logs, traces, metrics |
//! | [`token`] | access tokens: their form, issuing and verifying |
//! | [`consumers`] | who gets which events, as a bus takes it |
//! | [`backup`] | the commands for a service's whole data in a file, and back |
//! | [`dead_letters`] | the commands for events that a consumer gave up on |
//! | [`grpc`] | a [`Service`], the layers round its methods, serving it on a port |
//! | [`transport`] | calling a service, in this process or elsewhere, with the same outcome |
//! | [`history`] | the history of things, as every service answers for it |
//! | [`net`] | listeners and connections |
//! | [`cores`] | a thread for each core with a runtime of its own |
//! | [`tasks`] | background tasks and how they stop |
//! | [`signal`] | when the operating system asks to stop |
//! | [`retry`] | repeating a use case after a conflict |
//!
//! The way of a call: a generated client writes the message into a [`Transport`]; that hands it to the
//! service's layers (span, deadline, token, panics, metrics), directly or through HTTP/2; they hand it to
//! the generated server, which calls the service's `grpc.rs`.
//!
//! Architecture invariant: there is one stack of layers, and every call passes it, local or remote.

pub mod backup;
pub mod consumers;
pub mod cores;
pub mod dead_letters;
pub mod grpc;
pub mod history;
pub mod net;
pub mod program;
pub mod retry;
pub mod settings;
pub mod signal;
pub mod tasks;
pub mod telemetry;
pub mod token;
pub mod transport;

pub use cores::Cores;
pub use grpc::{Service, Task, serve};
pub use program::{Dependencies, Program};
pub use tasks::Tasks;
pub use token::Verifier;
pub use transport::Transport;
