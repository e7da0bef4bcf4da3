//! The domain's values as messages of the contract.

use contracts::{crm::employee::v1, mask::Mask, masked, write};
use kernel::EmailAddress;

use crate::domain::{Employee, Login, Photo, Status, TimeOff, Weekday, Window};

/// An employee, as callers get them and as events carry them.
pub(crate) fn employee(employee: &Employee, mask: Mask<v1::Employee>) -> v1::Employee {
    masked!(mask => v1::Employee {
        id: employee.id.to_string(),
        version: employee.version,
        first_name: employee.first_name.to_string(),
        last_name: employee.last_name.to_string(),
        phone: employee.phone.to_string(),
        email: employee.email.as_ref().map(EmailAddress::to_string).unwrap_or_default(),
        status: status(employee.status).into(),
        hourly_rate: employee.hourly_rate.map(write::money),
        skills: employee.skills.as_slice().to_vec(),
        availability: employee.availability.as_slice().iter().map(window).collect(),
        time_off: employee.time_off.as_slice().iter().map(time_off).collect(),
        photo: employee.photo.map(photo),
        login: Some(login(&employee.login)),
        created_at: Some(write::timestamp(employee.created_at)),
        updated_at: Some(write::timestamp(employee.updated_at)),
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

fn photo(photo: Photo) -> v1::Photo {
    v1::Photo { version: photo.version, width: photo.width, height: photo.height, size_bytes: photo.size_bytes }
}

fn login(login: &Login) -> v1::Login {
    let status = match login {
        Login::None => v1::LoginStatus::None,
        Login::Pending => v1::LoginStatus::Pending,
        Login::Provisioned(_) => v1::LoginStatus::Provisioned,
        Login::Refused { .. } => v1::LoginStatus::Refused,
        Login::Disabled(_) => v1::LoginStatus::Disabled,
    };
    let mut message = v1::Login { status: status.into(), ..v1::Login::default() };
    if let Some(access) = login.access() {
        message.account_id = access.account_id.to_string();
        message.role = write::role(access.role).into();
    }
    if let Login::Refused { refusal_reason, refusal_message, .. } = login {
        message.refusal_reason.clone_from(refusal_reason);
        message.refusal_message.clone_from(refusal_message);
    }
    message
}
