//! What other services are told of customers.

use contracts::crm::customer::v1;
use kernel::{CustomerId, Env, Envelope, Principal};

use crate::{
    SERVICE,
    domain::{Customer, Event},
    messages,
};

/// The envelope of a transition that ended in `customer`.
pub(crate) fn envelope(env: &Env, principal: &Principal, event: Event, customer: &Customer) -> Envelope {
    let (subject, version) = (customer.id.uuid(), customer.version);
    let message = Some(messages::published(customer));
    match event {
        Event::Created => events::envelope(env, principal, SERVICE, subject, version, &v1::CustomerCreated { customer: message }),
        Event::Updated => events::envelope(env, principal, SERVICE, subject, version, &v1::CustomerUpdated { customer: message }),
        Event::Archived => events::envelope(env, principal, SERVICE, subject, version, &v1::CustomerArchived { customer: message }),
        Event::Restored => events::envelope(env, principal, SERVICE, subject, version, &v1::CustomerRestored { customer: message }),
    }
}

/// The envelope of the deletion of `customer`. It has a version of its own, so that it wins over all events before it.
pub(crate) fn deleted(env: &Env, principal: &Principal, customer: &Customer) -> Envelope {
    let message = v1::CustomerDeleted { customer_id: customer.id.to_string() };
    events::envelope(env, principal, SERVICE, customer.id.uuid(), customer.version + 1, &message)
}

/// The envelope of the erasure of a customer, at a version that wins over all events before it.
pub(crate) fn erased(env: &Env, principal: &Principal, id: CustomerId, version: u64) -> Envelope {
    let message = v1::CustomerErased { customer_id: id.to_string() };
    events::envelope(env, principal, SERVICE, id.uuid(), version, &message)
}
