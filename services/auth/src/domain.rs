//! What accounts, sessions and keys are, and what may become of them. Pure: no I/O, no clock, no chance.
//!
//! | module | what |
//! |---|---|
//! | [`account`] | the login of a person: role, status, password, invitation |
//! | [`admins`] | who keeps the company from being without an admin |
//! | [`employee`] | what is known of an employee, and what follows from it for their account |
//! | [`session`] | a sign-in on one device, as a family of refresh tokens |
//! | [`token`] | opaque one-time tokens: what is handed out, and what is kept of it |
//! | [`password`] | which passwords may be chosen |
//! | [`keys`] | the keys that sign access tokens |
//! | [`secret`] | text that shows itself to nobody |
//!
//! Transitions take what they need as arguments, leave what they are called on as it is, and return the state
//! after them with the event that tells of it.

pub mod account;
pub mod admins;
pub mod employee;
pub mod keys;
pub mod password;
pub mod secret;
pub mod session;
pub mod token;
