//! What each role sees, through the graph.

use serde_json::json;

use super::stage::{assign, cleaner, customer, manager, order, signed_in, stranger};

#[tokio::test]
async fn a_cleaner_sees_their_own_orders_and_what_they_need_for_them_and_nothing_else() {
    let office = manager().await;
    let client = customer(&office, "Secret Prices Ltd").await;
    let (mia, nora) = (cleaner("Mia").await, cleaner("Nora").await);
    let (mine, other) = (order(&office, &client, 22, 9, 1).await, order(&office, &client, 22, 12, 1).await);
    assign(&office, &mine, &mia).await;
    assign(&office, &other, &nora).await;
    let graph = signed_in(&mia, None).await;

    let query = "{ orders { nodes { id customerName customerPhone address { street } price { total { amount } } } } }";
    let seen = graph.data(query, json!({})).await;
    let nodes = seen["orders"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 1);
    assert_eq!(nodes[0]["id"], mine["id"]);
    assert_eq!(nodes[0]["customerName"], "Secret Prices Ltd");
    assert!(nodes[0]["customerPhone"].is_string() && nodes[0]["address"]["street"].is_string());
    assert!(nodes[0]["price"].is_null(), "prices are for the office");

    let foreign = graph.run("query($id: ID!) { order(id: $id) { id } node(id: $id) { id } }", json!({ "id": other["id"] })).await;
    assert_eq!(foreign.codes(), ["NOT_FOUND", "NOT_FOUND"], "as if there were none");
    assert_eq!(graph.run("{ customers { nodes { id } } }", json!({})).await.codes(), ["PERMISSION_DENIED"]);
    assert_eq!(graph.run("{ employees { nodes { id } } }", json!({})).await.codes(), ["PERMISSION_DENIED"]);
    let somebody = graph.run("query($id: ID!) { employee(id: $id) { id } }", json!({ "id": nora.id })).await;
    assert_eq!(somebody.codes(), ["NOT_FOUND"]);

    // They do their own work, and no other's.
    let input = json!({ "id": mine["id"], "text": "The key sticks." });
    graph.change("orderCommentAdd", "order { comments { text author { employee { firstName } } } }", input).await;
    let denied = graph.attempt("orderCommentAdd", "order { id }", json!({ "id": other["id"], "text": "Hello" })).await;
    assert_eq!(denied["userErrors"][0]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn nobody_sees_anything_without_signing_in() {
    for query in
        ["{ orders { nodes { id } } }", "{ customers { nodes { id } } }", "{ employees { nodes { id } } }", "{ accounts { nodes { id } } }"]
    {
        let reply = stranger().run(query, json!({})).await;
        assert_eq!(reply.codes(), ["UNAUTHENTICATED"], "{query}");
    }
    assert!(stranger().data("{ me { role } }", json!({})).await["me"].is_null());
    let forged = stranger().with_token("eyJhbGciOiJub25lIn0.e30.").run("{ me { role } }", json!({})).await;
    assert_eq!((forged.status, forged.codes()), (401, vec!["UNAUTHENTICATED"]));
}

#[tokio::test]
async fn a_manager_can_not_change_roles() {
    let office = manager().await;
    let me = office.data("{ me { account { id version } } }", json!({})).await;
    let input = json!({ "accountId": me["me"]["account"]["id"], "role": "ADMIN", "version": me["me"]["account"]["version"] });
    let mutation = "mutation($input: AccountChangeRoleInput!) { accountChangeRole(input: $input) { account { role } } }";
    assert_eq!(office.run(mutation, json!({ "input": input })).await.codes(), ["PERMISSION_DENIED"]);
}
