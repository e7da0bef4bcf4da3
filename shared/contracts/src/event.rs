//! Events whose kind is known at run time only.

use prost_reflect::DynamicMessage;

use crate::method::descriptors;

/// What an event of the kind `kind` says, as its contract reads it, for showing it to an operator: serde writes it as the
/// JSON of protobuf. `None` where the kind is none of these contracts, or `data` is no such message.
#[must_use]
pub fn describe(kind: &str, data: &[u8]) -> Option<DynamicMessage> {
    DynamicMessage::decode(descriptors().get_message_by_name(kind)?, data).ok()
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::crm::order::v1::OrderDeleted;

    #[test]
    fn an_event_is_read_by_its_contract_and_nothing_else_is() {
        let event = OrderDeleted { order_id: "7".to_owned(), ..OrderDeleted::default() };
        let message = describe("crm.order.v1.OrderDeleted", &event.encode_to_vec()).unwrap();
        assert_eq!(message.get_field_by_name("order_id").unwrap().as_str(), Some("7"));
        assert!(describe("crm.order.v1.OrderDeleted", b"\xff\xff").is_none());
        assert!(describe("crm.order.v1.Nothing", b"").is_none());
    }
}
