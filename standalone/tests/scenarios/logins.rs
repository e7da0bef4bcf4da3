//! Logins: provisioned by events, refused where the address is taken, gone with the employee.

use serde_json::json;
use testkit::until;

use super::stage::{PASSWORD, admin, change_employee, cleaner, manager, signed_in, stranger};

#[tokio::test]
async fn a_new_employee_sets_their_first_password_with_an_invitation_once() {
    let ines = cleaner("Ines").await;
    let graph = signed_in(&ines, None).await;
    let me = graph.data("{ me { role employee { firstName login { status } } account { email role } } }", json!({})).await;
    assert_eq!(me["me"]["role"], "EMPLOYEE");
    assert_eq!((&me["me"]["employee"]["firstName"], &me["me"]["account"]["email"]), (&json!("Ines"), &json!(ines.email)));
    assert_eq!(me["me"]["employee"]["login"]["status"], "PROVISIONED");
}

#[tokio::test]
async fn a_login_that_is_refused_shows_on_the_employee() {
    let first = cleaner("Jana").await;
    signed_in(&first, None).await;
    let input = json!({ "firstName": "Jane", "lastName": "Same", "phone": "+37126111111", "email": first.email });
    let second = admin().change("employeeCreate", "employee { id }", input).await["employee"]["id"].clone();
    let login = until("the refusal shows", async || {
        let data = admin()
            .data(
                "query($id: ID!) { employee(id: $id) { login { status refusalReason refusalMessage account { id } } } }",
                json!({ "id": second }),
            )
            .await;
        (data["employee"]["login"]["status"] == "REFUSED").then(|| data["employee"]["login"].clone())
    })
    .await;
    assert_eq!(login["refusalReason"], "EMAIL_TAKEN");
    assert!(login["account"].is_null() && login["refusalMessage"].is_string());
}

#[tokio::test]
async fn somebody_who_leaves_can_not_sign_in_any_more() {
    let office = manager().await;
    let kai = cleaner("Kai").await;
    signed_in(&kai, None).await;
    change_employee(&office, "employeeDeactivate", &kai, json!({ "id": kai.id })).await;
    let mutation = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { code } } }";
    until("the login is disabled", async || {
        let reply = stranger().run(mutation, json!({ "input": { "email": kai.email, "password": PASSWORD } })).await;
        (reply.body["data"]["signIn"]["userErrors"][0]["code"] == "SIGN_IN_FAILED").then_some(())
    })
    .await;
}

#[tokio::test]
async fn sign_in_answers_alike_whatever_was_wrong() {
    let mutation = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { code } } }";
    let lea = cleaner("Lea").await;
    signed_in(&lea, None).await;
    let wrong = stranger().run(mutation, json!({ "input": { "email": lea.email, "password": "not this one" } })).await;
    let unknown = stranger().run(mutation, json!({ "input": { "email": "unknown@office.example", "password": "not this one" } })).await;
    assert_eq!(wrong.body, unknown.body);
    assert_eq!(wrong.data()["signIn"]["userErrors"], json!([{ "code": "SIGN_IN_FAILED" }]));
}
