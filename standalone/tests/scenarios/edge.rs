//! The HTTP edge, by the GraphQL-over-HTTP specification.

use reqwest::{Method, RequestBuilder, header};
use serde_json::{Value, json};

use super::stage::stranger;

const RESPONSE: &str = "application/graphql-response+json";

fn post(accept: &str, content_type: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
    let request = reqwest::Client::new().post(format!("{}/graphql", stranger().base)).header(header::CONTENT_TYPE, content_type).body(body);
    if accept.is_empty() { request } else { request.header(header::ACCEPT, accept) }
}

async fn answer(request: RequestBuilder) -> (u16, String, Value) {
    let reply = request.send().await.unwrap();
    let content_type = reply.headers().get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    (reply.status().as_u16(), content_type, reply.json().await.unwrap_or_default())
}

#[tokio::test]
async fn media_types_are_negotiated() {
    let body = r#"{"query":"{ __typename }"}"#;
    for (accept, expected) in [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        (RESPONSE, RESPONSE),
        ("application/json", "application/json"),
        ("application/json;q=0.5, application/graphql-response+json", RESPONSE),
        ("application/graphql-response+json; charset=utf-8", RESPONSE),
    ] {
        let (status, content_type, reply) = answer(post(accept, "application/json", body)).await;
        assert_eq!((status, content_type.as_str()), (200, format!("{expected}; charset=utf-8").as_str()), "{accept:?}");
        assert_eq!(reply["data"]["__typename"], "Query");
    }
    assert_eq!(answer(post("text/html", "application/json", body)).await.0, 406);
    assert_eq!(answer(post("application/json;q=0", "application/json", body)).await.0, 406);
}

#[tokio::test]
async fn the_status_tells_whether_the_request_was_executed() {
    for (body, name) in [
        (r#"{"query":"{"}"#, "syntax"),
        (r#"{"query":"{ nonsense }"}"#, "validation"),
        (r#"{"query":"query A { __typename } query B { __typename }"}"#, "operation"),
    ] {
        let (status, _, reply) = answer(post(RESPONSE, "application/json", body)).await;
        assert_eq!(status, 400, "{name}");
        assert!(reply.get("data").is_none() && reply["errors"][0]["message"].is_string(), "{name}: {reply}");
        assert!(!reply.to_string().contains("Did you mean"), "{reply}");
        let (status, _, reply) = answer(post("application/json", "application/json", body)).await;
        assert_eq!(status, 200, "{name}: older clients");
        assert!(reply.get("data").is_none(), "{name}: {reply}");
    }
    let denied = answer(post(RESPONSE, "application/json", r#"{"query":"{ orders { nodes { id } } }"}"#)).await;
    assert_eq!(denied.0, 200, "a field's error is no error of the request");
    assert_eq!(denied.2["data"], json!({ "orders": null }));
}

#[tokio::test]
async fn what_is_no_request_of_graphql_is_refused() {
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{}",
        r#"{"query":1}"#,
        r#"{"query":"{ __typename }","variables":[1]}"#,
        r#"{"query":"{ __typename }","operationName":7}"#,
        r#"{"query":"{ __typename }","extensions":"x"}"#,
        r#"[{"query":"{ __typename }"}]"#,
    ] {
        assert_eq!(answer(post(RESPONSE, "application/json", body)).await.0, 400, "{body}");
    }
    assert_eq!(answer(post(RESPONSE, "application/json", vec![b'"', 0xff, b'"'])).await.0, 400);
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin1",
        "application/graphql",
    ] {
        assert_eq!(answer(post(RESPONSE, content_type, r#"{"query":"{ __typename }"}"#)).await.0, 415, "{content_type}");
    }
    let huge = format!(r#"{{"query":"{{ __typename }}","variables":{{"x":"{}"}}}}"#, "x".repeat(300 * 1024));
    assert_eq!(answer(post(RESPONSE, "application/json", huge)).await.0, 413);
}

#[tokio::test]
async fn get_is_for_queries_alone() {
    let get = |query: &str| {
        reqwest::Client::new().get(format!("{}/graphql", stranger().base)).query(&[("query", query)]).header(header::ACCEPT, RESPONSE)
    };
    assert_eq!(answer(get("{ __typename }")).await.0, 200);
    let (status, ..) = answer(get("mutation { signOut { userErrors { code } } }")).await;
    assert_eq!(status, 405);
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let reply = reqwest::Client::new().request(method.clone(), format!("{}/graphql", stranger().base)).send().await.unwrap();
        assert_eq!(reply.status(), 405, "{method}");
        assert_eq!(reply.headers()[header::ALLOW], "GET, POST");
    }
}

#[tokio::test]
async fn health_is_told_and_graphiql_is_off_without_being_asked_for() {
    for path in ["healthz", "readyz"] {
        assert_eq!(reqwest::get(format!("{}/{path}", stranger().base)).await.unwrap().status(), 200, "{path}");
    }
    assert_eq!(reqwest::get(format!("{}/graphiql", stranger().base)).await.unwrap().status(), 404);
}

#[tokio::test]
async fn what_asks_for_more_than_can_be_given_is_refused_before_anything_is_asked() {
    let values = format!("{{ order(id: {}{}) {{ id }} }}", "[".repeat(20_000), "]".repeat(20_000));
    let fragments = (0..30).map(|n| format!("fragment F{n} on Query {{ ...F{} ...F{} }}", n + 1, n + 1)).collect::<String>();
    let doubling = format!("{{ ...F0 }} {fragments} fragment F30 on Query {{ __typename }}");
    for bomb in [values, doubling] {
        let (status, _, reply) = answer(post(RESPONSE, "application/json", json!({ "query": bomb }).to_string())).await;
        assert_eq!((status, &reply["errors"][0]["extensions"]["code"]), (400, &json!("TOO_EXPENSIVE")), "{reply}");
    }
    let query = "{ orders(first: 100) { nodes { employees { orders(first: 100) { nodes { employees { orders(first: 100) { nodes { id } } } } } } } } }";
    let (status, _, reply) = answer(post(RESPONSE, "application/json", json!({ "query": query }).to_string())).await;
    assert_eq!((status, &reply["errors"][0]["extensions"]["code"]), (400, &json!("TOO_EXPENSIVE")), "{reply}");
    assert!(reply["errors"][0]["message"].as_str().unwrap().contains("first"), "{reply}");
}
