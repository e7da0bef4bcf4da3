//! The rules about employees, as pure values: nothing here waits, reads a clock or talks to anybody.
//!
//! | module | what |
//! |---|---|
//! | [`employee`] | the aggregate: every change of an employee is a method of it |
//! | [`name`], [`skills`], [`availability`], [`time_off`], [`photo`] | its parts, each checked where it is made |
//! | [`login`] | how it stands with their login, as far as this service has heard |

pub mod availability;
pub mod employee;
pub mod login;
pub mod name;
pub mod photo;
pub mod skills;
pub mod time_off;

pub use availability::{Availability, Weekday, Window};
pub use employee::{Employee, Event, Profile, ProfileChange, Status, Transition};
pub use login::{AccountFacts, Login, LoginFacts, Refusal};
pub use name::Name;
pub use photo::Photo;
pub use skills::Skills;
pub use time_off::{TimeOff, TimesOff};
