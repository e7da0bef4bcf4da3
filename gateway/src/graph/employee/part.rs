//! The parts of an employee.

use async_graphql::InputObject;
use contracts::{
    crm::employee::v1,
    view::{Str, crm::employee::v1 as view},
};

use crate::{
    graph::{
        account::{AccountsById, Role},
        enumeration::enumeration,
        id::{GlobalId, Kind},
        part::part,
        scalar::{Moment, optional},
    },
    http::photos,
    read::{Link, object},
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

part! {
    /// A part of a week in which an employee usually works, in the company's time zone.
    AvailabilityWindow = view::AvailabilityWindow
}

/// A part of a week in which an employee usually works, in the company's time zone.
#[object]
impl AvailabilityWindow<'_> {
    /// The day.
    fn weekday(&self) -> Option<Weekday> {
        Weekday::read(self.0.weekday())
    }

    /// Minutes after midnight at which it begins.
    fn start_minute(&self) -> i32 {
        self.0.start_minute()
    }

    /// Minutes after midnight at which it ends.
    fn end_minute(&self) -> i32 {
        self.0.end_minute()
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

part! {
    /// A time in which an employee is away.
    TimeOff = view::TimeOff or v1::TimeOff
}

/// A time in which an employee is away.
#[object]
impl TimeOff<'_> {
    /// Its id; it is found in what it belongs to only.
    fn id(&self) -> GlobalId<'_> {
        Kind::TimeOff.of(self.0.id())
    }

    /// When it begins.
    fn starts_at(&self) -> Option<Moment> {
        Moment::read(self.0.starts_at())
    }

    /// When it ends.
    fn ends_at(&self) -> Option<Moment> {
        Moment::read(self.0.ends_at())
    }

    /// Why.
    fn reason(&self) -> Option<Str<'_>> {
        optional(self.0.reason())
    }
}

/// The photo of an employee.
pub(crate) struct Photo<'a> {
    /// The employee's UUID.
    pub(super) employee: Str<'a>,
    pub(super) photo: view::Photo<&'a [u8]>,
}

/// The photo of an employee.
#[object]
impl Photo<'_> {
    /// Where the picture is found, relative to the gateway; it asks for the access token as the graph does. A new picture
    /// has a new URL, so that this one can be kept for ever.
    fn url(&self) -> String {
        photos::url(self.employee.as_str(), self.photo.version())
    }

    /// Width in pixels.
    fn width(&self) -> u32 {
        self.photo.width()
    }

    /// Height in pixels.
    fn height(&self) -> u32 {
        self.photo.height()
    }

    /// Size in bytes.
    fn size_bytes(&self) -> u32 {
        self.photo.size_bytes()
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

part! {
    /// How it stands with an employee's login.
    Login = view::Login
}

/// How it stands with an employee's login.
#[object(part = v1::Login)]
impl Login<'_> {
    /// The state.
    fn status(&self) -> Option<LoginStatus> {
        LoginStatus::read(self.0.status())
    }

    /// The account's role; null where there is no account.
    fn role(&self) -> Option<Role> {
        Role::read(self.0.role())
    }

    /// Why the login was refused, as a code: EMAIL_TAKEN; null where it wasn't.
    fn refusal_reason(&self) -> Option<Str<'_>> {
        optional(self.0.refusal_reason())
    }

    /// Why the login was refused, for people; null where it wasn't.
    fn refusal_message(&self) -> Option<Str<'_>> {
        optional(self.0.refusal_message())
    }

    /// The account; null where there is none, and where the viewer may not see it.
    fn account(&self) -> Link<AccountsById> {
        Link::to_optional(self.0.account_id())
    }
}
