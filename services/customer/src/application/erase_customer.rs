//! Erasing what is personal of a customer, wherever it is kept.

use events::Bus;
use kernel::{CompanyId, CustomerId, Error, Principal, Result};
use runtime::retry::retry_conflicts;
use store::{CompanyStore, HistoryEntry, Query};
use uuid::Uuid;

use super::{Application, not_found};
use crate::{
    SERVICE,
    domain::{Customer, CustomerFacts, OrderRef},
    publishing,
};

/// How many dead letters are looked through.
const MOST_DEAD_LETTERS: usize = 10_000;
/// How many orders are read at once.
const PAGE: usize = 1_000;

/// What was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Whose customer it was.
    pub company: CompanyId,
    /// Their orders, from which the order service erases them.
    pub orders: Vec<Uuid>,
}

impl Application {
    /// Erases a customer whatever their status and their orders: the record goes, its history keeps no values, nothing of
    /// it is sent again, and `CustomerErased` has those who have copies do the same. Of a customer who was deleted or
    /// erased before the rest goes, and the event is sent once more. For operators alone.
    ///
    /// # Errors
    /// [`Error::NotFound`] where nothing here tells of such a customer.
    pub async fn erase_customer(&self, id: CustomerId) -> Result<Erasure> {
        for company in self.store.companies().await? {
            let principal = Principal::service(company, SERVICE);
            if retry_conflicts(|| self.try_erase_customer(&principal, id)).await? {
                return Ok(Erasure { company, orders: orders(&self.company(&principal), id).await? });
            }
        }
        Err(not_found(id, "id"))
    }

    /// Whether the company knows or knew the customer, who is erased then.
    async fn try_erase_customer(&self, principal: &Principal, id: CustomerId) -> Result<bool> {
        let company = self.company(principal);
        let customer: Option<Customer> = company.get(id.uuid()).await?;
        let facts: Option<CustomerFacts> = company.get(id.uuid()).await?;
        let newest = Query::by("version").descending().eq("entity_id", id).page(1, None);
        let newest = company.find::<HistoryEntry>(&newest).await?.items.pop();
        let versions = [customer.as_ref().map(|customer| customer.version), newest.map(|entry| entry.version)];
        let Some(version) = versions.into_iter().flatten().max() else { return Ok(false) };

        let mut transaction = company.transaction(&principal.actor, self.env.now());
        if let Some(customer) = &customer {
            transaction.delete(customer);
        }
        if let Some(facts) = &facts {
            transaction.delete(facts);
        }
        transaction.forget(id.uuid()).publish(publishing::erased(&self.env, principal, id, version + 1));
        transaction.commit().await?;
        Ok(true)
    }
}

/// The orders that a customer has, as far as is known here.
async fn orders(company: &CompanyStore, id: CustomerId) -> Result<Vec<Uuid>> {
    let (mut orders, mut token) = (Vec::new(), None);
    loop {
        let page = company.find::<OrderRef>(&Query::by("completed_at").eq("customer_id", id).page(PAGE, token)).await?;
        token = page.next_page_token();
        orders.extend(page.items.iter().map(|order| order.id.uuid()));
        if token.is_none() {
            return Ok(orders);
        }
    }
}

impl Erasure {
    /// Throws the dead letters away that are about the customer or one of the orders; how many there were.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn discard_dead_letters(&self, customer: CustomerId, bus: &dyn Bus) -> Result<usize> {
        let mut discarded = 0;
        for letter in bus.dead_letters(MOST_DEAD_LETTERS).await? {
            let concerns = |subject: Uuid| subject == customer.uuid() || self.orders.contains(&subject);
            if letter.envelope.is_some_and(|event| event.company == self.company && concerns(event.subject)) {
                match bus.discard(&letter.id).await {
                    Ok(()) => discarded += 1,
                    // Somebody else dealt with it meanwhile.
                    Err(Error::NotFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(discarded)
    }
}
