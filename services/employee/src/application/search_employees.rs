//! Searching employees.

use std::cmp::Reverse;

use contracts::{crm::employee::v1, mask::Mask};
use kernel::{Principal, Result, Role, search};

use super::{Application, EmployeeFilter, read};
use crate::{documents, parts::EmployeeParts};

/// A search that is asked for.
#[derive(Debug, Clone, Default)]
pub struct SearchEmployees {
    /// Beginnings of words in any order, or three or more digits in a row of the telephone number; 1 to 200 characters.
    pub text: String,
    /// Only these.
    pub filter: EmployeeFilter,
    /// How many, 1 to 200; 20 where nothing is said.
    pub limit: Option<i32>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The employees, the best first.
    pub employees: Vec<EmployeeParts>,
    /// Whether there are more than these.
    pub more: bool,
}

impl Application {
    /// Employees by the beginnings of words of name and email, and by digits of the telephone number. Those that have
    /// the most of the words whole come first, then by name. No more is read than the mask asks for. For the
    /// office.
    ///
    /// # Errors
    /// [`kernel::Error::Invalid`] that names `text` or `limit`.
    pub async fn search_employees(&self, principal: &Principal, search: &SearchEmployees, mask: Mask<v1::Employee>) -> Result<Found> {
        principal.require(Role::Manager)?;
        let limit = search::limit(search.limit)?;
        let words = search::parse(&search.text)?;
        let company = self.company(principal);
        let only = company.only(read(principal, mask).chain(["terms", "sort_name"]));
        let (found, unread) = only.search::<EmployeeParts>(documents::TERMS, &words, &search.filter.conditions()).await?;
        let ranked = found.into_iter().filter_map(|employee| Some((search::rank(employee.terms.get()?, &words)?, employee)));
        let mut ranked: Vec<(usize, EmployeeParts)> = ranked.collect();
        ranked.sort_unstable_by(|(a_exact, a), (b_exact, b)| {
            (Reverse(a_exact), a.sort_name.get(), a.id).cmp(&(Reverse(b_exact), b.sort_name.get(), b.id))
        });
        let more = unread || ranked.len() > limit;
        Ok(Found { employees: ranked.into_iter().take(limit).map(|(_, employee)| employee).collect(), more })
    }
}
