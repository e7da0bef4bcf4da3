//! The parts of an employee.

use async_graphql::{ComplexObject, Context, ID, InputObject, SimpleObject};
use contracts::crm::employee::v1;

use crate::{
    graph::{
        account::{Account, AccountsById, Role},
        enumeration::enumeration,
        error::{Field, found_or_null},
        id::Kind,
        scalar::{DateTime, optional},
    },
    http::photos,
    read::{self, Expand, Plan, Selection},
};

enumeration! {
    /// A day of the week.
    Weekday = v1::Weekday {
        /// Monday.
        Monday,
        /// Tuesday.
        Tuesday,
        /// Wednesday.
        Wednesday,
        /// Thursday.
        Thursday,
        /// Friday.
        Friday,
        /// Saturday.
        Saturday,
        /// Sunday.
        Sunday,
    }
}

/// A part of a week in which an employee usually works, in the company's time zone.
#[derive(SimpleObject)]
pub(crate) struct AvailabilityWindow {
    /// The day.
    weekday: Option<Weekday>,
    /// Minutes after midnight at which it begins.
    start_minute: i32,
    /// Minutes after midnight at which it ends.
    end_minute: i32,
}

impl From<&v1::AvailabilityWindow> for AvailabilityWindow {
    fn from(window: &v1::AvailabilityWindow) -> Self {
        Self { weekday: Weekday::read(window.weekday()), start_minute: window.start_minute, end_minute: window.end_minute }
    }
}

/// A part of a week in which an employee usually works, in the company's time zone.
#[derive(InputObject)]
pub(crate) struct AvailabilityWindowInput {
    /// The day.
    weekday: Weekday,
    /// Minutes after midnight at which it begins, 0 to 1439.
    start_minute: i32,
    /// Minutes after midnight at which it ends, after the start, at most 1440.
    end_minute: i32,
}

impl From<AvailabilityWindowInput> for v1::AvailabilityWindow {
    fn from(input: AvailabilityWindowInput) -> Self {
        Self { weekday: input.weekday.into(), start_minute: input.start_minute, end_minute: input.end_minute }
    }
}

/// A time in which an employee is away.
#[derive(SimpleObject)]
pub(crate) struct TimeOff {
    /// Its id; it is found in what it belongs to only.
    id: ID,
    /// When it begins.
    starts_at: Option<DateTime>,
    /// When it ends.
    ends_at: Option<DateTime>,
    /// Why.
    reason: Option<String>,
}

impl From<&v1::TimeOff> for TimeOff {
    fn from(time_off: &v1::TimeOff) -> Self {
        Self {
            id: Kind::TimeOff.global(&time_off.id),
            starts_at: DateTime::read(time_off.starts_at.as_ref()),
            ends_at: DateTime::read(time_off.ends_at.as_ref()),
            reason: optional(&time_off.reason),
        }
    }
}

/// The photo of an employee.
#[derive(SimpleObject)]
pub(crate) struct Photo {
    /// Where the picture is found, relative to the gateway; it asks for the access token as the graph does. A new picture
    /// has a new URL, so that this one can be kept for ever.
    url: String,
    /// Width in pixels.
    width: u32,
    /// Height in pixels.
    height: u32,
    /// Size in bytes.
    size_bytes: u32,
}

impl Photo {
    /// The photo of the employee with the UUID `employee`.
    pub(crate) fn of(employee: &str, photo: &v1::Photo) -> Self {
        Self { url: photos::url(employee, photo.version), width: photo.width, height: photo.height, size_bytes: photo.size_bytes }
    }
}

enumeration! {
    /// The state of an employee's login.
    LoginStatus = v1::LoginStatus {
        /// They have no email address, so no login.
        None,
        /// It is being provisioned.
        Pending,
        /// There is an account.
        Provisioned,
        /// It was refused; see the reason.
        Refused,
        /// The account is disabled.
        Disabled,
    }
}

/// How it stands with an employee's login.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Login {
    /// The state.
    status: Option<LoginStatus>,
    /// The account's role; null where there is no account.
    role: Option<Role>,
    /// Why the login was refused, as a code: EMAIL_TAKEN; null where it wasn't.
    refusal_reason: Option<String>,
    /// Why the login was refused, for people; null where it wasn't.
    refusal_message: Option<String>,
    #[graphql(skip)]
    account_id: Option<String>,
}

#[ComplexObject]
impl Login {
    /// The account; null where there is none, and where the viewer may not see it.
    async fn account(&self, ctx: &Context<'_>) -> Field<Account> {
        match &self.account_id {
            Some(id) => found_or_null(read::get::<AccountsById>(ctx, id.clone()).await),
            None => None,
        }
    }
}

impl From<&v1::Login> for Login {
    fn from(login: &v1::Login) -> Self {
        Self {
            status: LoginStatus::read(login.status()),
            role: Role::read(login.role()),
            refusal_reason: optional(&login.refusal_reason),
            refusal_message: optional(&login.refusal_message),
            account_id: optional(&login.account_id),
        }
    }
}

impl Expand for Login {
    fn expand(&self, selection: &Selection, plan: &mut Plan) {
        let Some(id) = &self.account_id else { return };
        for field in selection.on("Login", &[]).filter(|field| field.name == "account") {
            plan.follow::<AccountsById>(id.clone(), &field.selection);
        }
    }
}
