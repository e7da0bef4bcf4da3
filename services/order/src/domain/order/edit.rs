//! Taking an order, changing and moving it.

use kernel::{Error, OrderId, Result, Timestamp, Violations, text};

use super::{
    Order, OrderState, ServiceType,
    checklist::{self, ChecklistEntry, ChecklistItemId},
    crew::CrewSize,
    status::Status,
};
use crate::domain::{
    customer::{CustomerCopy, Place},
    event::OrderEvent,
    period::Period,
    price::PriceTerms,
};

/// An order to be taken.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// What is cleaned.
    pub service_type: ServiceType,
    /// From when to when.
    pub period: Period,
    /// How many people it needs.
    pub crew_size: CrewSize,
    /// How the price is made.
    pub price_terms: PriceTerms,
    /// What the customer said, at most 2,000 characters; may be empty.
    pub client_comments: String,
    /// What is to be done, at most 100 items of 1 to 200 characters.
    pub checklist: Vec<String>,
}

/// What shall be different at an order; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct OrderChanges {
    /// What is cleaned.
    pub service_type: Option<ServiceType>,
    /// How many people it needs.
    pub crew_size: Option<CrewSize>,
    /// How the price is made.
    pub price_terms: Option<PriceTerms>,
    /// What the customer said, at most 2,000 characters; may be empty.
    pub client_comments: Option<String>,
    /// What is to be done, at most 100 items.
    pub checklist: Option<Vec<ChecklistEntry>>,
}

impl Order {
    /// Takes an order of an active customer, as a draft.
    ///
    /// # Errors
    /// As [`CustomerCopy::takes_orders`]; [`Error::Invalid`] with every field that breaks a limit.
    pub fn take(
        id: OrderId,
        customer: &CustomerCopy,
        place: Place,
        new: NewOrder,
        new_id: impl FnMut() -> ChecklistItemId,
        at: Timestamp,
    ) -> Result<(Self, OrderEvent)> {
        customer.takes_orders()?;
        let NewOrder { service_type, period, crew_size, price_terms, client_comments, checklist } = new;
        let mut checks = Violations::default();
        let price = checks.take(price_terms.price(crew_size).map_err(|e| e.under("price_terms")));
        let client_comments = checks.take(comments(&client_comments));
        let entries = checklist.into_iter().map(|text| ChecklistEntry { id: None, text }).collect();
        let checklist = checks.take(checklist::rewritten(&[], entries, new_id).map_err(of_texts));
        let order = checks.finish_with(|| {
            Some(Self(OrderState {
                id,
                version: 0,
                customer_id: customer.id(),
                customer_name: customer.facts().name.clone(),
                customer_phone: customer.facts().phone.clone(),
                property_id: place.property_id,
                address: place.address,
                access_notes: place.access_notes,
                service_type,
                status: Status::Draft,
                needs_crew: true,
                starts_at: period.starts_at(),
                ends_at: period.ends_at(),
                crew_size,
                employee_ids: Vec::new(),
                assignments: Vec::new(),
                price_terms,
                price: price?,
                client_comments: client_comments?,
                comments: Vec::new(),
                checklist: checklist?,
                started_at: None,
                completed_at: None,
                cancellation: None,
                created_at: at,
                updated_at: at,
            }))
        });
        let mut order = order?;
        order.changed(at);
        Ok((order, OrderEvent::Created))
    }

    /// Changes what `changes` names, and where to clean where a `place` is given; the price follows. Nothing changes where
    /// everything is so already.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that breaks a limit; [`Error::FailedPrecondition`]: `ORDER_ENDED`;
    /// `CREW_TOO_SMALL` where more people are assigned than the order shall need.
    pub fn change(
        &mut self,
        place: Option<Place>,
        changes: OrderChanges,
        new_id: impl FnMut() -> ChecklistItemId,
        at: Timestamp,
    ) -> Result<Option<OrderEvent>> {
        self.expect_open()?;
        let OrderChanges { service_type, crew_size, price_terms, client_comments, checklist } = changes;
        let mut next = self.clone();
        let mut checks = Violations::default();
        let state = &mut next.0;
        if let Some(place) = place {
            state.put_at(place);
        }
        state.service_type = service_type.unwrap_or(state.service_type);
        if let Some(crew_size) = crew_size.filter(|size| *size != self.crew_size) {
            self.expect_room(crew_size)?;
            state.crew_size = crew_size;
        }
        state.price_terms = price_terms.unwrap_or_else(|| self.price_terms.clone());
        if let Some(price) = checks.take(state.price_terms.price(state.crew_size).map_err(|e| e.under("price_terms"))) {
            state.price = price;
        }
        if let Some(text) = client_comments.and_then(|text| checks.take(comments(&text))) {
            state.client_comments = text;
        }
        if let Some(items) = checklist.and_then(|entries| checks.take(checklist::rewritten(&self.checklist, entries, new_id))) {
            state.checklist = items;
        }
        checks.finish()?;
        if next == *self {
            return Ok(None);
        }
        next.changed(at);
        *self = next;
        Ok(Some(OrderEvent::Updated))
    }

    /// Moves the order to another, active customer.
    ///
    /// # Errors
    /// As [`CustomerCopy::takes_orders`]; [`Error::Invalid`] where it is this customer's already;
    /// [`Error::FailedPrecondition`] `ORDER_ENDED`.
    pub fn move_to(&mut self, customer: &CustomerCopy, place: Place, at: Timestamp) -> Result<OrderEvent> {
        self.expect_open()?;
        customer.takes_orders()?;
        let previous = self.customer_id;
        if previous == customer.id() {
            return Err(Error::invalid(
                "customer_id",
                "UNCHANGED",
                "must be another customer than now; to change the place update the order",
            ));
        }
        self.0.customer_id = customer.id();
        self.0.customer_name.clone_from(&customer.facts().name);
        self.0.customer_phone.clone_from(&customer.facts().phone);
        self.0.put_at(place);
        self.changed(at);
        Ok(OrderEvent::Moved { previous })
    }

    /// Goes on only where no more people are assigned than the order shall need: to need fewer than come is most likely a slip.
    fn expect_room(&self, crew_size: CrewSize) -> Result<()> {
        let assigned = self.assignments.len();
        if assigned <= crew_size.people() {
            return Ok(());
        }
        let message = format!("{assigned} people are assigned, more than {}; take somebody off first", crew_size.get());
        Err(Error::failed_precondition("CREW_TOO_SMALL", "crew_size", message))
    }
}

impl OrderState {
    fn put_at(&mut self, place: Place) {
        self.property_id = place.property_id;
        self.address = place.address;
        self.access_notes = place.access_notes;
    }
}

fn comments(text: &str) -> Result<String> {
    text::optional_paragraphs("client_comments", text, 2_000)
}

/// A new order's checklist is texts alone: `checklist[0]`, not `checklist[0].text`.
fn of_texts(mut error: Error) -> Error {
    if let Error::Invalid(violations) = &mut error {
        for violation in violations {
            violation.field = violation.field.trim_end_matches(".text").to_owned();
        }
    }
    error
}
