//! Admins: the first, the last, and what they do to accounts.

use std::sync::Arc;

use auth::{commands, domain::account::Status};
use clap::Parser;
use contracts::crm::auth::v1;
use futures::future::join_all;
use kernel::{AccountId, Error, Result, Role};

use crate::house::{House, Person, code, error, with};

async fn change_role(house: &House, by: &Person, account: AccountId, role: Role) -> Result<v1::Account> {
    let version = house.stored(account).await.version;
    let request = v1::ChangeRoleRequest { account_id: account.to_string(), role: contracts::write::role(role).into(), version };
    let answer = house.client.clone().change_role(with(&by.access, request)).await.map_err(error)?;
    Ok(answer.into_inner().account.unwrap())
}

#[tokio::test]
async fn the_last_admin_stays_one() {
    let house = House::new().await;
    let admin = house.admin().await;
    assert_eq!(code(change_role(&house, &admin, admin.id, Role::Manager).await), "LAST_ADMIN");
    assert_eq!(code(house.disable(&admin, admin.id).await), "LAST_ADMIN");

    // One who has not set a password keeps nobody from being the last who can sign in.
    let invited = house.account(1, Role::Manager, false).await;
    change_role(&house, &admin, invited.id, Role::Admin).await.unwrap();
    assert_eq!(code(house.disable(&admin, admin.id).await), "LAST_ADMIN");

    let other = house.another_admin(2, &admin).await;
    house.disable(&other, admin.id).await.unwrap();
    assert_eq!(code(house.disable(&other, other.id).await), "LAST_ADMIN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_admins_who_demote_each_other_at_once_one_stays() {
    for _ in 0..5 {
        let house = Arc::new(House::new().await);
        let first = house.admin().await;
        let mut admins = vec![first.clone()];
        for number in 1..4 {
            admins.push(house.another_admin(number, &first).await);
        }
        let outcomes = join_all((0..admins.len()).map(|at| {
            let (house, by, victim) = (house.clone(), admins[at].clone(), admins[(at + 1) % admins.len()].clone());
            async move { change_role(&house, &by, victim.id, Role::Manager).await }
        }))
        .await;
        let demoted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let stayed = join_all(admins.iter().map(|admin| house.stored(admin.id))).await.iter().filter(|it| it.role == Role::Admin).count();
        assert_eq!(demoted + stayed, admins.len());
        assert!(demoted >= 1 && stayed >= 1, "{outcomes:?}");
    }
}

#[tokio::test]
async fn who_lost_the_power_can_t_use_a_token_that_still_lives_to_get_it_back() {
    let house = House::new().await;
    let admin = house.admin().await;
    let (disabled, demoted) = (house.another_admin(1, &admin).await, house.another_admin(2, &admin).await);
    house.disable(&admin, disabled.id).await.unwrap();
    change_role(&house, &admin, demoted.id, Role::Manager).await.unwrap();
    let invited = house.account(3, Role::Manager, false).await;
    for (by, why) in [(&disabled, "SESSION_ENDED"), (&demoted, "PERMISSION_DENIED")] {
        house.verifier.verify(&by.access).await.unwrap();
        assert_eq!(code(change_role(&house, by, by.id, Role::Admin).await), why);
        assert_eq!(code(house.disable(by, admin.id).await), why);
        let version = house.stored(by.id).await.version;
        let enable = v1::EnableAccountRequest { account_id: by.id.to_string(), version };
        assert_eq!(code(house.client.clone().enable_account(with(&by.access, enable)).await.map_err(error)), why);
    }
    assert_eq!(code(house.invite(&disabled, invited.id).await), "SESSION_ENDED");
    assert_eq!(code(house.invite(&demoted, invited.id).await), "NOT_FOUND", "as for any manager");
}

#[tokio::test]
async fn a_first_admin_is_made_where_there_is_none() {
    let house = House::new().await;
    let create = async |email: &str| house.application.create_first_admin(house.bed.company, email, "Agnese Kalna").await;
    let lost = create("agnese@example.com").await.unwrap();
    assert_eq!(lost.account.account.role, Role::Admin);
    assert_eq!(code(create("other@example.com").await), "ADMIN_INVITED");

    // The invitation was lost: the same address gets another.
    let invitation = create("Agnese@example.com").await.unwrap();
    assert_eq!(invitation.account.account.id, lost.account.account.id);
    assert_eq!(code(house.accept(lost.token.expose()).await), "token INVALID_INVITATION");
    let admin = house.accept(invitation.token.expose()).await.unwrap();
    assert_eq!(house.verifier.verify(&admin.access).await.unwrap().role, Role::Admin);

    assert_eq!(code(create("agnese@example.com").await), "ADMIN_EXISTS");
    assert_eq!(code(create("other@example.com").await), "ADMIN_EXISTS");
}

#[tokio::test]
async fn a_first_admin_needs_an_address_of_their_own_and_a_name() {
    let house = House::new().await;
    house.account(1, Role::Manager, true).await;
    let create = async |email: &str, name: &str| house.application.create_first_admin(house.bed.company, email, name).await;
    assert_eq!(code(create("person1@example.com", "Agnese").await), "email TAKEN");
    assert_eq!(code(create("agnese", "Agnese").await), "email INVALID_EMAIL");
    assert_eq!(code(create("agnese@example.com", " ").await), "name REQUIRED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_first_admins_made_at_once_one_is() {
    let house = Arc::new(House::new().await);
    let emails: Vec<String> = (0..8).map(|number| format!("admin{number}@example.com")).collect();
    let outcomes = join_all(emails.iter().map(|email| house.application.create_first_admin(house.bed.company, email, "Agnese"))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refused in outcomes.into_iter().filter(Result::is_err) {
        assert!(["ADMIN_EXISTS", "ADMIN_INVITED", "CONFLICT"].contains(&code(refused).as_str()));
    }
}

#[derive(Parser)]
struct Program {
    #[command(subcommand)]
    command: commands::Command,
}

#[tokio::test]
async fn the_command_prints_an_invitation_for_the_first_admin() {
    let house = House::new().await;
    let create = Program::parse_from(["auth", "admin", "create", "--email", "agnese@example.com", "--name", "Agnese Kalna"]).command;
    let told = create.run(&house.application).await.unwrap();
    let token = told.lines().last().unwrap();
    house.accept(token).await.unwrap();
    assert_eq!(code(create.run(&house.application).await), "ADMIN_EXISTS");

    let rotate = Program::parse_from(["auth", "keys", "rotate"]).command;
    let told = rotate.run(&house.application).await.unwrap();
    let newest = house.application.jwks().await.unwrap().pop().unwrap();
    assert!(told.contains(&newest.kid));
}

#[tokio::test]
async fn the_command_sets_the_password_of_a_file_and_may_be_given_again() {
    let house = House::new().await;
    let file = std::env::temp_dir().join(format!("{}-password", house.bed.env.random_uuid()));
    let path = file.to_str().unwrap();
    let create = ["auth", "admin", "create", "--email", "agnese@example.com", "--name", "Agnese", "--if-none", "--password-file", path];
    let create = Program::parse_from(create).command;
    assert_eq!(code(create.run(&house.application).await), "password_file UNREADABLE");
    std::fs::write(&file, "short\n").unwrap();
    assert_eq!(code(create.run(&house.application).await), "password TOO_SHORT");

    std::fs::write(&file, "a long walk home 42\n").unwrap();
    let told = create.run(&house.application).await.unwrap();
    assert!(told.contains("agnese@example.com") && !told.contains("a long walk"), "{told}");
    house.sign_in("agnese@example.com", "a long walk home 42").await.unwrap();
    assert_eq!(create.run(&house.application).await.unwrap(), "There is an admin already.");
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn who_has_seen_another_version_is_told_of_the_present_one() {
    let house = House::new().await;
    let admin = house.admin().await;
    let account = house.account(1, Role::Manager, true).await;
    change_role(&house, &admin, account.id, Role::Employee).await.unwrap();
    let (id, version) = (account.id.to_string(), account.version);
    let client = || house.client.clone();
    let stale = [
        client().change_role(with(&admin.access, v1::ChangeRoleRequest { account_id: id.clone(), role: 2, version })).await.map(drop),
        client().disable_account(with(&admin.access, v1::DisableAccountRequest { account_id: id.clone(), version })).await.map(drop),
        client().enable_account(with(&admin.access, v1::EnableAccountRequest { account_id: id.clone(), version })).await.map(drop),
    ];
    for outcome in stale {
        let error = error(outcome.unwrap_err());
        assert!(matches!(error, Error::Conflict { current_version, .. } if current_version == version + 1), "{error:?}");
    }
    let nothing =
        client().change_role(with(&admin.access, v1::ChangeRoleRequest { account_id: "x".to_owned(), role: 9, version: 0 })).await;
    assert_eq!(code(nothing.map_err(error)), "account_id INVALID_ID, role UNKNOWN_VALUE, version REQUIRED");
}

#[tokio::test]
async fn what_is_so_already_is_not_changed_again() {
    let house = House::new().await;
    let admin = house.admin().await;
    let account = house.account(1, Role::Manager, true).await;
    let ((), published) = house
        .published_by(async {
            assert_eq!(change_role(&house, &admin, account.id, Role::Manager).await.unwrap().version, account.version);
            let disabled = house.disable(&admin, account.id).await.unwrap();
            assert_eq!(house.disable(&admin, account.id).await.unwrap(), disabled);
        })
        .await;
    assert_eq!(published, ["AccountDisabled"]);
}

#[tokio::test]
async fn an_enabled_account_is_as_it_was() {
    let house = House::new().await;
    let admin = house.admin().await;
    for (account, status) in
        [(house.account(1, Role::Manager, true).await, Status::Active), (house.account(2, Role::Manager, false).await, Status::Invited)]
    {
        let disabled = house.disable(&admin, account.id).await.unwrap();
        let request = v1::EnableAccountRequest { account_id: disabled.id, version: disabled.version };
        let (_, published) = house.published_by(house.client.clone().enable_account(with(&admin.access, request))).await;
        assert_eq!(published, ["AccountEnabled"]);
        assert_eq!(house.stored(account.id).await.status, status);
    }
}
