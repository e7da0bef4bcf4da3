//! The domain's values as messages of the contract.

use contracts::{
    crm::{api, order::v1},
    mask::Mask,
    masked, write,
};
use kernel::{Address, Timestamp};

use crate::{
    domain::{
        Assignment, Base, Cancellation, ChecklistItem, Comment, Discount, Extra, Price, PriceFactor, PriceLine, PriceLineKind, PriceTerms,
        PriceUnit, ServiceType, Status,
    },
    parts::OrderParts,
};

const ADDRESS: u64 = Mask::<v1::Order>::bits("address");
const TERMS: u64 = Mask::<v1::Order>::bits("price_terms");
const PRICE: u64 = Mask::<v1::Order>::bits("price");
const CANCELLATION: u64 = Mask::<v1::Order>::bits("cancellation");

/// What a cleaner gets nothing of.
pub(crate) const PRICES: u64 = TERMS | PRICE;

/// An order, as events carry it and callers get it.
pub(crate) fn order(order: &OrderParts, mask: Mask<v1::Order>) -> v1::Order {
    masked!(mask => v1::Order {
        id: order.id.to_string(),
        version: order.version.to(|it| *it),
        customer_id: order.customer_id.to(ToString::to_string),
        customer_name: order.customer_name.to(Clone::clone),
        customer_phone: order.customer_phone.to(Clone::clone),
        property_id: order.property_id.to(|it| it.map(|id| id.to_string()).unwrap_or_default()),
        address: order.address.to(|it| address(it, mask.within(ADDRESS))),
        access_notes: order.access_notes.to(Clone::clone),
        service_type: order.service_type.to(|it| service_type(*it).into()),
        status: order.status.to(|it| status(*it).into()),
        needs_crew: order.needs_crew.to(|it| *it),
        starts_at: order.starts_at.to(|it| at(*it)),
        ends_at: order.ends_at.to(|it| at(*it)),
        crew_size: order.crew_size.to(|it| it.get().into()),
        assignments: order.assignments.to(|it| it.iter().map(assignment).collect()),
        price_terms: order.price_terms.to(|it| Some(terms(it, mask.within(TERMS)))),
        price: order.price.to(|it| Some(price(it, mask.within(PRICE)))),
        client_comments: order.client_comments.to(Clone::clone),
        comments: order.comments.to(|it| it.iter().map(comment).collect()),
        checklist: order.checklist.to(|it| it.iter().map(checklist_item).collect()),
        started_at: order.started_at.to(|it| it.and_then(at)),
        completed_at: order.completed_at.to(|it| it.and_then(at)),
        cancellation: order.cancellation.to(|it| it.as_ref().map(|it| cancellation(it, mask.within(CANCELLATION)))),
        created_at: order.created_at.to(|it| at(*it)),
        updated_at: order.updated_at.to(|it| at(*it)),
    })
}

/// Nothing where the customer was erased.
fn address(address: &Address, mask: Mask<api::v1::Address>) -> Option<api::v1::Address> {
    Some(address).filter(|address| !address.street.is_empty()).map(|address| write::address(address, mask))
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

fn cancellation(cancellation: &Cancellation, mask: Mask<v1::Cancellation>) -> v1::Cancellation {
    const BY: u64 = Mask::<v1::Cancellation>::bits("canceled_by");
    masked!(mask => v1::Cancellation {
        reason: cancellation.reason.clone(),
        canceled_at: at(cancellation.canceled_at),
        canceled_by: Some(write::actor_of(&cancellation.canceled_by, mask.within(BY))),
    })
}

fn terms(terms: &PriceTerms, mask: Mask<v1::PriceTerms>) -> v1::PriceTerms {
    use v1::price_terms::{Base as BaseMessage, Discount as DiscountMessage};
    const fn bits(name: &str) -> u64 {
        Mask::<v1::PriceTerms>::bits(name)
    }
    let (base_bits, base) = match terms.base() {
        Base::Fixed { price } => (const { bits("fixed") }, BaseMessage::Fixed(write::money(price))),
        Base::PerHour { rate, hours } => {
            let per_hour = v1::PerHour { rate: Some(write::money(rate)), hours: write::decimal(hours) };
            (const { bits("per_hour") }, BaseMessage::PerHour(per_hour))
        }
        Base::PerArea { rate, area_m2 } => {
            let per_area = v1::PerArea { rate: Some(write::money(rate)), area_m2: write::decimal(area_m2) };
            (const { bits("per_area") }, BaseMessage::PerArea(per_area))
        }
    };
    let discount = terms.discount().map(|discount| match discount {
        Discount::Percent { percent } => (const { bits("discount_percent") }, DiscountMessage::DiscountPercent(write::decimal(percent))),
        Discount::Amount { amount } => (const { bits("discount_amount") }, DiscountMessage::DiscountAmount(write::money(amount))),
    });
    v1::PriceTerms {
        base: mask.has(base_bits).then_some(base),
        extras: if mask.has(const { bits("extras") }) { terms.extras().iter().map(extra).collect() } else { Vec::new() },
        discount: discount.filter(|(bits, _)| mask.has(*bits)).map(|(_, discount)| discount),
    }
}

fn extra(extra: &Extra) -> v1::Extra {
    v1::Extra { label: extra.label.clone(), quantity: write::decimal(extra.quantity), unit_price: Some(write::money(extra.unit_price)) }
}

fn price(price: &Price, mask: Mask<v1::Price>) -> v1::Price {
    masked!(mask => v1::Price { lines: price.lines.iter().map(line).collect(), total: Some(write::money(price.total)) })
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
