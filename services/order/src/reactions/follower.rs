//! Keeps copies, and makes orders follow them.

use std::sync::Arc;

use async_trait::async_trait;
use events::{HandleError, Handler};
use kernel::{Actor, Env, Envelope, Error, Principal, Result, Timestamp};
use runtime::retry::retry_contended;
use store::{CompanyStore, Document, Query, Store, Transaction};
use uuid::Uuid;

use crate::{
    SERVICE,
    domain::{FactCopy, FormerOrder, Order, OrderEvent},
    publishing,
    turns::Turns,
};

/// How many orders follow in one transaction.
const BATCH: usize = 100;
/// How many pending events are looked through before some are forgotten. More of them mean that the bus is down.
const MOST_PENDING: usize = 1_000;

/// The handler of the events of those whose facts orders follow.
pub(super) struct Follower<F> {
    /// The consumer's name.
    pub(super) consumer: &'static str,
    /// The field of an order that holds the id of what it follows.
    pub(super) field: &'static str,
    /// What an event says.
    pub(super) facts: fn(&Envelope) -> Result<F, HandleError>,
    /// Makes an order follow the copy; `None` where it does already.
    pub(super) follow: fn(&mut Order, &FactCopy<F>, &Actor, Timestamp) -> Option<OrderEvent>,
    /// Whether facts say that nothing here may tell of whom they are of any more.
    pub(super) erased: fn(&F) -> bool,
    /// Where copies and orders are kept.
    pub(super) store: Store,
    /// The clock, and chance.
    pub(super) env: Env,
    /// Where this waits for the use cases that rely on the same copy.
    pub(super) turns: Arc<Turns>,
}

#[async_trait]
impl<F> Handler for Follower<F>
where
    F: Clone + PartialEq + Send + Sync + 'static,
    FactCopy<F>: Document,
{
    async fn handle(&self, event: &Envelope) -> Result<(), HandleError> {
        let facts = (self.facts)(event)?;
        let company = self.store.company(event.company);
        let work = Work { follower: self, event, company, principal: Principal::service(event.company, SERVICE) };
        work.run(&facts).await.map_err(again)
    }
}

/// One event being handled.
struct Work<'a, F> {
    follower: &'a Follower<F>,
    event: &'a Envelope,
    company: CompanyStore,
    principal: Principal,
}

impl<F> Work<'_, F>
where
    F: Clone + PartialEq + Send + Sync + 'static,
    FactCopy<F>: Document,
{
    async fn run(&self, facts: &F) -> Result<()> {
        // An erasure reaches further than the orders that follow.
        if !(self.follower.erased)(facts) && retry_contended("the schedule", || self.at_once(facts)).await? {
            return Ok(());
        }
        let copy = retry_contended("the schedule", || self.take_over(facts)).await?;
        // What was written since an erasure goes with the next one, though the facts are the same.
        if !copy.is_settled() || (self.follower.erased)(facts) {
            self.walk().await?;
            if (self.follower.erased)(copy.facts()) {
                self.forget_former().await?;
            }
        }
        retry_contended("the schedule", || self.settle(&copy)).await
    }

    /// Takes over the facts, makes the orders follow and marks the event as received, in one transaction; `false` where that would
    /// be too large, or where somebody else's walk was broken off.
    ///
    /// The orders are read after the copy: who puts another under it meanwhile writes the copy too, and this starts again.
    async fn at_once(&self, facts: &F) -> Result<bool> {
        let _turn = self.follower.turns.at([self.event.subject]).await;
        let Some(before) = self.copy().await? else {
            // Nobody could rely on what was not here.
            let mut transaction = self.transaction();
            transaction.insert(&self.first(facts).with_orders());
            return self.receive(transaction).await.map(|()| true);
        };
        let mut transaction = self.transaction();
        match self.newer(&before, facts) {
            None if before.is_settled() => {}
            None => return Ok(false),
            Some(copy) if copy.is_settled() => {
                transaction.update(&before, &copy);
            }
            Some(copy) => {
                let page = self.company.find::<Order>(&self.concerned(None)).await?;
                if page.next_page_token().is_some() {
                    return Ok(false);
                }
                self.put(&mut transaction, &page.items, &copy);
                transaction.update(&before, &copy.with_orders());
            }
        }
        self.receive(transaction).await.map(|()| true)
    }

    /// The copy where there was none.
    fn first(&self, facts: &F) -> FactCopy<F> {
        FactCopy::first(self.event.subject, self.event.version, self.event.time, facts.clone())
    }

    /// The copy with the event's facts; `None` where they are not newer.
    fn newer(&self, copy: &FactCopy<F>, facts: &F) -> Option<FactCopy<F>> {
        copy.taking_over(self.event.version, self.event.time, facts.clone())
    }

    /// A page of the orders that follow the copy.
    fn concerned(&self, token: Option<String>) -> Query {
        Query::by("id").eq(self.follower.field, self.event.subject).page(BATCH, token)
    }

    /// Makes the orders follow the copy with the transaction, and returns which of them changed.
    fn put(&self, transaction: &mut Transaction, orders: &[Order], copy: &FactCopy<F>) -> Vec<Uuid> {
        let at = self.follower.env.now();
        let mut changed = Vec::new();
        for before in orders {
            let mut after = before.clone();
            if let Some(event) = (self.follower.follow)(&mut after, copy, &self.principal.actor, at) {
                transaction.update(before, &after);
                transaction.publish(publishing::envelope(&self.follower.env, &self.principal, &after, event));
                changed.push(before.id.uuid());
            }
        }
        changed
    }

    /// Commits with the mark that the event was received. Where it was received before, nothing is written.
    async fn receive(&self, mut transaction: Transaction) -> Result<()> {
        transaction.received(self.follower.consumer, self.event.id);
        match transaction.commit().await {
            Ok(()) | Err(store::Error::AlreadyReceived) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn transaction(&self) -> Transaction {
        self.company.transaction(&self.principal.actor, self.follower.env.now())
    }

    async fn copy(&self) -> Result<Option<FactCopy<F>>> {
        Ok(self.company.get(self.event.subject).await?)
    }

    /// Puts the event's facts into the copy where they are newer, and returns the copy as it is then.
    async fn take_over(&self, facts: &F) -> Result<FactCopy<F>> {
        let _turn = self.follower.turns.at([self.event.subject]).await;
        let mut transaction = self.transaction();
        let next = match self.copy().await? {
            None => {
                let next = self.first(facts);
                transaction.insert(&next);
                next
            }
            Some(current) => {
                let Some(next) = self.newer(&current, facts) else { return Ok(current) };
                transaction.update(&current, &next);
                next
            }
        };
        transaction.commit().await?;
        Ok(next)
    }

    /// Makes every order concerned follow the copy.
    async fn walk(&self) -> Result<()> {
        let mut token = None;
        loop {
            let page = self.company.find::<Order>(&self.concerned(token)).await?;
            token = page.next_page_token();
            let ids: Vec<Uuid> = page.items.iter().map(|order| order.id.uuid()).collect();
            let mut orders = Some(page.items);
            retry_contended("the schedule", || self.follow(orders.take(), &ids)).await?;
            if token.is_none() {
                return Ok(());
            }
        }
    }

    /// Makes these orders follow the copy as it is now; they are read again where they aren't given.
    ///
    /// The copy is written with them: at this moment another process may take over newer facts and make orders follow those,
    /// which must not go back to these.
    async fn follow(&self, orders: Option<Vec<Order>>, ids: &[Uuid]) -> Result<()> {
        let _turn = self.follower.turns.at([self.event.subject]).await;
        let copy = self.copy().await?.ok_or_else(|| Error::internal("a copy is gone, and copies stay for ever"))?;
        let orders = match orders {
            Some(orders) => orders,
            None => self.company.get_many(ids).await?.into_iter().flatten().collect(),
        };
        let mut transaction = self.transaction();
        let changed = self.put(&mut transaction, &orders, &copy);
        if changed.is_empty() {
            return Ok(());
        }
        if (self.follower.erased)(copy.facts()) {
            // Those only: the others were forgotten as they were emptied, and what happened to them since is still to be told.
            self.forget(&mut transaction, &changed).await?;
        }
        transaction.update(&copy, &copy.touched());
        transaction.commit().await?;
        Ok(())
    }

    /// Forgets what history and outbox tell of orders that were the customer's before they were moved or deleted.
    async fn forget_former(&self) -> Result<()> {
        loop {
            let page = Query::by("id").eq("customer_id", self.event.subject).page(BATCH, None);
            let former = self.company.find::<FormerOrder>(&page).await?.items;
            if former.is_empty() {
                return Ok(());
            }
            let ids: Vec<Uuid> = former.iter().map(|former| former.order_id.uuid()).collect();
            let mut transaction = self.transaction();
            self.forget(&mut transaction, &ids).await?;
            for former in &former {
                transaction.delete(former);
            }
            transaction.commit().await?;
        }
    }

    /// Forgets these orders with the transaction, as soon as others have heard of what happened to them until now.
    async fn forget(&self, transaction: &mut Transaction, orders: &[Uuid]) -> Result<()> {
        let pending = self.follower.store.outbox().pending(MOST_PENDING).await?;
        if pending.len() == MOST_PENDING || pending.iter().any(|event| orders.contains(&event.subject)) {
            return Err(Error::Unavailable("the bus (events of these orders wait to be sent)".into()));
        }
        for order in orders {
            transaction.forget(*order);
        }
        Ok(())
    }

    /// Marks the event as received, and the copy as settled where it is still the one that was walked for.
    async fn settle(&self, walked: &FactCopy<F>) -> Result<()> {
        let _turn = self.follower.turns.at([self.event.subject]).await;
        let mut transaction = self.transaction();
        // Use cases may have touched it since.
        let copy = if walked.is_settled() { None } else { self.copy().await? };
        if let Some(copy) = copy.filter(|copy| !copy.is_settled() && copy.source_version() == walked.source_version()) {
            transaction.update(&copy, &copy.settled());
        }
        self.receive(transaction).await
    }
}

/// Why the event comes again. That others change the same things all the time is no fault of the event: it is
/// delivered for as long as it takes, and goes on where it stopped.
fn again(error: Error) -> HandleError {
    HandleError::Retry(match error {
        Error::Conflict { .. } => Error::Unavailable("the orders (too many change them at once)".into()),
        error => error,
    })
}
