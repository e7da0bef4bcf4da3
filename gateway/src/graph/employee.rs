//! Employees.

mod part;

use async_graphql::{Enum, InputObject};
use bytes::Bytes;
use contracts::{
    crm::employee::v1,
    view::{Str, crm::employee::v1 as view, of_message},
};

use super::{
    connection::Connection,
    enumeration::{enumeration, numbers},
    history::{self, HistoryEntry, HistoryQuery},
    id::{GlobalId, Kind},
    money::Money,
    order::{Order, OrderFilter, OrderOrderBy, OrderPages, OrdersOf},
    scalar::{EmailAddress, Moment, PhoneNumber},
};
use crate::read::{Link, Text, Words, batch_by_id, batch_pages, batch_search, object};

use part::{AvailabilityWindow, Login, Photo};
pub(crate) use part::{AvailabilityWindowInput, TimeOff};

batch_by_id! {
    /// Employees by their ids.
    EmployeesById: employee.batch_get_employees(v1::BatchGetEmployeesRequest) -> employee as Employee in employees but version, updated_at, login
}
batch_pages! {
    /// Lists of employees.
    EmployeePages: employee.batch_list_employees(v1::BatchListEmployeesRequest { requests: v1::ListEmployeesRequest })
        -> employees as Employee, in employees
}
batch_search! {
    /// Searches of employees.
    EmployeeSearch: employee.search_employees(v1::SearchEmployeesRequest) -> employees as Employee
}
batch_pages! {
    /// Histories.
    EmployeeHistory: employee.batch_list_employee_history(v1::BatchListEmployeeHistoryRequest { queries: HistoryQuery }) -> entries as HistoryEntry
}

/// A person who works for the company.
#[derive(Clone)]
pub(crate) struct Employee(pub(crate) view::Employee<Bytes>);

impl From<v1::Employee> for Employee {
    fn from(employee: v1::Employee) -> Self {
        Self(of_message(&employee))
    }
}

/// A person who works for the company.
#[object(node = v1::Employee)]
impl Employee {
    /// The global id.
    pub(crate) fn id(&self) -> GlobalId<'_> {
        Kind::Employee.of(self.0.id())
    }

    /// Rises with every change; mutations take it to refuse what would overwrite a change not seen.
    fn version(&self) -> u64 {
        self.0.version()
    }

    /// First name.
    fn first_name(&self) -> Str<'_> {
        self.0.first_name()
    }

    /// Last name.
    fn last_name(&self) -> Str<'_> {
        self.0.last_name()
    }

    /// First name and last name.
    fn name(&self) -> Words<'_> {
        Words([self.0.first_name(), self.0.last_name()])
    }

    /// Telephone number.
    fn phone(&self) -> Text<'_, PhoneNumber> {
        Text::of(self.0.phone())
    }

    /// Email address, with which they sign in; null for somebody without a login.
    fn email(&self) -> Option<Text<'_, EmailAddress>> {
        Text::optional(self.0.email())
    }

    /// Whether they work for the company now.
    fn status(&self) -> Option<EmployeeStatus> {
        EmployeeStatus::read(self.0.status())
    }

    /// What they cost per hour; null where unknown. For the office.
    fn hourly_rate(&self) -> Option<Money> {
        Money::read(self.0.hourly_rate())
    }

    /// What they can do, such as `windows`.
    fn skills(&self) -> Vec<Str<'_>> {
        self.0.skills().collect()
    }

    /// When they usually work, in the company's time zone.
    fn availability(&self) -> Vec<AvailabilityWindow<'_>> {
        self.0.availability().map(AvailabilityWindow::from).collect()
    }

    /// When they are away, by start.
    fn time_off(&self) -> Vec<TimeOff<'_>> {
        self.0.time_off().map(TimeOff::from).collect()
    }

    /// Their photo; null where there is none.
    fn photo(&self) -> Option<Photo<'_>> {
        self.0.photo().map(|photo| Photo { employee: self.0.id(), photo })
    }

    /// How it stands with their login.
    fn login(&self) -> Option<Login<'_>> {
        self.0.login().map(Login::from)
    }

    /// When the record was created.
    fn created_at(&self) -> Option<Moment> {
        Moment::read(self.0.created_at())
    }

    /// When the record last changed.
    fn updated_at(&self) -> Option<Moment> {
        Moment::read(self.0.updated_at())
    }

    /// The orders to which they are assigned, the earliest first unless ordered otherwise.
    fn orders(
        &self,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
        #[graphql(desc = "Only these.")] filter: Option<OrderFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<OrderOrderBy>,
    ) -> Link<OrderPages, Connection<Order>> {
        Link::ask(OrdersOf::Employee(self.0.id().as_str()).list(first, after, filter, order_by))
    }

    /// What changed, the newest first. For the office.
    fn history(
        &self,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
    ) -> Link<EmployeeHistory, Connection<HistoryEntry>> {
        Link::ask(Ok(history::question(self.0.id().as_str(), first, after)))
    }
}

enumeration! {
    /// Whether an employee works for the company now.
    EmployeeStatus = v1::EmployeeStatus {
        /// They do.
        Active,
        /// They don't: no assignments, no login.
        Inactive,
    }
}

/// Narrows a list of employees; every field that is given must hold.
#[derive(Clone, Default, InputObject)]
pub(crate) struct EmployeeFilter {
    /// One of these statuses.
    statuses: Option<Vec<EmployeeStatus>>,
    /// Has this skill.
    skill: Option<String>,
}

impl EmployeeFilter {
    fn write(self) -> v1::EmployeeFilter {
        v1::EmployeeFilter { statuses: numbers(self.statuses), skill: self.skill.unwrap_or_default() }
    }
}

/// The order of a list of employees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum EmployeeOrderBy {
    /// By last name, then first name.
    Name,
    /// The newest first.
    CreatedAtDesc,
}

/// The list of employees that a field asks for.
pub(crate) fn list(
    first: Option<i32>,
    after: Option<String>,
    filter: Option<EmployeeFilter>,
    order_by: Option<EmployeeOrderBy>,
) -> v1::ListEmployeesRequest {
    v1::ListEmployeesRequest {
        filter: filter.map(EmployeeFilter::write),
        order_by: match order_by {
            Some(EmployeeOrderBy::Name) | None => v1::EmployeeOrderBy::Name.into(),
            Some(EmployeeOrderBy::CreatedAtDesc) => v1::EmployeeOrderBy::CreatedAtDesc.into(),
        },
        page_size: first,
        page_token: after.unwrap_or_default(),
    }
}

/// The search that a field asks for.
pub(crate) fn search(text: String, filter: Option<EmployeeFilter>, limit: Option<i32>) -> v1::SearchEmployeesRequest {
    v1::SearchEmployeesRequest { text, filter: filter.map(EmployeeFilter::write), limit, read_mask: None }
}
