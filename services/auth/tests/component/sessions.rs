//! Sessions: refreshing, reuse, and how they end.

use std::{sync::Arc, time::Duration};

use auth::domain::session::Session;
use contracts::crm::auth::v1;
use futures::future::join_all;
use kernel::{Role, id::SessionId};
use prost::Message as _;

use crate::house::{House, Person, code, with};

async fn session_of(house: &House, person: &Person) -> Session {
    let id: SessionId = house.verifier.identify(&person.access).await.unwrap().session;
    house.bed.store.company(house.bed.company).get(id.uuid()).await.unwrap().unwrap()
}

/// Why sessions were told to have ended.
async fn ends(house: &House) -> Vec<String> {
    let events = house.published().await.into_iter().filter(|(kind, _)| kind == "SessionRevoked");
    events.map(|(_, event)| v1::SessionRevoked::decode(event.data.as_slice()).unwrap().reason).collect()
}

#[tokio::test]
async fn a_refresh_goes_on_with_the_same_session() {
    let house = House::new().await;
    let first = house.person(1, Role::Manager).await;
    let second = house.refresh(&first.refresh).await.unwrap();
    let third = house.refresh(&second.refresh).await.unwrap();
    assert_eq!(session_of(&house, &first).await.id, session_of(&house, &third).await.id);
    assert!(first.refresh != second.refresh && second.refresh != third.refresh && first.access != third.access);
}

#[tokio::test]
async fn a_retry_of_the_last_token_is_forgiven_while_its_successor_is_unused() {
    let house = House::new().await;
    let first = house.person(1, Role::Manager).await;
    let lost = house.refresh(&first.refresh).await.unwrap();
    let second = house.refresh(&first.refresh).await.unwrap();
    let third = house.refresh(&second.refresh).await.unwrap();
    // The answer that was lost was found by somebody.
    assert_eq!(code(house.refresh(&lost.refresh).await), "SESSION_ENDED");
    assert_eq!(code(house.refresh(&third.refresh).await), "SESSION_ENDED");
    assert_eq!(ends(&house).await, ["REFRESH_TOKEN_REUSED"]);
}

#[tokio::test]
async fn reuse_of_an_older_token_ends_the_whole_family_and_no_other() {
    let house = House::new().await;
    let first = house.person(1, Role::Manager).await;
    let elsewhere = house.sign_in(&first.email, crate::house::PASSWORD).await.unwrap();
    let second = house.refresh(&first.refresh).await.unwrap();
    let third = house.refresh(&second.refresh).await.unwrap();
    assert_eq!(code(house.refresh(&first.refresh).await), "SESSION_ENDED");
    for token in [&first, &second, &third] {
        assert_eq!(code(house.refresh(&token.refresh).await), "SESSION_ENDED");
    }
    assert_eq!(ends(&house).await, ["REFRESH_TOKEN_REUSED"], "told once");
    house.refresh(&elsewhere.refresh).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_parallel_refreshes_leave_exactly_one_live_branch() {
    let house = Arc::new(House::new().await);
    let first = house.person(1, Role::Manager).await;
    let outcomes = join_all((0..50).map(|_| {
        let (house, token) = (house.clone(), first.refresh.clone());
        async move { house.refresh(&token).await }
    }))
    .await;
    let branches: Vec<Person> = outcomes.into_iter().flatten().collect();
    assert!(!branches.is_empty());

    // A branch is live where its token is the session's: tried one by one on copies of the session.
    let session = session_of(&house, &first).await;
    let kept = serde_json::to_value(&session).unwrap();
    let live: Vec<&Person> = branches.iter().filter(|branch| kept["current"] == digest(&branch.refresh)).collect();
    assert_eq!(live.len(), 1);
    house.refresh(&live[0].refresh).await.unwrap();
    let dead = branches.iter().find(|branch| branch.refresh != live[0].refresh).expect("several got an answer");
    assert_eq!(code(house.refresh(&dead.refresh).await), "SESSION_ENDED");
}

fn digest(token: &str) -> serde_json::Value {
    let token = auth::domain::token::RefreshToken::parse(token).unwrap();
    serde_json::to_value(token.digest()).unwrap()
}

#[tokio::test]
async fn tokens_that_are_none_are_refused_alike_and_end_nothing() {
    let house = House::new().await;
    let person = house.person(1, Role::Manager).await;
    let nobodys = auth::domain::token::RefreshToken::new(house.bed.company, house.bed.env.new_id(), [0; 16], [0; 32]);
    let session = session_of(&house, &person).await.id;
    let guessed = auth::domain::token::RefreshToken::new(house.bed.company, session, [0; 16], [0; 32]);
    let elsewhere = auth::domain::token::RefreshToken::new(house.bed.env.new_id(), session, [0; 16], [0; 32]);
    for wrong in
        ["", "x", &person.access, nobodys.text().expose(), guessed.text().expose(), elsewhere.text().expose(), &"A".repeat(1_000_000)]
    {
        assert_eq!(code(house.refresh(wrong).await), "SESSION_ENDED");
    }
    assert_eq!(ends(&house).await, [""; 0]);
    house.refresh(&person.refresh).await.unwrap();
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_however_often_it_is_refreshed() {
    let house = House::new().await;
    let mut person = house.person(1, Role::Manager).await;
    for _ in 0..29 {
        house.bed.pass(Duration::from_hours(24));
        person = house.refresh(&person.refresh).await.unwrap();
    }
    house.bed.pass(Duration::from_hours(24));
    assert_eq!(code(house.refresh(&person.refresh).await), "SESSION_ENDED");

    house.bed.pass(Duration::from_secs(1));
    assert_eq!(house.application.forget_expired_sessions().await.unwrap(), 1);
    assert_eq!(house.application.forget_expired_sessions().await.unwrap(), 0);
    assert_eq!(code(house.refresh(&person.refresh).await), "SESSION_ENDED");
}

#[tokio::test]
async fn a_sign_out_ends_the_callers_session_alone() {
    let house = House::new().await;
    let here = house.person(1, Role::Employee).await;
    let there = house.sign_in(&here.email, crate::house::PASSWORD).await.unwrap();
    for _ in 0..2 {
        house.client.clone().sign_out(with(&here.access, v1::SignOutRequest {})).await.unwrap();
    }
    assert_eq!(code(house.refresh(&here.refresh).await), "SESSION_ENDED");
    assert_eq!(ends(&house).await, ["SIGNED_OUT"], "told once");
    house.refresh(&there.refresh).await.unwrap();
}

#[tokio::test]
async fn a_refresh_takes_over_the_role() {
    let house = House::new().await;
    let admin = house.admin().await;
    let person = house.person(1, Role::Manager).await;
    let version = house.stored(person.id).await.version;
    let request = v1::ChangeRoleRequest { account_id: person.id.to_string(), role: 1, version };
    house.client.clone().change_role(with(&admin.access, request)).await.unwrap();
    let person = house.refresh(&person.refresh).await.unwrap();
    assert_eq!(house.verifier.verify(&person.access).await.unwrap().role, Role::Employee);
}

#[tokio::test]
async fn a_disabled_account_loses_all_sessions_at_once_and_for_good() {
    let house = House::new().await;
    let admin = house.admin().await;
    let here = house.person(1, Role::Manager).await;
    let there = house.sign_in(&here.email, crate::house::PASSWORD).await.unwrap();
    let signed_out = house.sign_in(&here.email, crate::house::PASSWORD).await.unwrap();
    house.client.clone().sign_out(with(&signed_out.access, v1::SignOutRequest {})).await.unwrap();

    let account = house.disable(&admin, here.id).await.unwrap();
    assert_eq!(ends(&house).await, ["SIGNED_OUT", "ACCOUNT_DISABLED", "ACCOUNT_DISABLED"]);
    let request = v1::EnableAccountRequest { account_id: account.id, version: account.version };
    let enabled = house.client.clone().enable_account(with(&admin.access, request)).await.unwrap().into_inner().account.unwrap();
    assert_eq!(enabled.status(), v1::AccountStatus::Active);
    for token in [here, there, signed_out] {
        assert_eq!(code(house.refresh(&token.refresh).await), "SESSION_ENDED");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_session_outlives_a_disabling_at_the_same_moment() {
    let house = Arc::new(House::new().await);
    let admin = house.admin().await;
    let person = house.person(1, Role::Manager).await;
    let sign_ins = join_all((0..20).map(|_| {
        let (house, email) = (house.clone(), person.email.clone());
        async move { house.sign_in(&email, crate::house::PASSWORD).await }
    }));
    let (begun, disabled) = tokio::join!(sign_ins, house.disable(&admin, person.id));
    disabled.unwrap();
    for session in begun.into_iter().flatten() {
        assert_eq!(code(house.refresh(&session.refresh).await), "SESSION_ENDED");
    }
}
