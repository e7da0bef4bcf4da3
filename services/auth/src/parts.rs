//! What is read of an account to answer. A field of the message is made of the field of the same name, so that a mask tells what is to
//! be read; when somebody last signed in is a document of its own.

use kernel::{AccountId, EmailAddress, EmployeeId, Role, Timestamp};

use crate::domain::account::{Account, Status};

store::parts! {
    /// Of an account what a caller asks for, never its secrets, and in any case by what it is decided whether they see it.
    pub struct AccountParts of Account {
        always { id: AccountId, employee_id: Option<EmployeeId> }
        version: u64,
        email: EmailAddress,
        name: String,
        role: Role,
        status: Status,
        created_at: Timestamp,
        invitation_expires_at: Option<Timestamp>,
    }
}
