//! What changed, from what, to what, by whom, when.

use contracts::{
    crm::api::v1::{HistoryPage, HistoryQuery, HistoryResult, history_result},
    mask::Mask,
};
use kernel::{Error, OrderId, Principal, Result};
use runtime::grpc::rpc_status;

use super::{Access, Application};

/// Fields whose changes a cleaner sees. Not prices; and not whose order it was or where: it may have been another customer's.
const FOR_THE_CREW: [&str; 13] = [
    "service_type",
    "status",
    "needs_crew",
    "starts_at",
    "ends_at",
    "crew_size",
    "assignments",
    "client_comments",
    "comments",
    "checklist",
    "started_at",
    "completed_at",
    "cancellation",
];

impl Application {
    /// A page of the history of each order that is asked for. For the office, deleted orders included; a cleaner's own, without
    /// prices, customers and addresses.
    ///
    /// # Errors
    /// For one order [`Error::NotFound`], [`Error::Invalid`], in its result.
    pub async fn list_history(&self, principal: &Principal, queries: Vec<HistoryQuery>) -> Result<Vec<HistoryResult>> {
        let access = Access::of(principal)?;
        let company = self.company(principal);
        if access == Access::Office {
            return Ok(runtime::history::batch_list(&company, "order", queries).await);
        }
        let refusals = self.refusals(principal, &queries).await?;
        let permitted = queries.into_iter().zip(&refusals).filter(|(_, refusal)| refusal.is_none()).map(|(query, _)| query);
        let mut pages = runtime::history::batch_list(&company, "order", permitted.collect()).await.into_iter();
        let results = refusals.into_iter().filter_map(|refusal| match refusal {
            Some(error) => Some(HistoryResult { result: Some(history_result::Result::Error(rpc_status(&error))) }),
            None => pages.next().map(for_the_crew),
        });
        Ok(results.collect())
    }

    /// For each query why it is not answered; `None` where it is.
    async fn refusals(&self, principal: &Principal, queries: &[HistoryQuery]) -> Result<Vec<Option<Error>>> {
        let ids: Vec<Result<OrderId>> = queries.iter().map(|query| OrderId::parse("entity_id", &query.entity_id)).collect();
        let known: Vec<OrderId> = ids.iter().flatten().copied().collect();
        let mut views = self.batch_get_orders(principal, &known, Mask::NONE).await?.into_iter();
        let refusals = ids.into_iter().map(|id| match id {
            Err(error) => Some(error),
            Ok(id) => match views.next() {
                Some(Ok(_)) => None,
                _ => Some(Error::NotFound { resource: "order".into(), id: id.to_string(), field: "entity_id".into() }),
            },
        });
        Ok(refusals.collect())
    }
}

fn for_the_crew(mut result: HistoryResult) -> HistoryResult {
    if let Some(history_result::Result::Page(HistoryPage { entries, .. })) = &mut result.result {
        for entry in entries {
            entry.changes.retain(|change| FOR_THE_CREW.contains(&top_level(&change.field)));
        }
    }
    result
}

fn top_level(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_with_its_top_level_field() {
        for (path, field) in
            [("price.lines[0].amount", "price"), ("price_terms.base.rate.amount", "price_terms"), ("comments[2].id", "comments")]
        {
            assert_eq!(top_level(path), field);
        }
    }
}
