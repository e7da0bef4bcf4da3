//! The inputs of the mutations on orders.

use async_graphql::{ID, InputObject, MaybeUndefined};
use contracts::crm::order::v1;

use super::super::{Mask, each, optional_id, versioned};
use crate::graph::{
    address::AddressInput,
    id::Kind,
    order::{PriceTermsInput, ServiceType},
    scalar::DateTime,
};

/// What `orderCreate` needs.
#[derive(InputObject)]
pub(crate) struct OrderCreateInput {
    /// The customer; active.
    customer_id: ID,
    /// The customer's property; need not be given where an address is, or where the customer has exactly one.
    property_id: Option<ID>,
    /// Where to clean, where it is none of the customer's properties.
    address: Option<AddressInput>,
    /// What is cleaned.
    service_type: ServiceType,
    /// When it begins.
    starts_at: DateTime,
    /// When it ends; after its start, at most 7 days later.
    ends_at: DateTime,
    /// How many people it needs, 1 to 20; 1 where not given.
    crew_size: Option<i32>,
    /// How the price is made.
    price_terms: PriceTermsInput,
    /// What the customer said, at most 2,000 characters.
    client_comments: Option<String>,
    /// What is to be done, at most 100 items of 1 to 200 characters.
    checklist: Option<Vec<String>>,
}

impl OrderCreateInput {
    pub(super) fn write(self) -> kernel::Result<v1::CreateOrderRequest> {
        Ok(v1::CreateOrderRequest {
            customer_id: Kind::Customer.local("customer_id", &self.customer_id)?,
            property_id: optional_id(Kind::Property, "property_id", self.property_id.as_ref())?,
            address: self.address.map(Into::into),
            service_type: self.service_type.into(),
            starts_at: Some(self.starts_at.write("starts_at")?),
            ends_at: Some(self.ends_at.write("ends_at")?),
            crew_size: self.crew_size.unwrap_or_default(),
            price_terms: Some(self.price_terms.write("price_terms")?),
            client_comments: self.client_comments.unwrap_or_default(),
            checklist: self.checklist.unwrap_or_default(),
        })
    }
}

/// What `orderUpdate` needs: the fields that are given are changed, the others stay.
#[derive(InputObject)]
pub(crate) struct OrderUpdateInput {
    /// The order.
    id: ID,
    /// The version that the caller has seen.
    version: u64,
    /// The customer's property; null for an address given by hand.
    property_id: MaybeUndefined<ID>,
    /// Where to clean, where it is none of the customer's properties.
    address: MaybeUndefined<AddressInput>,
    /// What is cleaned.
    service_type: MaybeUndefined<ServiceType>,
    /// How many people it needs, 1 to 20.
    crew_size: MaybeUndefined<i32>,
    /// How the price is made.
    price_terms: MaybeUndefined<PriceTermsInput>,
    /// What the customer said, at most 2,000 characters; null for nothing.
    client_comments: MaybeUndefined<String>,
    /// What is to be done, all of it, at most 100 items: what is not given goes.
    checklist: MaybeUndefined<Vec<ChecklistItemInput>>,
}

/// Something to be done: a known item, or a new one.
#[derive(InputObject)]
pub(crate) struct ChecklistItemInput {
    /// Which of the order's items; not given for a new one.
    id: Option<ID>,
    /// What; 1 to 200 characters.
    text: String,
}

impl OrderUpdateInput {
    pub(super) fn write(self) -> kernel::Result<v1::UpdateOrderRequest> {
        let item = |item: ChecklistItemInput, field: &str| {
            let id = optional_id(Kind::ChecklistItem, &format!("{field}.id"), item.id.as_ref())?;
            Ok(v1::ChecklistItem { id, text: item.text, ..v1::ChecklistItem::default() })
        };
        let mut mask = Mask::default();
        let order = v1::Order {
            id: Kind::Order.local("id", &self.id)?,
            version: self.version,
            property_id: mask.take("property_id", self.property_id, |id| Kind::Property.local("property_id", &id))?,
            address: mask.take("address", self.address, |address| Ok(Some(address.into())))?,
            service_type: mask.take("service_type", self.service_type, |service| Ok(service.into()))?,
            crew_size: mask.take("crew_size", self.crew_size, Ok)?,
            price_terms: mask.take("price_terms", self.price_terms, |terms| terms.write("price_terms").map(Some))?,
            client_comments: mask.take("client_comments", self.client_comments, Ok)?,
            checklist: mask.take("checklist", self.checklist, |items| each("checklist", items, item))?,
            ..v1::Order::default()
        };
        Ok(v1::UpdateOrderRequest { order: Some(order), update_mask: mask.finish()? })
    }
}

/// What `orderMove` needs.
#[derive(InputObject)]
pub(crate) struct OrderMoveInput {
    /// The order.
    id: ID,
    /// The customer from now on; active.
    customer_id: ID,
    /// That customer's property; need not be given where an address is, or where the customer has exactly one.
    property_id: Option<ID>,
    /// Where to clean, where it is none of the customer's properties.
    address: Option<AddressInput>,
    /// The version that the caller has seen.
    version: u64,
}

impl OrderMoveInput {
    pub(super) fn write(self) -> kernel::Result<v1::MoveOrderRequest> {
        Ok(v1::MoveOrderRequest {
            id: Kind::Order.local("id", &self.id)?,
            customer_id: Kind::Customer.local("customer_id", &self.customer_id)?,
            property_id: optional_id(Kind::Property, "property_id", self.property_id.as_ref())?,
            address: self.address.map(Into::into),
            version: self.version,
        })
    }
}

/// What `orderSchedule` needs.
#[derive(InputObject)]
pub(crate) struct OrderScheduleInput {
    /// The order.
    id: ID,
    /// When it begins; as it is where not given.
    starts_at: Option<DateTime>,
    /// When it ends; as long after its start as it is where not given.
    ends_at: Option<DateTime>,
    /// The version that the caller has seen.
    version: u64,
}

impl OrderScheduleInput {
    pub(super) fn write(&self) -> kernel::Result<v1::ScheduleOrderRequest> {
        let time = |field, at: &Option<DateTime>| at.as_ref().map(|at| at.write(field)).transpose();
        Ok(v1::ScheduleOrderRequest {
            id: Kind::Order.local("id", &self.id)?,
            starts_at: time("starts_at", &self.starts_at)?,
            ends_at: time("ends_at", &self.ends_at)?,
            version: self.version,
        })
    }
}

versioned! {
    /// What `orderStart` needs.
    OrderStartInput(v1::StartOrderRequest) {
        /// The order.
        id: Order
    }
}

versioned! {
    /// What `orderComplete` needs.
    OrderCompleteInput(v1::CompleteOrderRequest) {
        /// The order.
        id: Order
    }
}

/// What `orderCancel` needs.
#[derive(InputObject)]
pub(crate) struct OrderCancelInput {
    /// The order.
    id: ID,
    /// Why; 1 to 500 characters.
    reason: String,
    /// The version that the caller has seen.
    version: u64,
}

impl OrderCancelInput {
    pub(super) fn write(self) -> kernel::Result<v1::CancelOrderRequest> {
        Ok(v1::CancelOrderRequest { id: Kind::Order.local("id", &self.id)?, reason: self.reason, version: self.version })
    }
}

versioned! {
    /// What `orderDelete` needs.
    OrderDeleteInput(v1::DeleteOrderRequest) {
        /// The order.
        id: Order
    }
}

/// What `orderAssign` needs.
#[derive(InputObject)]
pub(crate) struct OrderAssignInput {
    /// The order.
    id: ID,
    /// The employee.
    employee_id: ID,
    /// Why they shall come although they are on time off, 1 to 500 characters; not given where they aren't.
    override_reason: Option<String>,
    /// The version that the caller has seen.
    version: u64,
}

impl OrderAssignInput {
    pub(super) fn write(self) -> kernel::Result<v1::AssignEmployeeRequest> {
        Ok(v1::AssignEmployeeRequest {
            id: Kind::Order.local("id", &self.id)?,
            employee_id: Kind::Employee.local("employee_id", &self.employee_id)?,
            override_reason: self.override_reason.unwrap_or_default(),
            version: self.version,
        })
    }
}

/// What `orderUnassign` needs.
#[derive(InputObject)]
pub(crate) struct OrderUnassignInput {
    /// The order.
    id: ID,
    /// The employee.
    employee_id: ID,
    /// The version that the caller has seen.
    version: u64,
}

impl OrderUnassignInput {
    pub(super) fn write(&self) -> kernel::Result<v1::UnassignEmployeeRequest> {
        Ok(v1::UnassignEmployeeRequest {
            id: Kind::Order.local("id", &self.id)?,
            employee_id: Kind::Employee.local("employee_id", &self.employee_id)?,
            version: self.version,
        })
    }
}

/// What `orderCommentAdd` needs.
#[derive(InputObject)]
pub(crate) struct OrderCommentAddInput {
    /// The order.
    id: ID,
    /// The comment; 1 to 2,000 characters.
    text: String,
}

impl OrderCommentAddInput {
    pub(super) fn write(self) -> kernel::Result<v1::AddOrderCommentRequest> {
        Ok(v1::AddOrderCommentRequest { id: Kind::Order.local("id", &self.id)?, text: self.text })
    }
}

/// What `checklistItemSetDone` needs.
#[derive(InputObject)]
pub(crate) struct ChecklistItemSetDoneInput {
    /// The order.
    id: ID,
    /// The item.
    item_id: ID,
    /// Whether it is done.
    done: bool,
}

impl ChecklistItemSetDoneInput {
    pub(super) fn write(&self) -> kernel::Result<v1::SetChecklistItemDoneRequest> {
        Ok(v1::SetChecklistItemDoneRequest {
            id: Kind::Order.local("id", &self.id)?,
            item_id: Kind::ChecklistItem.local("item_id", &self.item_id)?,
            done: self.done,
        })
    }
}
