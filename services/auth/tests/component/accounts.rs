//! Reading accounts: one, many, lists, history.

use std::collections::BTreeSet;

use contracts::crm::{
    api::v1::{self as api, HistoryQuery, history_result},
    auth::v1::{self, account_result, accounts_page_result},
};
use kernel::Role;

use crate::house::{House, code, error, with};

#[tokio::test]
async fn a_batch_answers_each_id_in_its_place() {
    let house = House::new().await;
    let manager = house.person(1, Role::Manager).await;
    let cleaner = house.account(2, Role::Employee, false).await;
    let other_manager = house.account(3, Role::Manager, false).await;
    let ids = vec![
        cleaner.id.to_string(),
        "x".to_owned(),
        manager.id.to_string(),
        other_manager.id.to_string(),
        house.bed.env.new_id::<()>().to_string(),
        cleaner.id.to_string(),
    ];
    let answer = house
        .client
        .clone()
        .batch_get_accounts(with(&manager.access, v1::BatchGetAccountsRequest { read_mask: None, ids: ids.clone() }))
        .await
        .unwrap();
    let results = answer.into_inner().results;
    assert_eq!(results.iter().map(|result| result.id.clone()).collect::<Vec<_>>(), ids);
    let told: Vec<String> = results
        .into_iter()
        .map(|result| match result.result.unwrap() {
            account_result::Result::Account(account) => account.email,
            account_result::Result::Error(status) => code(Err::<(), _>(contracts::error::from_rpc_status(&status))),
        })
        .collect();
    assert_eq!(told, ["person2@example.com", "id INVALID_ID", "person1@example.com", "NOT_FOUND", "NOT_FOUND", "person2@example.com"]);

    for ids in [vec![], vec![String::new(); 10_001]] {
        let refused =
            house.client.clone().batch_get_accounts(with(&manager.access, v1::BatchGetAccountsRequest { read_mask: None, ids })).await;
        assert_eq!(code(refused.map_err(error)), "ids OUT_OF_RANGE");
    }
}

#[tokio::test]
async fn a_list_is_in_the_order_of_addresses_and_each_account_is_on_one_page() {
    let house = House::new().await;
    let admin = house.admin().await;
    for number in 1..=24 {
        house.account(number, if number % 3 == 0 { Role::Manager } else { Role::Employee }, number % 2 == 0).await;
    }
    let all = async |filter: v1::AccountFilter| {
        let (mut emails, mut token) = (Vec::new(), String::new());
        loop {
            let request = v1::ListAccountsRequest { filter: Some(filter.clone()), page_size: Some(5), page_token: token };
            let page = house.client.clone().list_accounts(with(&admin.access, request)).await.unwrap().into_inner();
            assert_eq!(page.accounts.len(), page.cursors.len());
            emails.extend(page.accounts.into_iter().map(|account| account.email));
            token = page.next_page_token;
            if token.is_empty() {
                return emails;
            }
        }
    };
    let everybody = all(v1::AccountFilter::default()).await;
    assert_eq!(everybody.len(), 25);
    assert!(everybody.is_sorted() && everybody.iter().collect::<BTreeSet<_>>().len() == 25);
    let managers = all(v1::AccountFilter { roles: vec![2], statuses: vec![] }).await;
    assert_eq!(managers.len(), 8);
    let waiting = all(v1::AccountFilter { roles: vec![1, 2], statuses: vec![1] }).await;
    assert_eq!(waiting.len(), 12);
    assert_eq!(all(v1::AccountFilter { roles: vec![2], statuses: vec![3] }).await, [""; 0]);
}

#[tokio::test]
async fn a_list_that_can_t_be_is_refused_in_its_place() {
    let house = House::new().await;
    let admin = house.admin().await;
    let first = house.client.clone().list_accounts(with(&admin.access, v1::ListAccountsRequest::default())).await.unwrap().into_inner();
    let requests = vec![
        v1::ListAccountsRequest::default(),
        v1::ListAccountsRequest { page_size: Some(0), ..Default::default() },
        v1::ListAccountsRequest { page_size: Some(1_000_000_000), ..Default::default() },
        v1::ListAccountsRequest { filter: Some(v1::AccountFilter { roles: vec![0, 9], statuses: vec![7] }), ..Default::default() },
        v1::ListAccountsRequest { page_token: "made up".to_owned(), ..Default::default() },
        v1::ListAccountsRequest {
            filter: Some(v1::AccountFilter { roles: vec![3], statuses: vec![] }),
            page_token: first.cursors[0].clone(),
            ..Default::default()
        },
    ];
    let answer = house
        .client
        .clone()
        .batch_list_accounts(with(&admin.access, v1::BatchListAccountsRequest { read_mask: None, omit_cursors: false, requests }))
        .await
        .unwrap();
    let told: Vec<String> = answer
        .into_inner()
        .results
        .into_iter()
        .map(|result| match result.result.unwrap() {
            accounts_page_result::Result::Page(page) => page.accounts.len().to_string(),
            accounts_page_result::Result::Error(status) => code(Err::<(), _>(contracts::error::from_rpc_status(&status))),
        })
        .collect();
    assert_eq!(
        told,
        [
            "1",
            "page_size OUT_OF_RANGE",
            "page_size OUT_OF_RANGE",
            "filter.roles[0] REQUIRED, filter.roles[1] UNKNOWN_VALUE, filter.statuses[0] UNKNOWN_VALUE",
            "page_token INVALID_TOKEN",
            "page_token WRONG_LIST"
        ]
    );
}

#[tokio::test]
async fn history_tells_what_changed_and_who_did_it() {
    let house = House::new().await;
    let admin = house.admin().await;
    let account = house.account(1, Role::Manager, false).await;
    let token = house.invite(&admin, account.id).await.unwrap().token;
    house.accept(&token).await.unwrap();
    let version = house.stored(account.id).await.version;
    let request = v1::ChangeRoleRequest { account_id: account.id.to_string(), role: 3, version };
    house.client.clone().change_role(with(&admin.access, request)).await.unwrap();

    let queries = vec![HistoryQuery { entity_id: account.id.to_string(), ..Default::default() }];
    let answer =
        house.client.clone().batch_list_account_history(with(&admin.access, v1::BatchListAccountHistoryRequest { queries })).await.unwrap();
    let Some(history_result::Result::Page(page)) = answer.into_inner().results.remove(0).result else { panic!("a page") };
    let told: Vec<(String, Vec<String>)> = page
        .entries
        .iter()
        .map(|entry| (entry.actor.clone().unwrap().account_id, entry.changes.iter().map(|change| change.field.clone()).collect()))
        .collect();
    let (admin_id, own) = (admin.id.to_string(), account.id.to_string());
    let fields = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>();
    assert_eq!(told[0], (admin_id.clone(), fields(&["role"])));
    assert_eq!(told[1], (own, fields(&["invitation_expires_at", "password_changed_at", "status"])));
    assert_eq!(told[2], (admin_id, fields(&["invitation_expires_at"])));
    assert_eq!(page.entries[3].action(), api::HistoryAction::Created);
    assert_eq!((page.entries[0].changes[0].from.as_deref(), page.entries[0].changes[0].to.as_deref()), (Some("MANAGER"), Some("ADMIN")));
}

#[tokio::test]
async fn another_company_sees_nothing() {
    let house = House::new().await;
    let account = house.account(1, Role::Employee, true).await;
    let stranger = kernel::Principal::service(house.bed.env.new_id(), "test");
    assert_eq!(code(house.application.get_account(&stranger, account.id).await), "NOT_FOUND");
    assert_eq!(house.application.list_accounts(&stranger, Default::default()).await.unwrap().items, []);
}
