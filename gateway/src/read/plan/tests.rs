use std::time::Duration;

use async_graphql::{Context, EmptyMutation, EmptySubscription, Object, Request, Schema};
use async_trait::async_trait;
use runtime::Transport;
use tower::service_fn;

use super::*;
use crate::clients::Clients;

/// Numbers, each of which leads to the next and to its double.
struct Numbers;

/// A number, and how it was loaded: by which call, together with how many others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number {
    value: u32,
    call: u32,
    keys: usize,
}

#[async_trait]
impl Batch for Numbers {
    type Key = u32;
    type Value = Number;
    const LIMIT: usize = 3;

    async fn load(scope: &Scope, keys: &[u32]) -> kernel::Result<Vec<kernel::Result<Number>>> {
        let _counted = scope.request(());
        let number = |value: &u32| match value {
            13 => Err(kernel::Error::not_found("number", value)),
            _ => Ok(Number { value: *value, call: scope.calls(), keys: keys.len() }),
        };
        Ok(keys.iter().map(number).collect())
    }
}

impl Expand for Number {
    fn expand(&self, selection: &Selection, plan: &mut Plan) {
        for field in selection.on("Number", &[]) {
            match field.name.as_str() {
                "next" => plan.follow::<Numbers>(self.value + 1, &field.selection),
                "double" => plan.follow::<Numbers>(self.value * 2, &field.selection),
                "word" => plan.follow::<Words>(self.value, &field.selection),
                _ => {}
            }
        }
    }
}

/// Words for numbers, from another service.
struct Words;

#[derive(Clone)]
struct Word;

#[async_trait]
impl Batch for Words {
    type Key = u32;
    type Value = Word;
    const LIMIT: usize = 3;

    async fn load(scope: &Scope, keys: &[u32]) -> kernel::Result<Vec<kernel::Result<Word>>> {
        let _counted = scope.request(());
        // One answer too few, where there are several questions.
        Ok(keys.iter().skip(usize::from(keys.len() > 1)).map(|_| Ok(Word)).collect())
    }
}

impl Expand for Word {
    fn expand(&self, _: &Selection, _: &mut Plan) {}
}

/// The schema that goes with them, so that queries are written as queries; nothing is resolved by it but `run`.
struct Root;

#[Object]
impl Root {
    async fn run(&self, ctx: &Context<'_>) -> bool {
        let scope = Scope::of(ctx);
        let mut plan = Plan::default();
        for field in Selection::of_operation(ctx).on("Root", &[]).filter(|field| field.name == "number") {
            plan.follow::<Numbers>(field.argument("value").unwrap_or_default(), &field.selection);
        }
        plan.run(scope).await;
        true
    }

    async fn number(&self, _value: u32) -> Option<Node> {
        None
    }
}

struct Node;

#[Object(name = "Number")]
impl Node {
    async fn value(&self) -> u32 {
        0
    }

    async fn next(&self) -> Node {
        Node
    }

    async fn double(&self) -> Node {
        Node
    }

    async fn word(&self) -> u32 {
        0
    }
}

async fn run(query: &str) -> Arc<Scope> {
    let nobody = || Transport::local(service_fn(async |_| Ok(tonic::Status::unimplemented("no calls here").into_http())));
    let scope = Scope::new(Clients::new(nobody(), nobody(), nobody(), nobody()), None, Duration::from_secs(5));
    let schema = Schema::new(Root, EmptyMutation, EmptySubscription);
    let response = schema.execute(Request::new(query).data(scope.clone())).await;
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    scope
}

fn number(scope: &Scope, value: u32) -> Option<Number> {
    scope.shelves().of::<Numbers>().get(&value)?.ok()
}

#[tokio::test]
async fn each_level_is_one_call_whatever_the_number_of_its_keys() {
    let scope = run("{ run a: number(value: 10) { next { double { value } } } b: number(value: 20) { next { double { value } } } }").await;
    assert_eq!(scope.calls(), 3);
    for (value, call) in [(10, 1), (20, 1), (11, 2), (21, 2), (22, 3), (42, 3)] {
        assert_eq!(number(&scope, value), Some(Number { value, call, keys: 2 }));
    }
}

#[tokio::test]
async fn a_key_that_two_fields_ask_is_asked_once_and_expanded_for_both() {
    let scope = run("{ run a: number(value: 1) { next { value } double { double { value } } } }").await;
    // next and double of 1 are both 2; what was loaded before is not loaded again.
    assert_eq!(number(&scope, 2), Some(Number { value: 2, call: 2, keys: 1 }));
    assert_eq!(number(&scope, 4), Some(Number { value: 4, call: 3, keys: 1 }));
    assert_eq!(scope.calls(), 3);
}

#[tokio::test]
async fn what_is_on_the_shelf_costs_no_call_and_is_still_expanded() {
    let scope = run("{ run a: number(value: 4) { value } b: number(value: 2) { double { next { value } } } }").await;
    assert_eq!(number(&scope, 4).map(|number| number.call), Some(1));
    assert_eq!(number(&scope, 5).map(|number| number.call), Some(2));
    assert_eq!(scope.calls(), 2);
}

#[tokio::test]
async fn what_is_not_found_ends_its_branch_only() {
    let scope = run("{ run a: number(value: 13) { next { value } } b: number(value: 20) { next { value } } }").await;
    assert_eq!(scope.calls(), 2);
    assert!(matches!(scope.shelves().of::<Numbers>().get(&13), Some(Err(error)) if matches!(*error, kernel::Error::NotFound { .. })));
    assert_eq!(number(&scope, 14), None);
    assert_eq!(number(&scope, 21), Some(Number { value: 21, call: 2, keys: 1 }));
}

#[tokio::test]
async fn a_batch_with_another_number_of_answers_fails_all_its_keys() {
    let scope = run("{ run a: number(value: 1) { word } b: number(value: 2) { word } }").await;
    for key in [1, 2] {
        let answer = scope.shelves().of::<Words>().get(&key);
        assert!(matches!(answer, Some(Err(error)) if matches!(*error, kernel::Error::Internal(_))));
    }
}

#[tokio::test]
async fn more_keys_than_a_call_takes_are_asked_by_several() {
    let scope = run(
        "{ run a: number(value: 1) { value } b: number(value: 2) { value } c: number(value: 3) { value } d: number(value: 4) { value } }",
    )
    .await;
    assert_eq!(scope.calls(), 2);
    let mut keys: Vec<usize> = (1..=4).filter_map(|value| number(&scope, value)).map(|number| number.keys).collect();
    keys.sort_unstable();
    assert_eq!(keys, [1, 3, 3, 3]);
}
