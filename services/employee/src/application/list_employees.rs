//! Lists of employees, page by page.

use contracts::{crm::employee::v1, mask::Mask};
use kernel::{PageSize, Principal, Result, Role};
use store::{Filter, Page, Query, Value};

use super::{Application, read};
use crate::{
    domain::{Status, skills},
    parts::EmployeeParts,
};

/// A list of employees that is asked for.
#[derive(Debug, Clone, Default)]
pub struct ListEmployees {
    /// Only these.
    pub filter: EmployeeFilter,
    /// In which order.
    pub order: EmployeeOrder,
    /// How many.
    pub page_size: PageSize,
    /// A token that an earlier page gave; empty for the first page.
    pub page_token: String,
}

/// Narrows a list; everything that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct EmployeeFilter {
    /// One of these statuses; any where empty.
    pub statuses: Vec<Status>,
    /// Has this skill, whatever its case and accents.
    pub skill: Option<String>,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmployeeOrder {
    /// By last name, then first name.
    #[default]
    Name,
    /// The newest first.
    NewestFirst,
}

impl EmployeeFilter {
    /// The conditions of the store; the one on the status is always there, because the indexes have it.
    pub(super) fn conditions(&self) -> Vec<Filter> {
        let statuses = if self.statuses.is_empty() { &Status::ALL[..] } else { &self.statuses };
        let status = Filter::In("status", statuses.iter().map(|status| Value::from(status.as_str())).collect());
        let skill = self.skill.as_ref().map(|skill| Filter::Eq("skill_keys", skills::key(skill).into()));
        [status].into_iter().chain(skill).collect()
    }
}

impl ListEmployees {
    fn query(&self) -> Query {
        let query = match self.order {
            EmployeeOrder::Name => Query::by("sort_name"),
            EmployeeOrder::NewestFirst => Query::by("created_at").descending(),
        };
        let query = self.filter.conditions().into_iter().fold(query, Query::filter);
        query.page(self.page_size.get(), self.page_token.clone())
    }
}

impl Application {
    /// A page of a list. For the office.
    ///
    /// # Errors
    /// [`Error::Invalid`](kernel::Error::Invalid) that names `page_token`.
    pub async fn list_employees(&self, principal: &Principal, list: &ListEmployees) -> Result<Page<EmployeeParts>> {
        let lists = std::slice::from_ref(list);
        self.batch_list_employees(principal, lists, Mask::ALL).await?.pop().unwrap_or_else(|| Ok(Page::default()))
    }

    /// A page of each of several lists, in their order, of which no more is read than a mask asks for. For the office.
    ///
    /// # Errors
    /// For one list alone [`Error::Invalid`](kernel::Error::Invalid) that names `page_token`.
    pub async fn batch_list_employees(
        &self,
        principal: &Principal,
        lists: &[ListEmployees],
        mask: Mask<v1::Employee>,
    ) -> Result<Vec<Result<Page<EmployeeParts>>>> {
        principal.require(Role::Manager)?;
        let queries: Vec<Query> = lists.iter().map(ListEmployees::query).collect();
        let pages = self.company(principal).only(read(principal, mask)).find_each::<EmployeeParts>(&queries).await?;
        Ok(pages.into_iter().map(|page| page.map_err(Into::into)).collect())
    }
}
