//! The domain's values as messages of the contract.

use contracts::{crm::employee::v1, mask::Mask, masked, write};
use kernel::EmailAddress;

use crate::{
    domain::{Login, Photo, Status, TimeOff, Weekday, Window},
    parts::EmployeeParts,
};

/// What the office pays, which a cleaner gets nothing of.
pub(crate) const RATE: u64 = Mask::<v1::Employee>::bits("hourly_rate");
const PHOTO: u64 = Mask::<v1::Employee>::bits("photo");
const LOGIN: u64 = Mask::<v1::Employee>::bits("login");

/// An employee, as callers get them and as events carry them.
pub(crate) fn employee(employee: &EmployeeParts, mask: Mask<v1::Employee>) -> v1::Employee {
    masked!(mask => v1::Employee {
        id: employee.id.to_string(),
        version: employee.version.to(|it| *it),
        first_name: employee.first_name.to(ToString::to_string),
        last_name: employee.last_name.to(ToString::to_string),
        phone: employee.phone.to(ToString::to_string),
        email: employee.email.to(|it| it.as_ref().map(EmailAddress::to_string).unwrap_or_default()),
        status: employee.status.to(|it| status(*it).into()),
        hourly_rate: employee.hourly_rate.to(|it| it.map(write::money)),
        skills: employee.skills.to(|it| it.as_slice().to_vec()),
        availability: employee.availability.to(|it| it.as_slice().iter().map(window).collect()),
        time_off: employee.time_off.to(|it| it.as_slice().iter().map(time_off).collect()),
        photo: employee.photo.to(|it| it.map(|it| photo(it, mask.within(PHOTO)))),
        login: employee.login.to(|it| Some(login(it, mask.within(LOGIN)))),
        created_at: employee.created_at.to(|it| Some(write::timestamp(*it))),
        updated_at: employee.updated_at.to(|it| Some(write::timestamp(*it))),
    })
}

fn status(status: Status) -> v1::EmployeeStatus {
    match status {
        Status::Active => v1::EmployeeStatus::Active,
        Status::Inactive => v1::EmployeeStatus::Inactive,
    }
}

fn window(window: &Window) -> v1::AvailabilityWindow {
    v1::AvailabilityWindow {
        weekday: weekday(window.weekday()).into(),
        start_minute: window.start_minute().into(),
        end_minute: window.end_minute().into(),
    }
}

fn weekday(weekday: Weekday) -> v1::Weekday {
    match weekday {
        Weekday::Monday => v1::Weekday::Monday,
        Weekday::Tuesday => v1::Weekday::Tuesday,
        Weekday::Wednesday => v1::Weekday::Wednesday,
        Weekday::Thursday => v1::Weekday::Thursday,
        Weekday::Friday => v1::Weekday::Friday,
        Weekday::Saturday => v1::Weekday::Saturday,
        Weekday::Sunday => v1::Weekday::Sunday,
    }
}

fn time_off(time_off: &TimeOff) -> v1::TimeOff {
    v1::TimeOff {
        id: time_off.id.to_string(),
        starts_at: Some(write::timestamp(time_off.starts_at)),
        ends_at: Some(write::timestamp(time_off.ends_at)),
        reason: time_off.reason.clone(),
    }
}

fn photo(photo: Photo, mask: Mask<v1::Photo>) -> v1::Photo {
    masked!(mask => v1::Photo { version: photo.version, width: photo.width, height: photo.height, size_bytes: photo.size_bytes })
}

fn login(login: &Login, mask: Mask<v1::Login>) -> v1::Login {
    let status = match login {
        Login::None => v1::LoginStatus::None,
        Login::Pending => v1::LoginStatus::Pending,
        Login::Provisioned(_) => v1::LoginStatus::Provisioned,
        Login::Refused { .. } => v1::LoginStatus::Refused,
        Login::Disabled(_) => v1::LoginStatus::Disabled,
    };
    let (reason, message) = match login {
        Login::Refused { refusal_reason, refusal_message, .. } => (refusal_reason.as_str(), refusal_message.as_str()),
        _ => ("", ""),
    };
    masked!(mask => v1::Login {
        status: status.into(),
        account_id: login.access().map(|access| access.account_id.to_string()).unwrap_or_default(),
        role: login.access().map(|access| write::role(access.role).into()).unwrap_or_default(),
        refusal_reason: reason.to_owned(),
        refusal_message: message.to_owned(),
    })
}
