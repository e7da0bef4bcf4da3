//! The whole CRM in one process: the four services and the gateway, on SQLite and the in-process bus, or on MongoDB and
//! RabbitMQ.
//!
//! | module | what |
//! |---|---|
//! | [`backup`] | the commands for the whole data in a folder, and back |
//! | [`crm`] | the composition: what is made of what, and how it stops |
//! | [`data`] | where its files are |
//! | [`foundation`] | data and bus, of the kinds that the settings name |
//! | [`demo`] | the demo's people, customers and orders |
//! | [`settings`] | the settings of all parts |
//!
//! The gateway reaches the services without sockets; their gRPC ports are open as well.

pub mod backup;
pub mod crm;
pub mod data;
pub mod demo;
pub mod foundation;
pub mod settings;

pub use crm::{Applications, Crm};
pub use data::Data;
pub use foundation::Foundation;
