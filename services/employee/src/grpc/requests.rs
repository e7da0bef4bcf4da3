//! What callers ask for, read and checked; each error names the field by its path in the request.

use std::collections::BTreeSet;

use contracts::{crm::employee::v1, read};
use kernel::{EmailAddress, EmployeeId, Error, PageSize, PhoneNumber, Result, Violations, id::TimeOffId, text};

use crate::{
    application::{AddTimeOff, EmployeeFilter, EmployeeOrder, ListEmployees, SearchEmployees, UpdateEmployee},
    domain::{Availability, Name, Profile, ProfileChange, Skills, Status, Weekday, Window, availability},
};

/// The fields that an update can change.
const FIELDS: &[&str] = &["first_name", "last_name", "phone", "email", "hourly_rate", "skills", "availability"];

pub(super) fn profile(request: &v1::CreateEmployeeRequest) -> Result<Profile> {
    let mut checks = Violations::default();
    let first_name = checks.take(Name::parse("first_name", &request.first_name));
    let last_name = checks.take(Name::parse("last_name", &request.last_name));
    let phone = checks.take(PhoneNumber::parse("phone", &request.phone));
    let email = checks.take(email("email", &request.email));
    let hourly_rate = checks.take(read::optional_money("hourly_rate", request.hourly_rate.as_ref()));
    let skills = checks.take(Skills::parse("skills", &request.skills));
    let availability = checks.take(windows("availability", &request.availability));
    checks.finish_with(|| {
        Some(Profile {
            first_name: first_name?,
            last_name: last_name?,
            phone: phone?,
            email: email?,
            hourly_rate: hourly_rate?,
            skills: skills?,
            availability: availability?,
        })
    })
}

pub(super) fn update(request: v1::UpdateEmployeeRequest) -> Result<UpdateEmployee> {
    let mut checks = Violations::default();
    let mask = checks.take(read::update_mask(request.update_mask.as_ref(), FIELDS)).unwrap_or_default();
    let Some(employee) = request.employee else {
        checks.require(false, "employee", "REQUIRED", "must be given");
        return Err(checks.finish().err().unwrap_or_else(|| Error::internal("a violation was noted")));
    };
    let id = checks.take(read::id("employee.id", &employee.id));
    let version = checks.take(read::version("employee.version", employee.version));
    let mut masked = Masked { mask, checks: &mut checks };
    let change = ProfileChange {
        first_name: masked.read("first_name", |field| Name::parse(field, &employee.first_name)),
        last_name: masked.read("last_name", |field| Name::parse(field, &employee.last_name)),
        phone: masked.read("phone", |field| PhoneNumber::parse(field, &employee.phone)),
        email: masked.read("email", |field| email(field, &employee.email)),
        hourly_rate: masked.read("hourly_rate", |field| read::optional_money(field, employee.hourly_rate.as_ref())),
        skills: masked.read("skills", |field| Skills::parse(field, &employee.skills)),
        availability: masked.read("availability", |field| windows(field, &employee.availability)),
    };
    checks.finish_with(|| Some(UpdateEmployee { id: id?, version: version?, change }))
}

/// Reads the fields that an update mask names.
struct Masked<'a> {
    mask: BTreeSet<&'static str>,
    checks: &'a mut Violations,
}

impl Masked<'_> {
    fn read<T>(&mut self, field: &str, parse: impl FnOnce(&str) -> Result<T>) -> Option<T> {
        self.mask.contains(field).then(|| self.checks.take(parse(&format!("employee.{field}")))).flatten()
    }
}

/// An employee and the version that the caller has seen.
pub(super) fn versioned(field: &str, id: &str, version: u64) -> Result<(EmployeeId, u64)> {
    let mut checks = Violations::default();
    let id = checks.take(read::id(field, id));
    let version = checks.take(read::version("version", version));
    checks.finish_with(|| Some((id?, version?)))
}

pub(super) fn add_time_off(request: v1::AddTimeOffRequest) -> Result<AddTimeOff> {
    let mut checks = Violations::default();
    let employee = checks.take(versioned("employee_id", &request.employee_id, request.version));
    let starts_at = checks.take(read::timestamp("starts_at", request.starts_at.as_ref()));
    let ends_at = checks.take(read::timestamp("ends_at", request.ends_at.as_ref()));
    checks.finish_with(|| {
        let (employee, version) = employee?;
        Some(AddTimeOff { employee, version, starts_at: starts_at?, ends_at: ends_at?, reason: request.reason })
    })
}

pub(super) fn remove_time_off(request: &v1::RemoveTimeOffRequest) -> Result<(EmployeeId, TimeOffId, u64)> {
    let mut checks = Violations::default();
    let employee = checks.take(versioned("employee_id", &request.employee_id, request.version));
    let time_off = checks.take(read::id("time_off_id", &request.time_off_id));
    checks.finish_with(|| {
        let (employee, version) = employee?;
        Some((employee, time_off?, version))
    })
}

pub(super) fn list(request: v1::ListEmployeesRequest) -> Result<ListEmployees> {
    let mut checks = Violations::default();
    let filter = checks.take(filter(request.filter));
    let order = checks.take(read::optional_enumeration::<v1::EmployeeOrderBy>("order_by", request.order_by));
    let page_size = checks.take(PageSize::parse("page_size", request.page_size));
    checks.finish_with(|| {
        let order = match order? {
            None | Some(v1::EmployeeOrderBy::Unspecified | v1::EmployeeOrderBy::Name) => EmployeeOrder::Name,
            Some(v1::EmployeeOrderBy::CreatedAtDesc) => EmployeeOrder::NewestFirst,
        };
        Some(ListEmployees { filter: filter?, order, page_size: page_size?, page_token: request.page_token })
    })
}

pub(super) fn search(request: v1::SearchEmployeesRequest) -> Result<SearchEmployees> {
    Ok(SearchEmployees { text: request.text, filter: filter(request.filter)?, limit: request.limit })
}

fn filter(filter: Option<v1::EmployeeFilter>) -> Result<EmployeeFilter> {
    let filter = filter.unwrap_or_default();
    let mut checks = Violations::default();
    let statuses: Vec<Option<Status>> =
        filter.statuses.iter().enumerate().map(|(at, number)| checks.take(status(&format!("filter.statuses[{at}]"), *number))).collect();
    let skill = checks.take(text::optional_line("filter.skill", &filter.skill, Skills::MAX_LENGTH));
    checks.finish_with(|| {
        let skill = skill.filter(|skill| !skill.is_empty());
        Some(EmployeeFilter { statuses: statuses.into_iter().collect::<Option<_>>()?, skill })
    })
}

fn status(field: &str, number: i32) -> Result<Status> {
    match read::enumeration::<v1::EmployeeStatus>(field, number)? {
        v1::EmployeeStatus::Inactive => Ok(Status::Inactive),
        // Unspecified was refused above.
        v1::EmployeeStatus::Active | v1::EmployeeStatus::Unspecified => Ok(Status::Active),
    }
}

fn email(field: &str, text: &str) -> Result<Option<EmailAddress>> {
    if text.trim().is_empty() { Ok(None) } else { EmailAddress::parse(field, text).map(Some) }
}

fn windows(field: &str, windows: &[v1::AvailabilityWindow]) -> Result<Availability> {
    availability::check_count(field, windows.len())?;
    let mut checks = Violations::default();
    let read: Vec<Option<Window>> =
        windows.iter().enumerate().map(|(at, given)| checks.take(window(&format!("{field}[{at}]"), given))).collect();
    let read: Vec<Window> = checks.finish_with(|| read.into_iter().collect())?;
    Availability::parse(field, &read)
}

fn window(field: &str, window: &v1::AvailabilityWindow) -> Result<Window> {
    Window::parse(field, weekday(&format!("{field}.weekday"), window.weekday)?, window.start_minute, window.end_minute)
}

fn weekday(field: &str, number: i32) -> Result<Weekday> {
    match read::enumeration::<v1::Weekday>(field, number)? {
        // Unspecified was refused above.
        v1::Weekday::Monday | v1::Weekday::Unspecified => Ok(Weekday::Monday),
        v1::Weekday::Tuesday => Ok(Weekday::Tuesday),
        v1::Weekday::Wednesday => Ok(Weekday::Wednesday),
        v1::Weekday::Thursday => Ok(Weekday::Thursday),
        v1::Weekday::Friday => Ok(Weekday::Friday),
        v1::Weekday::Saturday => Ok(Weekday::Saturday),
        v1::Weekday::Sunday => Ok(Weekday::Sunday),
    }
}
