//! What must hold of a session.

use kernel::{CompanyId, Role};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::{
    account::{DisabledBy, tests::active},
    secret::Secret,
};

fn token(number: u8) -> RefreshToken {
    RefreshToken::new(CompanyId::from_uuid(Uuid::nil()), SessionId::from_uuid(Uuid::from_u128(7)), [9; 16], [number; 32])
}

fn begin() -> (Account, Session) {
    let account = active(1, Role::Manager);
    let session = Session::start(&account, &token(1), Timestamp::EPOCH);
    (account, session)
}

/// Hands in the token `given` for the token `next`.
fn refresh(session: &Session, given: u8, next: u8) -> Refresh {
    session.refresh(&token(given), &token(next), &active(1, Role::Manager), Timestamp::EPOCH)
}

fn rotated(session: &Session, given: u8, next: u8) -> Session {
    match refresh(session, given, next) {
        Refresh::Rotated(session) => session,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_token_is_exchanged_for_the_next() {
    let (_, session) = begin();
    let session = rotated(&rotated(&session, 1, 2), 2, 3);
    assert_eq!(session.version, 3);
}

#[test]
fn a_retry_is_forgiven_while_its_successor_is_unused() {
    let (_, session) = begin();
    let session = rotated(&rotated(&session, 1, 2), 1, 3);
    // The successor gave way to that of the retry …
    assert!(matches!(refresh(&session, 3, 4), Refresh::Rotated(_)));
    // … and now somebody else has a copy.
    assert!(matches!(refresh(&session, 2, 4), Refresh::Reused(_)));
}

#[test]
fn a_token_that_was_exchanged_before_ends_the_session() {
    let (_, session) = begin();
    let session = rotated(&rotated(&session, 1, 2), 2, 3);
    let Refresh::Reused(ended) = refresh(&session, 1, 4) else { panic!("token 1 was used before") };
    assert_eq!(ended.ended, Some(EndReason::RefreshTokenReused));
    for any in 1..=4 {
        assert_eq!(refresh(&ended, any, 5), Refresh::Refused);
    }
}

#[test]
fn a_made_up_token_ends_nothing() {
    let (account, session) = begin();
    let made_up = RefreshToken::new(CompanyId::from_uuid(Uuid::nil()), session.id, [0; 16], [0; 32]);
    assert_eq!(session.refresh(&made_up, &token(2), &account, Timestamp::EPOCH), Refresh::Refused);
}

#[test]
fn a_session_ends_with_its_time_its_account_and_its_epoch() {
    let (account, session) = begin();
    let almost = Timestamp::EPOCH.plus(SESSION_LIFE - Duration::from_secs(1));
    assert!(session.is_live(&account, almost));
    assert!(!session.is_live(&account, Timestamp::EPOCH.plus(SESSION_LIFE)));
    let disabled = account.disable(DisabledBy::Admin).unwrap().account;
    assert!(!session.is_live(&disabled, almost));
    assert!(!session.is_live(&disabled.enable(DisabledBy::Admin).unwrap().account, almost));
    let changed = account.change_password(Secret::new("x".to_owned()), almost).account;
    assert!(!session.is_live(&changed, almost));
    assert!(session.keep(&changed).is_live(&changed, almost));
}

#[test]
fn refreshing_does_not_prolong_a_session() {
    let (_, session) = begin();
    assert_eq!(rotated(&session, 1, 2).expires_at, session.expires_at);
}

proptest! {
    /// Whatever tokens come in whatever order, at most one of those handed out is live, and it is the last.
    #[test]
    fn at_most_one_token_is_live(given in proptest::collection::vec(1_u8..10, 1..30)) {
        let (_, mut session) = begin();
        let mut last = 1;
        for (next, given) in (2..).zip(given) {
            let known = given <= last;
            match refresh(&session, given, next) {
                Refresh::Rotated(after) => {
                    prop_assert!(known);
                    (session, last) = (after, next);
                }
                Refresh::Reused(after) => session = after,
                Refresh::Refused => prop_assert!(session.ended.is_some()),
            }
            let live: Vec<u8> = (1..=next).filter(|token| session.ended.is_none() && session.current == super::tests::token(*token).digest()).collect();
            prop_assert_eq!(live, if session.ended.is_some() { vec![] } else { vec![last] });
        }
    }
}
