//! Pages of a list while others write.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::stage::{customer, latest, manager, order};

#[tokio::test]
async fn no_order_is_seen_twice_or_missed_while_others_write() {
    let office = manager().await;
    let client = customer(&office, "Pages").await;
    let mut wanted = BTreeSet::new();
    for hour in 0..12 {
        wanted.insert(order(&office, &client, 23, hour, 1).await["id"].as_str().unwrap().to_owned());
    }
    let query = "query($id: ID!, $after: String) { customer(id: $id) { orders(first: 3, after: $after, orderBy: STARTS_AT_ASC) { nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }";
    let (mut seen, mut after, mut pages) = (Vec::new(), Value::Null, 0);
    loop {
        let data = office.data(query, json!({ "id": client["id"], "after": after })).await;
        let list = &data["customer"]["orders"];
        assert_eq!(list["pageInfo"]["hasPreviousPage"], pages > 0);
        seen.extend(list["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned()));
        if list["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = list["pageInfo"]["endCursor"].clone();
        // Somebody else takes orders before and after the place, and changes one that was seen.
        order(&office, &client, 22, pages, 1).await;
        order(&office, &client, 24, pages, 1).await;
        let touched = json!({ "id": seen[0] });
        let version = latest(&office, &touched).await["version"].clone();
        office
            .change("orderUpdate", "order { id }", json!({ "id": seen[0], "version": version, "clientComments": format!("page {pages}") }))
            .await;
        pages += 1;
        assert!(pages < 20, "the list does not end");
    }
    let unique: BTreeSet<_> = seen.iter().cloned().collect();
    assert_eq!(unique.len(), seen.len(), "an order was seen twice");
    assert!(unique.is_superset(&wanted), "an order was missed");
}
