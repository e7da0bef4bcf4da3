//! What must hold of an account.

use uuid::Uuid;

use super::*;

pub(in crate::domain) fn invited(number: u128, role: Role) -> Account {
    let email = EmailAddress::parse("email", &format!("person{number}@example.com")).unwrap();
    Account::create(AccountId::from_uuid(Uuid::from_u128(number)), email, "Ilze Ozola".to_owned(), role, None, Timestamp::EPOCH).account
}

pub(in crate::domain) fn active(number: u128, role: Role) -> Account {
    invited(number, role).accept_invitation(hash(), Timestamp::EPOCH).account
}

fn hash() -> Secret {
    Secret::new("$argon2id$…".to_owned())
}

fn at(hours: u64) -> Timestamp {
    Timestamp::EPOCH.plus(Duration::from_hours(hours))
}

#[test]
fn a_new_account_waits_for_its_first_password() {
    let account = invited(1, Role::Employee);
    assert_eq!((account.status, account.version), (Status::Invited, 1));
    assert_eq!(account.password_hash(), Err(Unusable::Invited));
}

#[test]
fn an_invitation_is_accepted_once_and_in_time() {
    let (token, other) = (Digest::of(b"token"), Digest::of(b"other"));
    let account = invited(1, Role::Employee).invite(token.clone(), at(0)).unwrap().account;
    assert!(account.is_invited_by(&token, at(23)));
    assert!(!account.is_invited_by(&token, at(24)));
    assert!(!account.is_invited_by(&other, at(1)));

    let renewed = account.invite(other.clone(), at(1)).unwrap().account;
    assert!(!renewed.is_invited_by(&token, at(2)) && renewed.is_invited_by(&other, at(24)));

    let accepted = renewed.accept_invitation(hash(), at(2));
    assert_eq!((accepted.account.status, accepted.event), (Status::Active, Some(Event::Updated)));
    assert!(!accepted.account.is_invited_by(&other, at(2)));
    assert!(accepted.account.password_hash().is_ok());
}

#[test]
fn a_reset_ends_sessions_and_leaves_the_password_until_it_is_accepted() {
    let account = active(1, Role::Manager);
    let reset = account.invite(Digest::of(b"token"), at(1)).unwrap().account;
    assert_eq!((reset.status, reset.password_hash().is_ok()), (Status::Active, true));
    assert!(reset.session_epoch > account.session_epoch);
    let accepted = reset.accept_invitation(hash(), at(2));
    assert!(accepted.account.session_epoch > reset.session_epoch);
    assert_eq!(accepted.event, None);
}

#[test]
fn a_password_change_ends_sessions_and_an_open_invitation() {
    let token = Digest::of(b"token");
    let account = active(1, Role::Manager).invite(token.clone(), at(1)).unwrap().account;
    let changed = account.change_password(hash(), at(2)).account;
    assert!(changed.session_epoch > account.session_epoch && !changed.is_invited_by(&token, at(2)));
}

#[test]
fn a_disabled_account_has_no_password_no_invitation_and_no_sessions() {
    let token = Digest::of(b"token");
    let account = active(1, Role::Manager).invite(token.clone(), at(1)).unwrap().account;
    let disabled = account.disable(DisabledBy::Admin).unwrap().account;
    assert_eq!(disabled.password_hash(), Err(Unusable::Disabled));
    assert!(!disabled.is_invited_by(&token, at(1)) && disabled.session_epoch > account.session_epoch);
    assert!(matches!(disabled.invite(token, at(1)), Err(Error::FailedPrecondition { reason, .. }) if reason == "ACCOUNT_DISABLED"));
}

#[test]
fn an_enabled_account_is_as_usable_as_its_password_makes_it() {
    for (account, status) in [(invited(1, Role::Employee), Status::Invited), (active(1, Role::Employee), Status::Active)] {
        let enabled = account.disable(DisabledBy::Admin).unwrap().account.enable(DisabledBy::Admin).unwrap();
        assert_eq!((enabled.account.status, enabled.event), (status, Some(Event::Enabled)));
    }
}

#[test]
fn what_an_admin_disabled_only_an_admin_enables() {
    let account = active(1, Role::Employee);
    let by_admin = account.disable(DisabledBy::Admin).unwrap().account;
    assert_eq!(by_admin.disable(DisabledBy::Employee), None);
    assert_eq!(by_admin.enable(DisabledBy::Employee), None);
    let by_both = account.disable(DisabledBy::Employee).unwrap().account.disable(DisabledBy::Admin).unwrap();
    assert_eq!((by_both.event, by_both.account.disabled_by), (None, Some(DisabledBy::Admin)));
    assert!(account.disable(DisabledBy::Employee).unwrap().account.enable(DisabledBy::Employee).is_some());
}

#[test]
fn what_changes_nothing_is_no_change() {
    let account = active(1, Role::Manager);
    assert_eq!(account.describe(&account.email, &account.name), None);
    assert_eq!(account.change_role(Role::Manager), None);
    assert_eq!(account.enable(DisabledBy::Admin), None);
}

#[test]
fn every_change_adds_one_to_the_version() {
    let account = active(1, Role::Manager);
    let changes = [
        account.describe(&account.email, "Somebody Else").unwrap(),
        account.change_role(Role::Admin).unwrap(),
        account.disable(DisabledBy::Admin).unwrap(),
        account.invite(Digest::of(b"x"), at(0)).unwrap(),
        account.change_password(hash(), at(0)),
    ];
    assert!(changes.iter().all(|change| change.account.version == account.version + 1));
}
