//! The keys that sign access tokens, and the first start.

use std::time::Duration;

use auth::Application;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contracts::crm::auth::v1;
use futures::future::join_all;
use kernel::{Clock as _, Role};
use store::Store;

use crate::house::{House, PASSWORD};

async fn kids(house: &House) -> Vec<String> {
    let keys = house.client.clone().get_jwks(v1::GetJwksRequest {}).await.unwrap().into_inner().keys;
    keys.into_iter().map(|key| key.kid).collect()
}

#[tokio::test]
async fn keys_rotate_without_a_restart_and_tokens_of_the_old_one_live_out() {
    let house = House::new().await;
    let old = house.person(1, Role::Manager).await;
    house.verifier.verify(&old.access).await.unwrap();
    let first = kids(&house).await;

    let (second, from) = house.application.rotate_signing_key().await.unwrap();
    assert_eq!(from, house.bed.clock.now().plus(Duration::from_secs(600)));
    assert_eq!(house.application.rotate_signing_key().await.unwrap(), (second.clone(), from), "one at a time");
    assert_eq!(kids(&house).await, [first[0].clone(), second.clone()]);

    // Verifiers ask every five minutes: the new key is known before its first token comes.
    house.bed.pass(Duration::from_secs(599));
    let last = house.sign_in(&old.email, PASSWORD).await.unwrap();
    house.verifier.verify(&last.access).await.unwrap();
    house.bed.pass(Duration::from_secs(1));
    let new = house.sign_in(&old.email, PASSWORD).await.unwrap();
    assert_eq!((kid(&last.access), kid(&new.access)), (first[0].clone(), second.clone()));
    house.verifier.verify(&new.access).await.unwrap();
    house.verifier.verify(&last.access).await.unwrap();

    house.bed.pass(Duration::from_secs(360));
    assert_eq!(kids(&house).await, [second]);
}

/// The key that signed a token.
fn kid(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn programs_that_start_at_once_agree_on_the_key_and_the_company() {
    let house = House::new().await;
    let store = Store::sqlite_in_memory(auth::COLLECTIONS).await.unwrap();
    let programs: Vec<Application> = (0..8).map(|_| house.on(store.clone())).collect();
    let companies = join_all(programs.iter().map(Application::ensure_company)).await;
    let keys = join_all(programs.iter().map(Application::jwks)).await;
    let companies: Vec<_> = companies.into_iter().map(Result::unwrap).collect();
    let keys: Vec<_> = keys.into_iter().map(Result::unwrap).collect();
    assert!(companies.iter().all(|company| *company == companies[0]) && keys.iter().all(|found| *found == keys[0] && found.len() == 1));
    assert_eq!(store.companies().await.unwrap(), [companies[0]]);
}
