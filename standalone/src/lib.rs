//! The whole CRM in one process: the four services and the gateway on SQLite and the in-process bus.
//!
//! | module | what |
//! |---|---|
//! | [`crm`] | the composition: what is made of what, and how it stops |
//! | [`data`] | where the data is |
//! | [`demo`] | the demo's people, customers and orders |
//! | [`settings`] | the settings of all parts |
//!
//! The gateway reaches the services without sockets; their gRPC ports are open as well.

pub mod crm;
pub mod data;
pub mod demo;
pub mod settings;

pub use crm::{Applications, Crm};
pub use data::Data;
