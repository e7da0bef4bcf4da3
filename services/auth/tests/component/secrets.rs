//! No secret leaves: not in events, not in history, not in logs.

use std::{
    io,
    sync::{Arc, Mutex},
};

use contracts::crm::{api::v1::HistoryQuery, auth::v1};
use kernel::Role;
use store::{HistoryEntry, Query};
use tracing_subscriber::fmt::MakeWriter;

use crate::house::{House, PASSWORD, with};

/// Everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_secret_is_in_events_history_or_logs() {
    const NEW: &str = "auzas un mieži";
    let log = Log::default();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).with_ansi(false).init();

    let house = House::new().await;
    let client = || house.client.clone();
    let invitation = house.application.create_first_admin(house.bed.company, "admin@example.com", "Agnese Kalna").await.unwrap();
    let admin = house.accept(invitation.token.expose()).await.unwrap();
    let cleaner = house.account(1, Role::Employee, false).await;
    let token = house.invite(&admin, cleaner.id).await.unwrap().token;
    let person = house.accept(&token).await.unwrap();
    let wrong = "not the password";
    house.sign_in(&person.email, wrong).await.unwrap_err();
    let refreshed = house.refresh(&person.refresh).await.unwrap();
    let again = house.refresh(&refreshed.refresh).await.unwrap();
    let change = v1::ChangePasswordRequest { current_password: PASSWORD.to_owned(), new_password: NEW.to_owned() };
    client().change_password(with(&again.access, change)).await.unwrap();
    house.refresh(&person.refresh).await.unwrap_err();
    let reset = house.invite(&admin, cleaner.id).await.unwrap().token;
    house.disable(&admin, cleaner.id).await.unwrap();
    house.application.rotate_signing_key().await.unwrap();
    client().sign_out(with(&admin.access, v1::SignOutRequest {})).await.unwrap();

    let account = house.stored(cleaner.id).await;
    let hash = account.password_hash.as_ref().unwrap().expose().to_owned();
    let ring = house.bed.store.company(kernel::CompanyId::from_uuid(uuid::Uuid::nil()));
    let ring: auth::domain::keys::KeyRing = ring.get(uuid::Uuid::nil()).await.unwrap().unwrap();
    let seed = serde_json::to_value(&ring).unwrap()["keys"][0]["seed"].as_str().unwrap().to_owned();
    let own = |token: &str| token.strip_prefix("crm_refresh_").unwrap().to_owned();
    let secrets: Vec<String> =
        [PASSWORD, NEW, wrong, &hash, "$argon2", &seed, &admin.access, &again.access, invitation.token.expose(), &token, &reset]
            .into_iter()
            .map(str::to_owned)
            .chain([&admin, &person, &refreshed, &again].map(|person| own(&person.refresh)))
            .collect();

    let mut told = Vec::new();
    for (kind, event) in house.published().await {
        told.push((kind, format!("{event:?} {}", String::from_utf8_lossy(&event.data))));
    }
    assert!(told.len() > 8, "{told:?}");
    for account in [admin.id, cleaner.id] {
        let history = Query::by("version").eq("entity_id", account).page(100, None);
        let entries = house.bed.store.company(house.bed.company).find::<HistoryEntry>(&history).await.unwrap().items;
        assert!(!entries.is_empty());
        told.push(("history".to_owned(), serde_json::to_string(&entries).unwrap()));
    }
    let signed_in = house.sign_in("admin@example.com", PASSWORD).await.unwrap();
    let queries = vec![HistoryQuery { entity_id: cleaner.id.to_string(), page_size: Some(100), ..Default::default() }];
    let answer =
        client().batch_list_account_history(with(&signed_in.access, v1::BatchListAccountHistoryRequest { queries })).await.unwrap();
    told.push(("the answer about history".to_owned(), format!("{:?}", answer.into_inner())));
    told.push(("the account's Debug".to_owned(), format!("{account:?} {ring:?} {invitation:?}")));
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("a sign-in was refused") && logged.contains("a refresh token was used again"), "the log is captured");
    told.push(("log".to_owned(), logged));

    for (place, text) in &told {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret} is in {place}");
        }
    }
    for (place, text) in told.iter().filter(|(place, _)| place != "the account's Debug") {
        for field in ["password_hash", "invitation\"", "session_epoch", "\"seed"] {
            assert!(!text.contains(field), "{field} is in {place}");
        }
    }
}
