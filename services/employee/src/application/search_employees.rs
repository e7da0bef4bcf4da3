//! Searching employees.

use std::cmp::Reverse;

use kernel::{Error, Principal, Result, Role, search, text};

use super::{Application, EmployeeFilter};
use crate::{documents, domain::Employee};

/// The most characters that a search text may have.
const MAX_TEXT: usize = 200;
/// The most employees that a search gives.
const MAX_LIMIT: i32 = 200;
/// How many it gives where nothing was said.
const DEFAULT_LIMIT: i32 = 20;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The employees, the best first.
    pub employees: Vec<Employee>,
    /// Whether there are more than these.
    pub more: bool,
}

impl Application {
    /// Employees by the beginnings of words of name and email, and by digits of the telephone number. Those that have
    /// the most of the words whole come first, then by name. For the office.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `text` or `limit`.
    pub async fn search_employees(&self, principal: &Principal, search: &SearchEmployees) -> Result<Found> {
        principal.require(Role::Manager)?;
        let limit = limit(search.limit)?;
        let words = search::query(&text::line("text", &search.text, MAX_TEXT)?);
        let (found, unread) = self.company(principal).search::<Employee>(documents::TERMS, &words, &search.filter.conditions()).await?;
        let ranked = found.into_iter().filter_map(|employee| Some((search::rank(&employee.terms, &words)?, employee)));
        let mut ranked: Vec<(usize, Employee)> = ranked.collect();
        ranked.sort_unstable_by(|(a_exact, a), (b_exact, b)| {
            (Reverse(a_exact), &a.sort_name, a.id).cmp(&(Reverse(b_exact), &b.sort_name, b.id))
        });
        let more = unread || ranked.len() > limit;
        Ok(Found { employees: ranked.into_iter().take(limit).map(|(_, employee)| employee).collect(), more })
    }
}

fn limit(given: Option<i32>) -> Result<usize> {
    let limit = given.unwrap_or(DEFAULT_LIMIT);
    usize::try_from(limit)
        .ok()
        .filter(|_| (1..=MAX_LIMIT).contains(&limit))
        .ok_or_else(|| Error::invalid("limit", "OUT_OF_RANGE", format!("must be 1 to {MAX_LIMIT}")))
}
