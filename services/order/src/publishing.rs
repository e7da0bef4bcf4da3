//! What other services are told of orders.

use contracts::{crm::order::v1, mask::Mask};
use kernel::{Env, Envelope, Principal};

use crate::{
    SERVICE,
    domain::{Order, OrderEvent},
    messages,
    parts::OrderParts,
};

/// The envelope of `event`, which left `order` as it is; for a deletion, as it was.
pub(crate) fn envelope(env: &Env, principal: &Principal, order: &Order, event: OrderEvent) -> Envelope {
    let after = || Some(messages::order(&OrderParts::from(order), Mask::ALL));
    let publishing = Publishing { env, principal, order };
    match event {
        OrderEvent::Created => publishing.of(&v1::OrderCreated { order: after() }),
        OrderEvent::Updated => publishing.of(&v1::OrderUpdated { order: after() }),
        OrderEvent::Moved { previous } => publishing.of(&v1::OrderMoved { order: after(), previous_customer_id: previous.to_string() }),
        OrderEvent::Scheduled => publishing.of(&v1::OrderScheduled { order: after() }),
        OrderEvent::Rescheduled => publishing.of(&v1::OrderRescheduled { order: after() }),
        OrderEvent::Assigned { employee } => publishing.of(&v1::OrderAssigned { order: after(), employee_id: employee.to_string() }),
        OrderEvent::Unassigned { employee, reason } => {
            publishing.of(&v1::OrderUnassigned { order: after(), employee_id: employee.to_string(), reason: reason.as_str().to_owned() })
        }
        OrderEvent::Started => publishing.of(&v1::OrderStarted { order: after() }),
        OrderEvent::Completed => publishing.of(&v1::OrderCompleted { order: after() }),
        OrderEvent::Canceled => publishing.of(&v1::OrderCanceled { order: after() }),
        // A version of its own, so that it wins over all events before it.
        OrderEvent::Deleted => publishing.at_version(
            order.version + 1,
            &v1::OrderDeleted { order_id: order.id.to_string(), customer_id: order.customer_id.to_string() },
        ),
    }
}

struct Publishing<'a> {
    env: &'a Env,
    principal: &'a Principal,
    order: &'a Order,
}

impl Publishing<'_> {
    fn of(&self, message: &impl prost::Name) -> Envelope {
        self.at_version(self.order.version, message)
    }

    fn at_version(&self, version: u64, message: &impl prost::Name) -> Envelope {
        events::envelope(self.env, self.principal, SERVICE, self.order.id.uuid(), version, message)
    }
}
