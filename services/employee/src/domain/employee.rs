//! The aggregate: an employee and everything that can happen to one.

use std::collections::BTreeMap;

use kernel::{EmailAddress, EmployeeId, Error, Money, PhoneNumber, Result, Timestamp, id::TimeOffId, search};
use serde::{Deserialize, Serialize};

use super::{Availability, Login, LoginFacts, Name, Photo, Skills, TimeOff, TimesOff};

/// An employee, as stored. The fields are public to be read; only the methods below change them, each into the next version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employee {
    /// The identifier.
    pub id: EmployeeId,
    /// 1 for a new one, and one more with every change.
    pub version: u64,
    /// First name.
    pub first_name: Name,
    /// Last name.
    pub last_name: Name,
    /// Telephone number.
    pub phone: PhoneNumber,
    /// The email address with which they sign in.
    pub email: Option<EmailAddress>,
    /// Whether they work for the company now.
    pub status: Status,
    /// What they cost per hour; not for cleaners to see.
    pub hourly_rate: Option<Money>,
    /// What they can do.
    pub skills: Skills,
    /// When they usually work.
    pub availability: Availability,
    /// When they are away.
    pub time_off: TimesOff,
    /// Their photo.
    pub photo: Option<Photo>,
    /// How it stands with their login.
    pub login: Login,
    /// When the record was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The version of the last photo, which stays when the photo goes.
    last_photo: u64,
    /// The version in which the auth service was last asked for a login.
    login_asked_in: u64,
    /// Derived: what lists by name are sorted by, last name first.
    pub sort_name: String,
    /// Derived: the skills as they are compared.
    skill_keys: Vec<String>,
    /// Derived: what a search finds them by.
    pub terms: Vec<String>,
}

/// Whether an employee works for the company now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// They do.
    Active,
    /// They don't: no assignments, no login.
    Inactive,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 2] = [Self::Active, Self::Inactive];

    /// The status as it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
        }
    }
}

/// What others are told of a change. Each event carries the employee after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// They were created.
    Created,
    /// Their data changed.
    Updated,
    /// They no longer work for the company.
    Deactivated,
    /// They work for the company again.
    Reactivated,
    /// Their times off changed.
    TimeOffChanged,
}

/// A change that took place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The employee after it.
    pub employee: Employee,
    /// What others are told; a login's change is told by the auth service.
    pub event: Option<Event>,
}

/// What is said of an employee when they are created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// First name.
    pub first_name: Name,
    /// Last name.
    pub last_name: Name,
    /// Telephone number.
    pub phone: PhoneNumber,
    /// Email address; `None` for somebody without a login.
    pub email: Option<EmailAddress>,
    /// What they cost per hour, where known.
    pub hourly_rate: Option<Money>,
    /// What they can do.
    pub skills: Skills,
    /// When they usually work.
    pub availability: Availability,
}

/// New values of some fields; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// First name.
    pub first_name: Option<Name>,
    /// Last name.
    pub last_name: Option<Name>,
    /// Telephone number.
    pub phone: Option<PhoneNumber>,
    /// Email address.
    pub email: Option<Option<EmailAddress>>,
    /// What they cost per hour.
    pub hourly_rate: Option<Option<Money>>,
    /// What they can do.
    pub skills: Option<Skills>,
    /// When they usually work.
    pub availability: Option<Availability>,
}

impl ProfileChange {
    /// Whether it holds nothing that only the office may change: a cleaner may change their own telephone number and
    /// availability.
    #[must_use]
    pub fn is_for_cleaners(&self) -> bool {
        let Self { first_name, last_name, phone: _, email, hourly_rate, skills, availability: _ } = self;
        first_name.is_none() && last_name.is_none() && email.is_none() && hourly_rate.is_none() && skills.is_none()
    }
}

impl Employee {
    /// A new employee, who works for the company from now on. With an email address their login is awaited.
    #[must_use]
    pub fn create(id: EmployeeId, profile: Profile, at: Timestamp) -> Transition {
        let mut employee = Self {
            id,
            version: 1,
            first_name: profile.first_name,
            last_name: profile.last_name,
            phone: profile.phone,
            login: Login::None.asked_again(profile.email.is_some()),
            email: profile.email,
            status: Status::Active,
            hourly_rate: profile.hourly_rate,
            skills: profile.skills,
            availability: profile.availability,
            time_off: TimesOff::default(),
            photo: None,
            created_at: at,
            updated_at: at,
            last_photo: 0,
            login_asked_in: 1,
            sort_name: String::new(),
            skill_keys: Vec::new(),
            terms: Vec::new(),
        };
        employee.derive();
        Transition { employee, event: Some(Event::Created) }
    }

    /// New values of some fields. `None` where they are what they were.
    #[must_use]
    pub fn update(&self, change: ProfileChange, at: Timestamp) -> Option<Transition> {
        self.change(at, Some(Event::Updated), |it| {
            set(&mut it.first_name, change.first_name);
            set(&mut it.last_name, change.last_name);
            set(&mut it.phone, change.phone);
            set(&mut it.email, change.email);
            set(&mut it.hourly_rate, change.hourly_rate);
            set(&mut it.skills, change.skills);
            set(&mut it.availability, change.availability);
        })
    }

    /// Ends their work.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`] where it has ended.
    pub fn deactivate(&self, at: Timestamp) -> Result<Option<Transition>> {
        self.become_status(Status::Inactive, Event::Deactivated, at)
    }

    /// Takes them back.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`] where they are at work.
    pub fn reactivate(&self, at: Timestamp) -> Result<Option<Transition>> {
        self.become_status(Status::Active, Event::Reactivated, at)
    }

    /// Notes a time off.
    ///
    /// # Errors
    /// As [`TimesOff::with`].
    pub fn add_time_off(&self, time_off: TimeOff, at: Timestamp) -> Result<Option<Transition>> {
        let times = self.time_off.with(time_off, at)?;
        Ok(self.change(at, Some(Event::TimeOffChanged), |it| it.time_off = times))
    }

    /// Takes a time off back.
    ///
    /// # Errors
    /// As [`TimesOff::without`].
    pub fn remove_time_off(&self, id: TimeOffId, at: Timestamp) -> Result<Option<Transition>> {
        let times = self.time_off.without(id)?;
        Ok(self.change(at, Some(Event::TimeOffChanged), |it| it.time_off = times))
    }

    /// Notes a new picture of the given size, and gives what is known of it.
    #[must_use]
    pub fn put_photo(&self, width: u32, height: u32, size_bytes: u32, at: Timestamp) -> (Transition, Photo) {
        let photo = Photo { version: self.last_photo + 1, width, height, size_bytes };
        let next = Self { photo: Some(photo), last_photo: photo.version, ..self.clone() };
        (self.become_next(next, at, Some(Event::Updated)), photo)
    }

    /// Notes that the picture is gone. `None` where there was none.
    #[must_use]
    pub fn delete_photo(&self, at: Timestamp) -> Option<Transition> {
        self.change(at, Some(Event::Updated), |it| it.photo = None)
    }

    /// Takes over what the auth service has said of their login. `None` where people see no difference.
    #[must_use]
    pub fn note_login(&self, facts: &LoginFacts, at: Timestamp) -> Option<Transition> {
        let login = facts.login(self.email.as_ref(), self.login_asked_in, self.wants_login());
        self.change(at, None, |it| it.login = login)
    }

    /// The employee as a cleaner sees them, themselves too: without what the office pays.
    #[must_use]
    pub fn without_rate(mut self) -> Self {
        self.hourly_rate = None;
        self
    }

    /// Goes on only where the caller has seen the newest version.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the current version.
    pub fn check_version(&self, seen: u64) -> Result<()> {
        if seen == self.version {
            return Ok(());
        }
        Err(Error::Conflict { resource: "employee".into(), id: self.id.to_string(), current_version: self.version })
    }

    fn become_status(&self, status: Status, event: Event, at: Timestamp) -> Result<Option<Transition>> {
        if self.status == status {
            let (from, to) = (self.status.as_str(), status.as_str());
            return Err(Error::FailedPrecondition {
                reason: "WRONG_TRANSITION".into(),
                field: "id".into(),
                message: format!("an employee who is {from} can't become {to}"),
                details: BTreeMap::from([("from".to_owned(), from.to_owned()), ("to".to_owned(), to.to_owned())]),
            });
        }
        Ok(self.change(at, Some(event), |it| it.status = status))
    }

    fn wants_login(&self) -> bool {
        self.email.is_some() && self.status == Status::Active
    }

    /// The next version, where `edit` makes a difference.
    fn change(&self, at: Timestamp, event: Option<Event>, edit: impl FnOnce(&mut Self)) -> Option<Transition> {
        let mut next = self.clone();
        edit(&mut next);
        (next != *self).then(|| self.become_next(next, at, event))
    }

    /// Makes `next` the next version. The event of a change of what the auth service goes by – the email address, and whether
    /// they are at work – asks it again.
    fn become_next(&self, mut next: Self, at: Timestamp, event: Option<Event>) -> Transition {
        next.version += 1;
        next.updated_at = at;
        if (&next.email, next.status) != (&self.email, self.status) {
            next.login = next.login.asked_again(next.wants_login());
            next.login_asked_in = next.version;
        }
        next.derive();
        Transition { employee: next, event }
    }

    fn derive(&mut self) {
        let (first, last) = (self.first_name.as_str(), self.last_name.as_str());
        self.sort_name = search::fold(&format!("{last} {first}"));
        self.skill_keys = self.skills.keys();
        let email = self.email.as_ref().map(EmailAddress::as_str);
        self.terms = search::terms([first, last].into_iter().chain(email), [&self.phone]);
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

#[cfg(test)]
mod tests;
