//! The domain's values as messages of the contract.

use contracts::{crm::order::v1, mask::Mask, masked, write};
use kernel::Timestamp;

use crate::domain::{
    Assignment, Base, Cancellation, ChecklistItem, Comment, Discount, Extra, Order, Price, PriceFactor, PriceLine, PriceLineKind,
    PriceTerms, PriceUnit, ServiceType, Status,
};

/// An order with everything in it, as events carry it and the office gets it.
pub(crate) fn order(order: &Order, mask: Mask<v1::Order>) -> v1::Order {
    masked!(mask => v1::Order {
        price_terms: Some(terms(&order.price_terms)),
        price: Some(price(&order.price)),
        ..order_without_prices(order, mask)
    })
}

/// An order as a cleaner gets it.
pub(crate) fn order_without_prices(order: &Order, mask: Mask<v1::Order>) -> v1::Order {
    masked!(mask => v1::Order {
        id: order.id.to_string(),
        version: order.version,
        customer_id: order.customer_id.to_string(),
        customer_name: order.customer_name.clone(),
        customer_phone: order.customer_phone.clone(),
        property_id: order.property_id.map(|id| id.to_string()).unwrap_or_default(),
        address: Some(&order.address).filter(|address| !address.street.is_empty()).map(write::address),
        access_notes: order.access_notes.clone(),
        service_type: service_type(order.service_type).into(),
        status: status(order.status).into(),
        needs_crew: order.needs_crew,
        starts_at: at(order.starts_at),
        ends_at: at(order.ends_at),
        crew_size: order.crew_size.get().into(),
        assignments: order.assignments.iter().map(assignment).collect(),
        price_terms: None,
        price: None,
        client_comments: order.client_comments.clone(),
        comments: order.comments.iter().map(comment).collect(),
        checklist: order.checklist.iter().map(checklist_item).collect(),
        started_at: order.started_at.and_then(at),
        completed_at: order.completed_at.and_then(at),
        cancellation: order.cancellation.as_ref().map(cancellation),
        created_at: at(order.created_at),
        updated_at: at(order.updated_at),
    })
}

fn at(at: Timestamp) -> Option<prost_types::Timestamp> {
    Some(write::timestamp(at))
}

fn service_type(service_type: ServiceType) -> v1::ServiceType {
    match service_type {
        ServiceType::ServiceCleaning => v1::ServiceType::ServiceCleaning,
        ServiceType::ObjectCleaning => v1::ServiceType::ObjectCleaning,
    }
}

fn status(status: Status) -> v1::OrderStatus {
    match status {
        Status::Draft => v1::OrderStatus::Draft,
        Status::Scheduled => v1::OrderStatus::Scheduled,
        Status::InProgress => v1::OrderStatus::InProgress,
        Status::Completed => v1::OrderStatus::Completed,
        Status::Canceled => v1::OrderStatus::Canceled,
    }
}

fn assignment(assignment: &Assignment) -> v1::Assignment {
    v1::Assignment {
        employee_id: assignment.employee_id.to_string(),
        employee_name: assignment.employee_name.clone(),
        assigned_at: at(assignment.assigned_at),
        override_reason: assignment.override_reason.clone(),
    }
}

fn comment(comment: &Comment) -> v1::Comment {
    v1::Comment {
        id: comment.id.to_string(),
        text: comment.text.clone(),
        author: Some(write::actor(&comment.author)),
        created_at: at(comment.created_at),
    }
}

fn checklist_item(item: &ChecklistItem) -> v1::ChecklistItem {
    v1::ChecklistItem {
        id: item.id.to_string(),
        text: item.text.clone(),
        done_at: item.done_at.and_then(at),
        done_by: item.done_by.as_ref().map(write::actor),
    }
}

fn cancellation(cancellation: &Cancellation) -> v1::Cancellation {
    v1::Cancellation {
        reason: cancellation.reason.clone(),
        canceled_at: at(cancellation.canceled_at),
        canceled_by: Some(write::actor(&cancellation.canceled_by)),
    }
}

fn terms(terms: &PriceTerms) -> v1::PriceTerms {
    use v1::price_terms::{Base as BaseMessage, Discount as DiscountMessage};
    let base = match terms.base() {
        Base::Fixed { price } => BaseMessage::Fixed(write::money(price)),
        Base::PerHour { rate, hours } => BaseMessage::PerHour(v1::PerHour { rate: Some(write::money(rate)), hours: write::decimal(hours) }),
        Base::PerArea { rate, area_m2 } => {
            BaseMessage::PerArea(v1::PerArea { rate: Some(write::money(rate)), area_m2: write::decimal(area_m2) })
        }
    };
    let discount = terms.discount().map(|discount| match discount {
        Discount::Percent { percent } => DiscountMessage::DiscountPercent(write::decimal(percent)),
        Discount::Amount { amount } => DiscountMessage::DiscountAmount(write::money(amount)),
    });
    v1::PriceTerms { base: Some(base), extras: terms.extras().iter().map(extra).collect(), discount }
}

fn extra(extra: &Extra) -> v1::Extra {
    v1::Extra { label: extra.label.clone(), quantity: write::decimal(extra.quantity), unit_price: Some(write::money(extra.unit_price)) }
}

fn price(price: &Price) -> v1::Price {
    v1::Price { lines: price.lines.iter().map(line).collect(), total: Some(write::money(price.total)) }
}

fn line(line: &PriceLine) -> v1::PriceLine {
    let kind = match line.kind {
        PriceLineKind::Base => v1::PriceLineKind::Base,
        PriceLineKind::Extra => v1::PriceLineKind::Extra,
        PriceLineKind::Discount => v1::PriceLineKind::Discount,
    };
    v1::PriceLine {
        kind: kind.into(),
        label: line.label.clone(),
        factors: line.factors.iter().map(factor).collect(),
        unit_price: line.unit_price.map(write::money),
        amount: Some(write::money(line.amount)),
    }
}

fn factor(factor: &PriceFactor) -> v1::PriceFactor {
    let unit = match factor.unit {
        PriceUnit::Hour => v1::PriceUnit::Hour,
        PriceUnit::Person => v1::PriceUnit::Person,
        PriceUnit::SquareMetre => v1::PriceUnit::SquareMetre,
        PriceUnit::Piece => v1::PriceUnit::Piece,
        PriceUnit::Percent => v1::PriceUnit::Percent,
    };
    v1::PriceFactor { value: write::decimal(factor.value), unit: unit.into() }
}
