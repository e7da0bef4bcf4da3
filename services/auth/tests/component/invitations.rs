//! Invitations: the way to a first password.

use std::{sync::Arc, time::Duration};

use contracts::crm::auth::v1;
use futures::future::join_all;
use kernel::{Clock as _, Role};

use crate::house::{House, PASSWORD, code, error, with};

#[tokio::test]
async fn an_invitation_sets_the_first_password_and_signs_in() {
    let house = House::new().await;
    let manager = house.person(1, Role::Manager).await;
    let account = house.account(2, Role::Employee, false).await;
    let invitation = house.invite(&manager, account.id).await.unwrap();
    let until = Some(contracts::write::timestamp(house.bed.clock.now().plus(Duration::from_hours(24))));
    assert_eq!((invitation.expires_at, invitation.account.unwrap().invitation_expires_at), (until, until));

    let (person, published) = house.published_by(async { house.accept(&invitation.token).await.unwrap() }).await;
    assert_eq!(published, ["AccountUpdated", "SignedIn"]);
    assert_eq!(person.id, account.id);
    house.verifier.verify(&person.access).await.unwrap();
    let told = house.client.clone().get_account(with(&person.access, v1::GetAccountRequest { id: person.id.to_string() })).await.unwrap();
    let told = told.into_inner().account.unwrap();
    assert_eq!((told.status(), told.invitation_expires_at), (v1::AccountStatus::Active, None));
    house.sign_in(&person.email, PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_invitation_is_accepted_once_also_by_many_at_a_time() {
    let house = Arc::new(House::new().await);
    let manager = house.person(1, Role::Manager).await;
    let account = house.account(2, Role::Employee, false).await;
    let token = house.invite(&manager, account.id).await.unwrap().token;
    let outcomes = join_all((0..10).map(|_| {
        let (house, token) = (house.clone(), token.clone());
        async move { house.accept(&token).await }
    }))
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert_eq!(code(house.accept(&token).await), "token INVALID_INVITATION");
}

#[tokio::test]
async fn used_expired_renewed_and_made_up_invitations_are_refused_alike() {
    let house = House::new().await;
    let manager = house.person(1, Role::Manager).await;
    let account = house.account(2, Role::Employee, false).await;
    let renewed = house.invite(&manager, account.id).await.unwrap().token;
    let expired = house.invite(&manager, account.id).await.unwrap().token;
    house.bed.pass(Duration::from_hours(24));
    let manager = house.refresh(&manager.refresh).await.unwrap();
    let mut answers = Vec::new();
    for token in [renewed.as_str(), &expired, "", "x", &manager.refresh, &manager.access, &"A".repeat(100_000)] {
        let request = v1::AcceptInvitationRequest { token: token.to_owned(), password: PASSWORD.to_owned() };
        let status = house.client.clone().accept_invitation(request).await.unwrap_err();
        answers.push((status.message().to_owned(), status.details().to_vec()));
        assert_eq!(code(Err::<(), _>(error(status))), "token INVALID_INVITATION");
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let last = house.invite(&manager, account.id).await.unwrap().token;
    house.accept(&last).await.unwrap();
}

#[tokio::test]
async fn a_refused_password_leaves_the_invitation_open() {
    let house = House::new().await;
    let manager = house.person(1, Role::Manager).await;
    let account = house.account(2, Role::Employee, false).await;
    let token = house.invite(&manager, account.id).await.unwrap().token;
    for (password, why) in
        [("12345678", "password COMMON_PASSWORD"), ("short", "password TOO_SHORT"), ("person2 rocks", "password CONTAINS_NAME")]
    {
        let request = v1::AcceptInvitationRequest { token: token.clone(), password: password.to_owned() };
        assert_eq!(code(house.client.clone().accept_invitation(request).await.map_err(error)), why);
    }
    house.accept(&token).await.unwrap();
}

#[tokio::test]
async fn a_disabled_account_is_not_invited_and_its_invitation_ends() {
    let house = House::new().await;
    let admin = house.admin().await;
    let account = house.account(2, Role::Employee, false).await;
    let token = house.invite(&admin, account.id).await.unwrap().token;
    house.disable(&admin, account.id).await.unwrap();
    assert_eq!(code(house.accept(&token).await), "token INVALID_INVITATION");
    assert_eq!(code(house.invite(&admin, account.id).await), "ACCOUNT_DISABLED");
}

#[tokio::test]
async fn a_reset_by_an_admin_ends_sessions_now_and_the_password_when_it_is_accepted() {
    let house = House::new().await;
    let admin = house.admin().await;
    let person = house.person(1, Role::Manager).await;
    let token = house.invite(&admin, person.id).await.unwrap().token;
    assert_eq!(code(house.refresh(&person.refresh).await), "SESSION_ENDED");
    let again = house.sign_in(&person.email, PASSWORD).await.unwrap();

    let request = v1::AcceptInvitationRequest { token, password: "auzas un mieži".to_owned() };
    house.client.clone().accept_invitation(request).await.unwrap();
    assert_eq!(code(house.refresh(&again.refresh).await), "SESSION_ENDED");
    assert_eq!(code(house.sign_in(&person.email, PASSWORD).await), "SIGN_IN_FAILED");
}

#[tokio::test]
async fn a_manager_invites_cleaners_who_have_no_password_and_nobody_else() {
    let house = House::new().await;
    let admin = house.admin().await;
    let manager = house.person(1, Role::Manager).await;
    let with_password = house.account(2, Role::Employee, true).await;
    let another_manager = house.account(3, Role::Manager, false).await;
    assert_eq!(code(house.invite(&manager, with_password.id).await), "PERMISSION_DENIED");
    assert_eq!(code(house.invite(&manager, another_manager.id).await), "NOT_FOUND");
    assert_eq!(code(house.invite(&manager, admin.id).await), "NOT_FOUND");
    assert_eq!(code(house.invite(&admin, house.bed.env.new_id()).await), "NOT_FOUND");
    for account in [with_password.id, another_manager.id, admin.id] {
        house.invite(&admin, account).await.unwrap();
    }
}
