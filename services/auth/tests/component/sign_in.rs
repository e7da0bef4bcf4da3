//! Signing in.

use std::time::{Duration, Instant};

use auth::{application::SignIn, domain::password::Password};
use contracts::crm::auth::v1;
use kernel::{Clock as _, Error, Role};
use prost::Message as _;
use tonic::Code;

use crate::house::{House, PASSWORD, code, error, with};

#[tokio::test]
async fn a_sign_in_gives_tokens_of_five_minutes_and_thirty_days() {
    let house = House::new().await;
    let account = house.account(1, Role::Employee, true).await;
    let request = v1::SignInRequest { email: " Person1@EXAMPLE.com ".to_owned(), password: PASSWORD.to_owned(), company_id: String::new() };
    let session = house.client.clone().sign_in(request).await.unwrap().into_inner().session.unwrap();

    let identity = house.verifier.identify(&session.access_token).await.unwrap();
    assert_eq!(identity.principal, account.principal(house.bed.company));
    assert_eq!(identity.expires_at, house.bed.clock.now().plus(Duration::from_secs(300)));
    let until = contracts::read::timestamp("expires_at", session.expires_at.as_ref()).unwrap();
    assert_eq!(until, house.bed.clock.now().plus(Duration::from_hours(30 * 24)));
    let told = session.account.unwrap();
    assert_eq!((told.id, told.version), (account.id.to_string(), account.version), "signing in is no change of the account");
    assert_eq!(told.last_signed_in_at, Some(contracts::write::timestamp(house.bed.clock.now())));

    let (kind, event) = house.published().await.pop().unwrap();
    let signed_in = v1::SignedIn::decode(event.data.as_slice()).unwrap();
    assert_eq!(
        (kind.as_str(), signed_in.account_id, signed_in.session_id),
        ("SignedIn", account.id.to_string(), identity.session.to_string())
    );
    assert_eq!(event.actor, identity.principal.actor);
}

#[tokio::test]
async fn unknown_wrong_disabled_and_invited_are_refused_alike() {
    let house = House::new().await;
    let admin = house.admin().await;
    let (known, disabled, invited) = (
        house.account(1, Role::Manager, true).await,
        house.account(2, Role::Manager, true).await,
        house.account(3, Role::Employee, false).await,
    );
    house.disable(&admin, disabled.id).await.unwrap();
    let before = house.published().await.len();

    let mut answers = Vec::new();
    for (email, password) in [
        (known.email.as_str(), "wrong"),
        (known.email.as_str(), ""),
        (disabled.email.as_str(), PASSWORD),
        (invited.email.as_str(), PASSWORD),
        (invited.email.as_str(), ""),
        ("nobody@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("", ""),
        (known.email.as_str(), &"x".repeat(100_000)),
    ] {
        let request = v1::SignInRequest { email: email.to_owned(), password: password.to_owned(), company_id: String::new() };
        let status = house.client.clone().sign_in(request).await.unwrap_err();
        answers.push((status.code(), status.message().to_owned(), status.details().to_vec()));
        assert_eq!(code(Err::<(), _>(error(status))), "SIGN_IN_FAILED");
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));

    let events: Vec<_> = house.published().await.into_iter().skip(before).collect();
    let reasons: Vec<String> = events.iter().map(|(_, event)| v1::SignInFailed::decode(event.data.as_slice()).unwrap().reason).collect();
    assert_eq!(reasons, ["WRONG_PASSWORD", "WRONG_PASSWORD", "ACCOUNT_DISABLED", "ACCOUNT_INVITED", "ACCOUNT_INVITED", "WRONG_PASSWORD"]);
}

#[tokio::test]
async fn a_refusal_takes_as_long_without_an_account_as_with_one() {
    let house = House::new().await;
    let account = house.account(1, Role::Manager, true).await;
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..150 {
        for (of, email) in times.iter_mut().zip([account.email.as_str(), "nobody@example.com"]) {
            let began = Instant::now();
            house.sign_in(email, "wrong").await.unwrap_err();
            of.push(began.elapsed());
        }
        house.bed.pass(Duration::from_secs(6));
    }
    let [known, unknown] = times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    });
    assert!(known.abs_diff(unknown) < Duration::from_millis(5), "{known:?} {unknown:?}");
}

#[tokio::test]
async fn after_ten_wrong_passwords_the_next_try_has_to_wait() {
    let house = House::new().await;
    let (anna, ben) = (house.account(1, Role::Manager, true).await, house.account(2, Role::Manager, true).await);
    for email in [anna.email.as_str(), "nobody@example.com"] {
        for _ in 0..10 {
            assert_eq!(code(house.sign_in(email, "wrong").await), "SIGN_IN_FAILED");
        }
        let Err(Error::ResourceExhausted { retry_after }) = house.sign_in(email, PASSWORD).await else { panic!("throttled") };
        assert_eq!(retry_after, Duration::from_secs(6));
    }
    house.sign_in(ben.email.as_str(), PASSWORD).await.unwrap();
    house.bed.pass(Duration::from_secs(6));
    house.sign_in(anna.email.as_str(), PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn wrong_passwords_are_counted_together_by_all_replicas() {
    let house = House::new().await;
    let account = house.account(1, Role::Manager, true).await;
    let replicas = [house.replica(), house.replica(), house.replica()];
    let attempt = async |n: usize, password: &str| {
        let sign_in = SignIn { email: account.email.to_string(), password: Password::given(password), company: None };
        replicas[n % 3].sign_in(sign_in).await.map(|_| ())
    };
    // At once: each is allowed before the others have failed, and all are paid for.
    for outcome in futures::future::join_all((0..30).map(|n| attempt(n, "wrong"))).await {
        assert!(matches!(outcome, Err(Error::Unauthenticated { .. } | Error::ResourceExhausted { .. })), "{outcome:?}");
    }
    for n in 0..3 {
        assert!(matches!(attempt(n, PASSWORD).await, Err(Error::ResourceExhausted { .. })), "at replica {n}");
    }
    assert_eq!(replicas[0].forget_old_tries().await.unwrap(), 0, "they still count");
    house.bed.pass(Duration::from_secs(31 * 6));
    attempt(0, PASSWORD).await.unwrap();
    assert_eq!(replicas[1].forget_old_tries().await.unwrap(), 1);
}

#[tokio::test]
async fn who_knows_the_password_signs_in_as_often_as_they_like() {
    let house = House::new().await;
    let account = house.account(1, Role::Manager, true).await;
    let sign_ins = (0..40).map(|_| house.sign_in(account.email.as_str(), PASSWORD));
    assert!(futures::future::join_all(sign_ins).await.into_iter().all(|outcome| outcome.is_ok()));
}

#[tokio::test]
async fn the_company_must_be_named_where_there_are_several() {
    let house = House::new().await;
    let account = house.account(1, Role::Manager, true).await;
    let other = house.bed.env.new_id();
    let sign_in = async |company: String| {
        let request = v1::SignInRequest { email: account.email.to_string(), password: PASSWORD.to_owned(), company_id: company };
        house.client.clone().sign_in(request).await.map_err(error)
    };
    sign_in(String::new()).await.unwrap();
    assert_eq!(code(sign_in(other.to_string()).await), "SIGN_IN_FAILED", "an unknown company");

    house.bed.store.add_company(other).await.unwrap();
    sign_in(house.bed.company.to_string()).await.unwrap();
    assert_eq!(code(sign_in(String::new()).await), "company_id REQUIRED");
    assert_eq!(code(sign_in(other.to_string()).await), "SIGN_IN_FAILED", "another company");
    assert_eq!(code(sign_in("acme".to_owned()).await), "company_id INVALID_ID");
    assert_eq!(code(sign_in(uuid::Uuid::nil().to_string()).await), "SIGN_IN_FAILED", "the installation is no company");
}

#[tokio::test]
async fn without_a_token_or_with_a_forged_one_nothing_else_is_answered() {
    let house = House::new().await;
    let person = house.person(1, Role::Manager).await;
    let refused = async |token: &str| {
        let request = v1::GetAccountRequest { id: person.id.to_string() };
        house.client.clone().get_account(with(token, request)).await.unwrap_err().code()
    };
    assert_eq!(house.client.clone().sign_out(v1::SignOutRequest {}).await.unwrap_err().code(), Code::Unauthenticated);
    for token in ["", "x", &person.refresh, &person.access[..person.access.len() - 4]] {
        assert_eq!(refused(token).await, Code::Unauthenticated);
    }
    house.bed.pass(Duration::from_secs(300));
    assert_eq!(refused(&person.access).await, Code::Unauthenticated);
}
