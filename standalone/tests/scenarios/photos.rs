//! Photos of employees.

use reqwest::header;
use serde_json::json;

use super::stage::{cleaner, manager, signed_in, stranger};

/// A PNG of one red pixel.
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0x90,
    0x77, 0x53, 0xde, 0, 0, 0, 0x0c, b'I', b'D', b'A', b'T', 0x08, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0, 0, 3, 1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0,
    0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

#[tokio::test]
async fn a_photo_is_put_shown_kept_by_version_and_removed() {
    let office = manager().await;
    let olga = cleaner("Olga").await;
    let uuid = olga.id.strip_prefix("employee_").unwrap();
    let (http, token) = (reqwest::Client::new(), office.token().unwrap());
    let look = async || {
        office.data("query($id: ID!) { employee(id: $id) { version photo { url width height } } }", json!({ "id": olga.id })).await["employee"].clone()
    };

    let put = http
        .put(format!("{}/photos/{uuid}?version={}", office.base, look().await["version"]))
        .bearer_auth(token)
        .body(PNG)
        .send()
        .await
        .unwrap();
    assert_eq!(put.status(), 201, "{}", put.text().await.unwrap());
    let employee = look().await;
    assert_eq!((&employee["photo"]["width"], &employee["photo"]["height"]), (&json!(1), &json!(1)));
    let url = format!("{}{}", office.base, employee["photo"]["url"].as_str().unwrap());

    let shown = http.get(&url).bearer_auth(token).send().await.unwrap();
    assert_eq!(shown.status(), 200);
    assert_eq!(shown.headers()[header::CONTENT_TYPE], "image/jpeg");
    assert!(shown.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    let etag = shown.headers()[header::ETAG].clone();
    assert!(shown.bytes().await.unwrap().starts_with(&[0xff, 0xd8]), "it is a JPEG");
    assert_eq!(http.get(&url).bearer_auth(token).header(header::IF_NONE_MATCH, etag).send().await.unwrap().status(), 304);

    assert_eq!(http.get(&url).send().await.unwrap().status(), 401, "not without a token");
    let other = signed_in(&cleaner("Paula").await, None).await;
    assert_eq!(http.get(&url).bearer_auth(other.token().unwrap()).send().await.unwrap().status(), 404, "not another cleaner's");
    assert_eq!(stranger().run("{ __typename }", json!({})).await.status, 200);

    let version = look().await["version"].clone();
    for not_a_photo in [&b"GIF89a"[..], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"", &PNG[..40]] {
        let refused = http
            .put(format!("{}/photos/{uuid}?version={version}", office.base))
            .bearer_auth(token)
            .body(not_a_photo.to_vec())
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), 400);
    }
    office.change("employeePhotoDelete", "employee { photo { url } }", json!({ "employeeId": olga.id, "version": version })).await;
    assert!(look().await["photo"].is_null());
    assert_eq!(http.get(&url).bearer_auth(token).send().await.unwrap().status(), 404);
}
