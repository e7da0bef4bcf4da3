//! Search, as people type.

use serde_json::json;

use super::stage::manager;

#[tokio::test]
async fn customers_are_found_by_beginnings_of_words_and_digits_whatever_the_script_case_and_accents() {
    let office = manager().await;
    let people = [
        ("Jānis Šķēlezers", "+37129765431", "Ķengaraga iela 7"),
        ("Алёна Щукинская", "+37129765432", "Улица Садовая 3"),
        ("O'Connorly & Sons", "+37129765433", "Harbour Street 9"),
    ];
    for (name, phone, street) in people {
        let input =
            json!({ "type": "PERSON", "name": name, "phone": phone, "properties": [{ "address": { "street": street, "city": "Rīga" } }] });
        office.change("customerCreate", "customer { id }", input).await;
    }
    let names = async |text: &str| -> Vec<String> {
        let data =
            office.data("query($text: String!) { searchCustomers(text: $text) { nodes { name } more } }", json!({ "text": text })).await;
        data["searchCustomers"]["nodes"].as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap().to_owned()).collect()
    };
    for text in ["skelez", "ŠĶĒLEZERS", "janis skel", "skelez kengar", "9765431"] {
        assert_eq!(names(text).await, ["Jānis Šķēlezers"], "{text}");
    }
    for text in ["щукинс", "АЛЕНА ЩУК", "щукинская садов", "+371 2976-5432"] {
        assert_eq!(names(text).await, ["Алёна Щукинская"], "{text}");
    }
    assert_eq!(names("connorly sons").await, ["O'Connorly & Sons"]);
    assert_eq!(names("976543").await.len(), 3);
    assert!(names("kelezers").await.is_empty(), "the middle of a word finds nothing");

    let reply = office.run("{ searchCustomers(text: \"a\", limit: 201) { nodes { id } } }", json!({})).await;
    assert_eq!(reply.codes(), ["INVALID"]);
}
