//! What is read of a customer to answer. A field of the message is made of the field of the same name, so that a mask tells what is to
//! be read; what orders make known of a customer is a document of its own.

use kernel::{CustomerId, EmailAddress, PhoneNumber, Timestamp};

use crate::domain::{Contact, Customer, CustomerStatus, CustomerType, Note, Property};

store::parts! {
    /// Of a customer what a caller asks for, and what a search is put in order by.
    pub struct CustomerParts of Customer {
        always { id: CustomerId }
        version: u64,
        r#type = kind: CustomerType,
        name: String,
        registration_number: Option<String>,
        phone: PhoneNumber,
        email: Option<EmailAddress>,
        properties: Vec<Property>,
        contacts: Vec<Contact>,
        notes: Vec<Note>,
        status: CustomerStatus,
        created_at: Timestamp,
        updated_at: Timestamp,
        sort_name: String,
        terms: Vec<String>,
    }
}
