//! Customers and their rules. Pure: no I/O; time and randomness come in as an [`Env`](kernel::Env).
//!
//! | module | what |
//! |---|---|
//! | [`customer`] | the aggregate: its transitions return what others are told of |
//! | [`property`], [`contact`], [`note`] | what a customer is made of |
//! | [`facts`] | what the customer's orders make known: how many there are, when the last one was completed |

pub mod contact;
pub mod customer;
pub mod facts;
pub mod note;
pub mod property;

pub use contact::{Contact, ContactInput};
pub use customer::{Customer, CustomerChange, CustomerInput, CustomerStatus, CustomerType, Event, Transition};
pub use facts::{CustomerFacts, OrderRef, OrderState};
pub use note::Note;
pub use property::{Property, PropertyInput};
