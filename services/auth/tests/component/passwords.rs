//! Changing one's password.

use std::sync::Arc;

use contracts::crm::auth::v1;
use futures::future::join_all;
use kernel::{Error, Result, Role};

use crate::house::{House, PASSWORD, Person, code, error, with};

const NEW: &str = "auzas un mieži";

async fn change(house: &House, person: &Person, current: &str, new: &str) -> Result<()> {
    let request = v1::ChangePasswordRequest { current_password: current.to_owned(), new_password: new.to_owned() };
    house.client.clone().change_password(with(&person.access, request)).await.map(drop).map_err(error)
}

#[tokio::test]
async fn a_password_change_leaves_the_callers_session_alone() {
    let house = House::new().await;
    let here = house.person(1, Role::Employee).await;
    let there = house.sign_in(&here.email, PASSWORD).await.unwrap();
    let ((), published) = house.published_by(async { change(&house, &here, PASSWORD, NEW).await.unwrap() }).await;
    assert_eq!(published, ["SessionRevoked"]);
    house.refresh(&here.refresh).await.unwrap();
    assert_eq!(code(house.refresh(&there.refresh).await), "SESSION_ENDED");
    assert_eq!(code(house.sign_in(&here.email, PASSWORD).await), "SIGN_IN_FAILED");
    house.sign_in(&here.email, NEW).await.unwrap();
}

#[tokio::test]
async fn a_password_that_must_not_be_is_refused_with_its_reason() {
    let house = House::new().await;
    let person = house.person(1, Role::Employee).await;
    for (new, why) in [
        ("", "new_password TOO_SHORT"),
        ("Parole2026!", "new_password COMMON_PASSWORD"),
        ("my person1 forever", "new_password CONTAINS_NAME"),
        (&"ā".repeat(129), "new_password TOO_LONG"),
    ] {
        assert_eq!(code(change(&house, &person, PASSWORD, new).await), why);
    }
    assert_eq!(code(change(&house, &person, "wrong", NEW).await), "current_password WRONG_PASSWORD");
    house.sign_in(&person.email, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn guessing_the_present_password_is_throttled_with_sign_in() {
    let house = House::new().await;
    let person = house.person(1, Role::Employee).await;
    for _ in 0..10 {
        assert_eq!(code(change(&house, &person, "wrong", NEW).await), "current_password WRONG_PASSWORD");
    }
    assert!(matches!(change(&house, &person, PASSWORD, NEW).await, Err(Error::ResourceExhausted { .. })));
    assert!(matches!(house.sign_in(&person.email, PASSWORD).await, Err(Error::ResourceExhausted { .. })));
}

#[tokio::test]
async fn an_ended_session_changes_no_password() {
    let house = House::new().await;
    let person = house.person(1, Role::Employee).await;
    house.client.clone().sign_out(with(&person.access, v1::SignOutRequest {})).await.unwrap();
    assert_eq!(code(change(&house, &person, PASSWORD, NEW).await), "SESSION_ENDED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_changes_at_once_one_is_done() {
    let house = Arc::new(House::new().await);
    let person = house.person(1, Role::Employee).await;
    let news: Vec<String> = (0..8).map(|number| format!("{NEW} {number}")).collect();
    let outcomes = join_all(news.iter().map(|new| change(&house, &person, PASSWORD, new))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    let won = outcomes.iter().position(Result::is_ok).unwrap();
    house.sign_in(&person.email, &news[won]).await.unwrap();
}
