//! The history of things, as every service answers for it.

use contracts::{
    crm::api::v1::{self, HistoryPage, HistoryQuery, HistoryResult, history_result},
    read, write,
};
use kernel::{PageSize, Result, Timestamp, id::kind};
use store::{Action, CompanyStore, FieldChange, HistoryEntry, Query};

use crate::grpc::rpc_status;

/// Checks how many questions there are: 1 to 1,000.
///
/// # Errors
/// [`kernel::Error::Invalid`] that names `queries` where there are none or too many.
pub fn check(queries: &[HistoryQuery]) -> Result<()> {
    read::batch_size("queries", queries.len(), read::MAX_LISTS)
}

/// A page of the history of each thing that is asked for, newest first, in the order of the queries and in one round
/// trip. What the caller may know of, the service has decided before.
pub async fn batch_list(store: &CompanyStore, entity: &'static str, queries: Vec<HistoryQuery>) -> Vec<HistoryResult> {
    let read: Vec<Result<Query>> = queries.iter().map(|query| query_of(entity, query)).collect();
    let asked: Vec<Query> = read.iter().filter_map(|query| query.as_ref().ok().cloned()).collect();
    let found = store.find_each::<HistoryEntry>(&asked).await;
    let mut pages = match found {
        Ok(pages) => pages.into_iter().map(|page| page.map_err(kernel::Error::from)).collect::<Vec<_>>(),
        Err(error) => {
            let error = rpc_status(&error.into());
            let failed = || HistoryResult { result: Some(history_result::Result::Error(error.clone())) };
            return queries.iter().map(|_| failed()).collect();
        }
    }
    .into_iter();
    let answer = |query: Result<Query>| match query.and_then(|_| pages.next().unwrap_or_else(|| Ok(store::Page::default()))) {
        Ok(page) => history_result::Result::Page(message(page)),
        Err(error) => history_result::Result::Error(rpc_status(&error)),
    };
    read.into_iter().map(answer).map(|result| HistoryResult { result: Some(result) }).collect()
}

fn query_of(entity: &'static str, query: &HistoryQuery) -> Result<Query> {
    let id = read::id::<kind::History>("entity_id", &query.entity_id)?;
    let size = PageSize::parse("page_size", query.page_size)?;
    let token = Some(query.page_token.clone()).filter(|token| !token.is_empty());
    Ok(Query::by("version").descending().eq("entity_id", id).eq("entity", entity).page(size.get(), token))
}

fn message(page: store::Page<HistoryEntry>) -> HistoryPage {
    HistoryPage {
        next_page_token: page.next_page_token().unwrap_or_default(),
        entries: page.items.iter().map(entry).collect(),
        cursors: page.tokens(),
    }
}

fn entry(entry: &HistoryEntry) -> v1::HistoryEntry {
    let change = |change: &FieldChange| v1::FieldChange {
        from: change.from.as_deref().map(|value| shown(&change.field, value)),
        to: change.to.as_deref().map(|value| shown(&change.field, value)),
        field: change.field.clone(),
    };
    v1::HistoryEntry {
        id: entry.id.to_string(),
        entity_id: entry.entity_id.to_string(),
        version: entry.version,
        occurred_at: Some(write::timestamp(entry.at)),
        actor: Some(write::actor(&entry.actor)),
        action: match entry.action {
            Action::Created => v1::HistoryAction::Created,
            Action::Updated => v1::HistoryAction::Updated,
            Action::Deleted => v1::HistoryAction::Deleted,
        }
        .into(),
        changes: entry.changes.iter().map(change).collect(),
    }
}

/// A value for people: moments, which documents keep in fields that end with `_at`, are RFC 3339.
fn shown(field: &str, value: &str) -> String {
    let moment = || field.ends_with("_at").then(|| value.parse().ok().and_then(Timestamp::from_micros)).flatten();
    moment().map_or_else(|| value.to_owned(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_to_people_and_other_numbers_as_they_are() {
        assert_eq!(shown("starts_at", "1772355600000000"), "2026-03-01T09:00:00Z");
        assert_eq!(shown("crew_size", "3"), "3");
        assert_eq!(shown("updated_at", "never"), "never");
    }

    #[test]
    fn a_question_names_what_is_wrong_with_it() {
        let query = HistoryQuery { entity_id: "x".to_owned(), page_size: None, page_token: String::new() };
        assert!(query_of("order", &query).unwrap_err().to_string().contains("entity_id"));
        let query = HistoryQuery { entity_id: uuid::Uuid::nil().to_string(), page_size: Some(0), page_token: String::new() };
        assert!(query_of("order", &query).unwrap_err().to_string().contains("page_size"));
    }
}
