//! What is read of an employee to answer. A field of the message is made of the field of the same name, so that a mask tells what is
//! to be read.

use kernel::{EmailAddress, EmployeeId, Money, PhoneNumber, Timestamp};

use crate::domain::{Availability, Employee, Login, Name, Photo, Skills, Status, TimesOff};

store::parts! {
    /// Of an employee what a caller asks for, and what a search is put in order by.
    pub struct EmployeeParts of Employee {
        always { id: EmployeeId }
        version: u64,
        first_name: Name,
        last_name: Name,
        phone: PhoneNumber,
        email: Option<EmailAddress>,
        status: Status,
        hourly_rate: Option<Money>,
        skills: Skills,
        availability: Availability,
        time_off: TimesOff,
        photo: Option<Photo>,
        login: Login,
        created_at: Timestamp,
        updated_at: Timestamp,
        sort_name: String,
        terms: Vec<String>,
    }
}
