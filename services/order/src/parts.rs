//! What is read of an order to answer. A field of the message is made of the field of the same name, so that a mask tells what is to
//! be read.

use kernel::{Address, CustomerId, EmployeeId, OrderId, PropertyId, Timestamp};

use crate::domain::{Assignment, Cancellation, ChecklistItem, Comment, CrewSize, Order, Price, PriceTerms, ServiceType, Status};

store::parts! {
    /// Of an order what a caller asks for, and in any case by what it is decided whether they see it.
    pub struct OrderParts of Order {
        always { id: OrderId, employee_ids: Vec<EmployeeId> }
        version: u64,
        customer_id: CustomerId,
        customer_name: String,
        customer_phone: String,
        property_id: Option<PropertyId>,
        address: Address,
        #[serde(deserialize_with = "store::or_default")]
        access_notes: String,
        service_type: ServiceType,
        status: Status,
        needs_crew: bool,
        starts_at: Timestamp,
        ends_at: Timestamp,
        crew_size: CrewSize,
        assignments: Vec<Assignment>,
        price_terms: PriceTerms,
        price: Price,
        #[serde(deserialize_with = "store::or_default")]
        client_comments: String,
        comments: Vec<Comment>,
        checklist: Vec<ChecklistItem>,
        started_at: Option<Timestamp>,
        completed_at: Option<Timestamp>,
        cancellation: Option<Cancellation>,
        created_at: Timestamp,
        updated_at: Timestamp,
    }
}
