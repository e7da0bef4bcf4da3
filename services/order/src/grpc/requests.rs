//! Requests as commands of the use cases. Field paths are those of the request.

use std::collections::BTreeSet;

use contracts::{
    crm::{api::v1 as api, order::v1},
    read,
};
use kernel::{Decimal, EmployeeId, Error, OrderId, PageSize, PropertyId, Result, Violations};
use store::Direction;

use crate::{
    application::{AssignEmployee, CreateOrder, ListOrders, MoveOrder, OrderFilter, PlaceChoice, ScheduleOrder, UpdateOrder},
    domain::{
        Base, ChecklistEntry, CrewSize, Discount, Extra, NewOrder, OrderChanges, Period, PriceTerms, ServiceType, Status,
        order::checklist::ChecklistItemId,
    },
};

/// The fields of an order that an update may change.
const CHANGEABLE: &[&str] = &["property_id", "address", "service_type", "crew_size", "price_terms", "client_comments", "checklist"];

/// An order and the version that the caller has seen.
pub(super) fn seen(id: &str, version: u64) -> Result<(OrderId, u64)> {
    let mut checks = Violations::default();
    let id = checks.take(read::id("id", id));
    let version = checks.take(read::version("version", version));
    checks.finish_with(|| Some((id?, version?)))
}

pub(super) fn create_order(request: v1::CreateOrderRequest) -> Result<CreateOrder> {
    let mut checks = Violations::default();
    let customer_id = checks.take(read::id("customer_id", &request.customer_id));
    let place = checks.take(place(&request.property_id, request.address));
    let service_type = checks.take(service_type(request.service_type));
    let starts_at = checks.take(read::timestamp("starts_at", request.starts_at.as_ref()));
    let ends_at = checks.take(read::timestamp("ends_at", request.ends_at.as_ref()));
    let period = starts_at.zip(ends_at).and_then(|(starts_at, ends_at)| checks.take(Period::of_order(starts_at, ends_at)));
    let crew_size = checks.take(match request.crew_size {
        0 => Ok(CrewSize::ONE),
        people => CrewSize::new(people),
    });
    let price_terms = checks.take(price_terms(request.price_terms));
    checks.finish_with(|| {
        let order = NewOrder {
            service_type: service_type?,
            period: period?,
            crew_size: crew_size?,
            price_terms: price_terms?,
            client_comments: request.client_comments,
            checklist: request.checklist,
        };
        Some(CreateOrder { customer_id: customer_id?, place: place?, order })
    })
}

pub(super) fn update_order(request: v1::UpdateOrderRequest) -> Result<UpdateOrder> {
    let order = request.order.ok_or_else(|| required("order"))?;
    let mut checks = Violations::default();
    let mask = checks.take(read::update_mask(request.update_mask.as_ref(), CHANGEABLE));
    let command = checks.take(changed_order(order, &mask.unwrap_or_default()).map_err(|error| error.under("order")));
    checks.finish_with(|| command)
}

/// Fields that the mask doesn't name are not looked at, whatever they hold.
fn changed_order(order: v1::Order, mask: &BTreeSet<&str>) -> Result<UpdateOrder> {
    let named = |field: &str| mask.contains(field);
    let mut checks = Violations::default();
    let (id, version) = (checks.take(read::id("id", &order.id)), checks.take(read::version("version", order.version)));
    let property_id = if named("property_id") { order.property_id.as_str() } else { "" };
    let address = order.address.filter(|_| named("address"));
    let unplaced = named("address") && address.is_none() && property_id.is_empty();
    checks.require(!unplaced, "address", "REQUIRED", "must be given, or a property_id that the mask names too");
    let place = checks.take(place(property_id, address)).filter(|_| named("property_id") || named("address"));
    let service_type = checks.take(if_named(named("service_type"), || service_type(order.service_type)));
    let crew_size = checks.take(if_named(named("crew_size"), || CrewSize::new(order.crew_size)));
    let price_terms = checks.take(if_named(named("price_terms"), || price_terms(order.price_terms)));
    let checklist = checks.take(if_named(named("checklist"), || checklist(order.checklist)));
    checks.finish_with(|| {
        let changes = OrderChanges {
            service_type: service_type?,
            crew_size: crew_size?,
            price_terms: price_terms?,
            client_comments: named("client_comments").then_some(order.client_comments),
            checklist: checklist?,
        };
        Some(UpdateOrder { id: id?, version: version?, place, changes })
    })
}

pub(super) fn move_order(request: v1::MoveOrderRequest) -> Result<MoveOrder> {
    let mut checks = Violations::default();
    let seen = checks.take(seen(&request.id, request.version));
    let customer_id = checks.take(read::id("customer_id", &request.customer_id));
    let place = checks.take(place(&request.property_id, request.address));
    checks.finish_with(|| {
        let (id, version) = seen?;
        Some(MoveOrder { id, version, customer_id: customer_id?, place: place? })
    })
}

pub(super) fn schedule_order(request: &v1::ScheduleOrderRequest) -> Result<ScheduleOrder> {
    let mut checks = Violations::default();
    let seen = checks.take(seen(&request.id, request.version));
    let starts_at = checks.take(read::optional_timestamp("starts_at", request.starts_at.as_ref()));
    let ends_at = checks.take(read::optional_timestamp("ends_at", request.ends_at.as_ref()));
    checks.finish_with(|| {
        let (id, version) = seen?;
        Some(ScheduleOrder { id, version, starts_at: starts_at?, ends_at: ends_at? })
    })
}

pub(super) fn assign_employee(request: v1::AssignEmployeeRequest) -> Result<AssignEmployee> {
    let mut checks = Violations::default();
    let seen = checks.take(seen(&request.id, request.version));
    let employee_id = checks.take(read::id("employee_id", &request.employee_id));
    checks.finish_with(|| {
        let (id, version) = seen?;
        Some(AssignEmployee { id, version, employee_id: employee_id?, override_reason: request.override_reason })
    })
}

pub(super) fn unassign_employee(request: &v1::UnassignEmployeeRequest) -> Result<(OrderId, EmployeeId, u64)> {
    let mut checks = Violations::default();
    let seen = checks.take(seen(&request.id, request.version));
    let employee = checks.take(read::id("employee_id", &request.employee_id));
    checks.finish_with(|| {
        let (id, version) = seen?;
        Some((id, employee?, version))
    })
}

pub(super) fn set_checklist_item_done(request: &v1::SetChecklistItemDoneRequest) -> Result<(OrderId, ChecklistItemId, bool)> {
    let mut checks = Violations::default();
    let id = checks.take(read::id("id", &request.id));
    let item = checks.take(read::id("item_id", &request.item_id));
    checks.finish_with(|| Some((id?, item?, request.done)))
}

pub(super) fn list_orders(request: v1::ListOrdersRequest) -> Result<ListOrders> {
    let mut checks = Violations::default();
    let filter = checks.take(filter(request.filter.unwrap_or_default()));
    let order_by = checks.take(read::optional_enumeration::<v1::OrderOrderBy>("order_by", request.order_by));
    let page_size = checks.take(PageSize::parse("page_size", request.page_size));
    checks.finish_with(|| {
        let direction = match order_by? {
            None | Some(v1::OrderOrderBy::Unspecified | v1::OrderOrderBy::StartsAtAsc) => Direction::Ascending,
            Some(v1::OrderOrderBy::StartsAtDesc) => Direction::Descending,
        };
        Some(ListOrders { filter: filter?, direction, page_size: page_size?, page_token: request.page_token })
    })
}

fn filter(filter: v1::OrderFilter) -> Result<OrderFilter> {
    let mut checks = Violations::default();
    let statuses = each(filter.statuses, |i, number| checks.take(status(&format!("filter.statuses[{i}]"), number)));
    let starts_from = checks.take(read::optional_timestamp("filter.starts_from", filter.starts_from.as_ref()));
    let starts_until = checks.take(read::optional_timestamp("filter.starts_until", filter.starts_until.as_ref()));
    let customer_id = checks.take(read::optional_id("filter.customer_id", &filter.customer_id));
    let employee_id = checks.take(read::optional_id("filter.employee_id", &filter.employee_id));
    checks.finish_with(|| {
        Some(OrderFilter {
            statuses: statuses?,
            starts_from: starts_from?,
            starts_until: starts_until?,
            customer_id: customer_id?,
            employee_id: employee_id?,
            needs_crew: filter.needs_crew,
        })
    })
}

fn status(field: &str, number: i32) -> Result<Status> {
    match read::enumeration::<v1::OrderStatus>(field, number)? {
        v1::OrderStatus::Draft => Ok(Status::Draft),
        v1::OrderStatus::Scheduled => Ok(Status::Scheduled),
        v1::OrderStatus::InProgress => Ok(Status::InProgress),
        v1::OrderStatus::Completed => Ok(Status::Completed),
        v1::OrderStatus::Canceled => Ok(Status::Canceled),
        v1::OrderStatus::Unspecified => Err(required(field)),
    }
}

fn service_type(number: i32) -> Result<ServiceType> {
    const FIELD: &str = "service_type";
    match read::enumeration::<v1::ServiceType>(FIELD, number)? {
        v1::ServiceType::ServiceCleaning => Ok(ServiceType::ServiceCleaning),
        v1::ServiceType::ObjectCleaning => Ok(ServiceType::ObjectCleaning),
        v1::ServiceType::Unspecified => Err(required(FIELD)),
    }
}

fn place(property_id: &str, address: Option<api::Address>) -> Result<PlaceChoice> {
    let mut checks = Violations::default();
    let property_id: Option<Option<PropertyId>> = checks.take(read::optional_id("property_id", property_id));
    let address = checks.take(address.map(|address| read::address(address).checked()).transpose().map_err(|error| error.under("address")));
    checks.finish_with(|| Some(PlaceChoice { property_id: property_id?, address: address? }))
}

fn checklist(items: Vec<v1::ChecklistItem>) -> Result<Vec<ChecklistEntry>> {
    let mut checks = Violations::default();
    let entries = each(items, |i, v1::ChecklistItem { id, text, .. }| {
        let id = checks.take(read::optional_id(&format!("checklist[{i}].id"), &id))?;
        Some(ChecklistEntry { id, text })
    });
    checks.finish_with(|| entries)
}

fn price_terms(terms: Option<v1::PriceTerms>) -> Result<PriceTerms> {
    const FIELD: &str = "price_terms";
    let terms = terms.ok_or_else(|| required(FIELD))?;
    let mut checks = Violations::default();
    let base = checks.take(base(terms.base));
    let extras = each(terms.extras, |i, extra| checks.take(self::extra(extra).map_err(|e| e.under(&format!("extras[{i}]")))));
    let discount = checks.take(terms.discount.map(discount).transpose());
    let read = checks.finish_with(|| Some((base?, extras?, discount?)));
    read.and_then(|(base, extras, discount)| PriceTerms::new(base, extras, discount)).map_err(|error| error.under(FIELD))
}

fn base(base: Option<v1::price_terms::Base>) -> Result<Base> {
    use v1::price_terms::Base as Message;
    let mut checks = Violations::default();
    match base {
        None => Err(Error::invalid("base", "REQUIRED", "must be one of fixed, per_hour, per_area")),
        Some(Message::Fixed(price)) => Ok(Base::Fixed { price: read::money("fixed", Some(&price))? }),
        Some(Message::PerHour(v1::PerHour { rate, hours })) => {
            let rate = checks.take(read::money("per_hour.rate", rate.as_ref()));
            let hours = checks.take(read::decimal("per_hour.hours", &hours));
            checks.finish_with(|| Some(Base::PerHour { rate: rate?, hours: hours? }))
        }
        Some(Message::PerArea(v1::PerArea { rate, area_m2 })) => {
            let rate = checks.take(read::money("per_area.rate", rate.as_ref()));
            let area_m2 = checks.take(read::decimal("per_area.area_m2", &area_m2));
            checks.finish_with(|| Some(Base::PerArea { rate: rate?, area_m2: area_m2? }))
        }
    }
}

fn extra(v1::Extra { label, quantity, unit_price }: v1::Extra) -> Result<Extra> {
    let mut checks = Violations::default();
    let quantity = checks.take(read::optional_decimal("quantity", &quantity));
    let unit_price = checks.take(read::money("unit_price", unit_price.as_ref()));
    checks.finish_with(|| Some(Extra { label, quantity: quantity?.unwrap_or(Decimal::ONE), unit_price: unit_price? }))
}

fn discount(discount: v1::price_terms::Discount) -> Result<Discount> {
    use v1::price_terms::Discount as Message;
    match discount {
        Message::DiscountPercent(percent) => Ok(Discount::Percent { percent: read::decimal("discount_percent", &percent)? }),
        Message::DiscountAmount(amount) => Ok(Discount::Amount { amount: read::money("discount_amount", Some(&amount))? }),
    }
}

/// Reads every element, also after one that could not be read, so that all are told of.
fn each<T, U>(items: Vec<T>, mut read: impl FnMut(usize, T) -> Option<U>) -> Option<Vec<U>> {
    let read: Vec<Option<U>> = items.into_iter().enumerate().map(|(i, item)| read(i, item)).collect();
    read.into_iter().collect()
}

fn if_named<T>(named: bool, read: impl FnOnce() -> Result<T>) -> Result<Option<T>> {
    named.then(read).transpose()
}

fn required(field: &str) -> Error {
    Error::invalid(field, "REQUIRED", "must be given")
}
