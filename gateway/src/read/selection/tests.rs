use std::sync::Mutex;

use async_graphql::{EmptyMutation, EmptySubscription, Interface, Object, Request, Schema, Variables, value};

use super::*;

/// A root that keeps the selection of the operation.
struct Root;

#[Object]
impl Root {
    async fn seen(&self, ctx: &Context<'_>) -> bool {
        *ctx.data_unchecked::<Seen>().lock().unwrap() = Selection::of_operation(ctx);
        true
    }

    async fn things(&self, _first: Option<i32>, _after: Option<String>, _tags: Option<Vec<String>>) -> Option<Things> {
        None
    }
}

struct Things;

#[Object]
impl Things {
    async fn edges(&self) -> Vec<Edge> {
        Vec::new()
    }

    async fn nodes(&self) -> Vec<Thing> {
        Vec::new()
    }
}

struct Edge;

#[Object]
impl Edge {
    async fn node(&self) -> Thing {
        Thing::Stone(Stone)
    }
}

#[derive(Interface)]
#[graphql(field(name = "name", ty = "&str"))]
enum Thing {
    Stone(Stone),
    Plant(Plant),
}

struct Stone;

#[Object]
impl Stone {
    async fn name(&self) -> &str {
        "stone"
    }

    async fn weight(&self) -> i32 {
        1
    }
}

struct Plant;

#[Object]
impl Plant {
    async fn name(&self) -> &str {
        "plant"
    }

    async fn leaves(&self) -> i32 {
        1
    }
}

type Seen = Arc<Mutex<Selection>>;

/// What `query`, which asks for `seen`, selects besides.
async fn selection(query: &str, variables: Value) -> Selection {
    let schema = Schema::new(Root, EmptyMutation, EmptySubscription);
    let seen = Seen::default();
    let request = Request::new(query).variables(Variables::from_value(variables)).data(seen.clone());
    let response = schema.execute(request).await;
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    seen.lock().unwrap().clone()
}

fn names<'a>(fields: impl IntoIterator<Item = &'a Selected>) -> Vec<&'a str> {
    fields.into_iter().map(|field| field.name.as_str()).collect()
}

fn things(selection: &Selection) -> &Selected {
    selection.on("Root", &[]).find(|field| field.name == "things").expect("things")
}

fn nodes(selection: &Selection) -> &Selection {
    things(selection).connection_nodes().next().expect("nodes")
}

#[tokio::test]
async fn fragments_are_opened_wherever_they_stand() {
    let query = "
        query { seen ...Stones }
        fragment Stones on Root { ... { things { ...Nodes } } }
        fragment Nodes on Things { nodes { ... { name } ... on Thing { name } } }";
    let selection = selection(query, value!({})).await;
    assert_eq!(names(selection.on("Root", &[])), ["seen", "things"]);
    assert_eq!(names(nodes(&selection).on("Stone", &["Thing"])), ["name", "name"]);
}

#[tokio::test]
async fn a_field_applies_to_the_types_that_all_its_conditions_admit() {
    let query = "{ seen things { nodes { name ... on Stone { weight } ...Leaves ... on Thing { ... on Plant { leaves } } } } }
        fragment Leaves on Plant { leaves }";
    let selection = selection(query, value!({})).await;
    assert_eq!(names(nodes(&selection).on("Stone", &["Thing"])), ["name", "weight"]);
    assert_eq!(names(nodes(&selection).on("Plant", &["Thing"])), ["name", "leaves", "leaves"]);
}

#[tokio::test]
async fn an_alias_leaves_the_field_its_name_and_each_occurrence_its_arguments() {
    let selection =
        selection("{ seen a: things(first: 1) { nodes { x: name } } b: things(first: 2) { nodes { name } } }", value!({})).await;
    let firsts: Vec<Option<i32>> =
        selection.on("Root", &[]).filter(|field| field.name == "things").filter_map(|field| field.argument("first")).collect();
    assert_eq!(firsts, [Some(1), Some(2)]);
    assert_eq!(names(nodes(&selection).on("Stone", &["Thing"])), ["name"]);
}

#[tokio::test]
async fn arguments_have_their_variables_values_or_defaults() {
    let query = "query ($first: Int = 7, $after: String = \"x\", $tag: String) {
        seen things(first: $first, after: $after, tags: [$tag, \"b\"]) { nodes { name } }
    }";
    let selection = selection(query, value!({ "after": "y", "tag": "a" })).await;
    let field = things(&selection);
    assert_eq!(field.argument::<Option<i32>>("first"), Some(Some(7)));
    assert_eq!(field.argument::<Option<String>>("after"), Some(Some("y".to_owned())));
    assert_eq!(field.argument::<Option<Vec<String>>>("tags"), Some(Some(vec!["a".to_owned(), "b".to_owned()])));
}

#[tokio::test]
async fn an_argument_that_is_not_given_reads_as_null_and_one_of_another_type_does_not_read() {
    let selection = selection("query ($after: String) { seen things(first: 3, after: $after) { nodes { name } } }", value!({})).await;
    let field = things(&selection);
    assert_eq!(field.argument::<Option<String>>("after"), Some(None));
    assert_eq!(field.argument::<Option<Vec<String>>>("tags"), Some(None));
    assert_eq!(field.argument::<Option<bool>>("first"), None);
    assert_eq!(field.argument::<i32>("tags"), None);
}

#[tokio::test]
async fn what_skip_and_include_exclude_is_not_selected() {
    let query = "query ($yes: Boolean!, $no: Boolean!) {
        seen things { nodes { name @include(if: $no) ... on Stone @skip(if: $yes) { weight } ... on Plant @include(if: $yes) { leaves } } }
    }";
    let selection = selection(query, value!({ "yes": true, "no": false })).await;
    assert_eq!(names(nodes(&selection).on("Stone", &["Thing"])), Vec::<&str>::new());
    assert_eq!(names(nodes(&selection).on("Plant", &["Thing"])), ["leaves"]);
}

#[tokio::test]
async fn the_nodes_of_a_connection_are_found_under_nodes_and_edges() {
    let selection = selection("{ seen things { edges { node { name } } nodes { ... on Stone { weight } } } }", value!({})).await;
    let found: Vec<_> = things(&selection).connection_nodes().map(|nodes| names(nodes.on("Stone", &["Thing"]))).collect();
    assert_eq!(found, [["name"], ["weight"]]);
}
