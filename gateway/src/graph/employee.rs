//! Employees.

mod part;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object};
use contracts::crm::employee::v1;

use super::{
    connection::{Connection, follow},
    enumeration::{enumeration, numbers},
    error::{Field, found},
    history::{self, HistoryEntry, batch_history},
    id::Kind,
    money::Money,
    order::{Order, OrderFilter, OrderOrderBy, OrderPages, OrdersOf, order_list},
    scalar::{DateTime, EmailAddress, PhoneNumber, optional},
};
use crate::read::{self, Expand, Plan, Selected, Selection, batch_by_id, batch_pages, batch_search};

use part::{AvailabilityWindow, Login, Photo};
pub(crate) use part::{AvailabilityWindowInput, TimeOff};

batch_by_id! {
    /// Employees by their ids.
    EmployeesById: employee.batch_get_employees(v1::BatchGetEmployeesRequest) -> employee_result::Employee as Employee
}
batch_pages! {
    /// Lists of employees.
    EmployeePages: employee.batch_list_employees(v1::BatchListEmployeesRequest { requests: v1::ListEmployeesRequest })
        -> v1::employees_page_result::Result { employees as Employee }
}
batch_search! {
    /// Searches of employees.
    EmployeeSearch: employee.search_employees(v1::SearchEmployeesRequest) -> employees as Employee
}
batch_history!(EmployeeHistory: employee.batch_list_employee_history(v1::BatchListEmployeeHistoryRequest));

/// A person who works for the company.
#[derive(Clone)]
pub(crate) struct Employee(pub(crate) Arc<v1::Employee>);

impl From<v1::Employee> for Employee {
    fn from(employee: v1::Employee) -> Self {
        Self(Arc::new(employee))
    }
}

impl Expand for Employee {
    fn expand(&self, selection: &Selection, plan: &mut Plan) {
        for field in selection.on("Employee", &["Node"]) {
            match field.name.as_str() {
                "orders" => {
                    if let Some(list) = order_list(field, OrdersOf::Employee(&self.0.id)) {
                        follow::<OrderPages, Order>(plan, field, &list);
                    }
                }
                "login" => self.0.login.iter().for_each(|login| Login::from(login).expand(&field.selection, plan)),
                "history" => {
                    if let Some(question) = history::planned(&self.0.id, field) {
                        follow::<EmployeeHistory, HistoryEntry>(plan, field, &question);
                    }
                }
                _ => {}
            }
        }
    }
}

/// A person who works for the company.
#[Object]
impl Employee {
    /// The global id.
    pub(crate) async fn id(&self) -> ID {
        Kind::Employee.global(&self.0.id)
    }

    /// Rises with every change; mutations take it to refuse what would overwrite a change not seen.
    async fn version(&self) -> u64 {
        self.0.version
    }

    /// First name.
    async fn first_name(&self) -> &str {
        &self.0.first_name
    }

    /// Last name.
    async fn last_name(&self) -> &str {
        &self.0.last_name
    }

    /// First name and last name.
    async fn name(&self) -> String {
        format!("{} {}", self.0.first_name, self.0.last_name)
    }

    /// Telephone number.
    async fn phone(&self) -> PhoneNumber {
        PhoneNumber(self.0.phone.clone())
    }

    /// Email address, with which they sign in; null for somebody without a login.
    async fn email(&self) -> Option<EmailAddress> {
        optional(&self.0.email).map(EmailAddress)
    }

    /// Whether they work for the company now.
    async fn status(&self) -> Option<EmployeeStatus> {
        EmployeeStatus::read(self.0.status())
    }

    /// What they cost per hour; null where unknown. For the office.
    async fn hourly_rate(&self) -> Option<Money> {
        Money::read(self.0.hourly_rate.as_ref())
    }

    /// What they can do, such as `windows`.
    async fn skills(&self) -> &[String] {
        &self.0.skills
    }

    /// When they usually work, in the company's time zone.
    async fn availability(&self) -> Vec<AvailabilityWindow> {
        self.0.availability.iter().map(AvailabilityWindow::from).collect()
    }

    /// When they are away, by start.
    async fn time_off(&self) -> Vec<TimeOff> {
        self.0.time_off.iter().map(TimeOff::from).collect()
    }

    /// Their photo; null where there is none.
    async fn photo(&self) -> Option<Photo> {
        self.0.photo.as_ref().map(|photo| Photo::of(&self.0.id, photo))
    }

    /// How it stands with their login.
    async fn login(&self) -> Option<Login> {
        self.0.login.as_ref().map(Login::from)
    }

    /// When the record was created.
    async fn created_at(&self) -> Option<DateTime> {
        DateTime::read(self.0.created_at.as_ref())
    }

    /// When the record last changed.
    async fn updated_at(&self) -> Option<DateTime> {
        DateTime::read(self.0.updated_at.as_ref())
    }

    /// The orders to which they are assigned, the earliest first unless ordered otherwise.
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
        #[graphql(desc = "Only these.")] filter: Option<OrderFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<OrderOrderBy>,
    ) -> Field<Connection<Order>> {
        let list = OrdersOf::Employee(&self.0.id).list(first, after, filter, order_by);
        super::connection::of::<OrderPages, _>(ctx, list).await
    }

    /// What changed, the newest first. For the office.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
    ) -> Field<Connection<HistoryEntry>> {
        let question = history::question(&self.0.id, first, after);
        found(read::get::<EmployeeHistory>(ctx, question).await.map(Connection::from))
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

/// The list that a selected `employees` field asks for; `None` where its arguments can't be read.
pub(crate) fn planned(field: &Selected) -> Option<v1::ListEmployeesRequest> {
    Some(list(field.argument("first")?, field.argument("after")?, field.argument("filter")?, field.argument("orderBy")?))
}

/// The search that a field asks for.
pub(crate) fn search(text: String, filter: Option<EmployeeFilter>, limit: Option<i32>) -> v1::SearchEmployeesRequest {
    v1::SearchEmployeesRequest { text, filter: filter.map(EmployeeFilter::write), limit }
}

/// The search that a selected `searchEmployees` field asks for; `None` where its arguments can't be read.
pub(crate) fn planned_search(field: &Selected) -> Option<v1::SearchEmployeesRequest> {
    Some(search(field.argument("text")?, field.argument("filter")?, field.argument("limit")?))
}
