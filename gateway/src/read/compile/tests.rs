use async_graphql::parser::{parse_query, types::ExecutableDocument};
use serde_json::json;

use super::*;

/// What is selected on the object `Order`, a `Node`, as a tree of names in the answer, where every type below is `Order` too.
fn selected(query: &str, variables: serde_json::Value) -> String {
    let document: ExecutableDocument = parse_query(query).unwrap();
    let (_, operation) = document.operations.iter().next().unwrap();
    let variables = Variables::from_json(variables);
    let compiler = Compiler { fragments: &document.fragments, variables: &variables };
    tree(&compiler, &[&operation.node.selection_set.node])
}

fn tree(compiler: &Compiler<'_>, sets: &[&SelectionSet]) -> String {
    let fields = compiler.collect(sets, "Order", &["Node"]);
    let field = |field: &Collected<'_>| {
        let below = tree(compiler, &field.sets);
        let name = if field.key == field.name { String::new() } else { format!("={}", field.name) };
        if below.is_empty() { format!("{}{name}", field.key) } else { format!("{}{name}({below})", field.key) }
    };
    fields.iter().map(field).collect::<Vec<_>>().join(" ")
}

#[test]
fn fields_come_in_the_order_of_their_first_occurrence_and_are_merged() {
    let query = "{ b: x { p } a b: x { q p { r } } ... { c b: x { p { s } } } ...F } fragment F on Order { d a }";
    assert_eq!(selected(query, json!({})), "b=x(p(r s) q) a c d");
}

#[test]
fn fragments_apply_to_their_type_and_to_its_interfaces() {
    let query =
        "{ ... on Customer { a } ... on Order { b } ... on Node { c } ...F ...G } fragment F on Node { d } fragment G on Customer { e }";
    assert_eq!(selected(query, json!({})), "b c d");
}

#[test]
fn what_skip_and_include_exclude_is_not_there() {
    let query = "query ($yes: Boolean!, $no: Boolean!) {
        a @skip(if: $yes) b @skip(if: $no) c @include(if: $yes) d @include(if: $no)
        e @skip(if: false) @include(if: true) f @skip(if: true) @include(if: true)
        ... @include(if: $no) { g } ...F @skip(if: $no)
    } fragment F on Order { h }";
    assert_eq!(selected(query, json!({ "yes": true, "no": false })), "b c e h");
}

#[test]
fn a_field_that_is_excluded_once_is_there_where_it_is_included_elsewhere() {
    assert_eq!(selected("{ a @skip(if: true) { p } a { q } }", json!({})), "a(q)");
}

#[test]
fn variables_that_were_not_given_are_as_if_nothing_was_written() {
    let document = parse_query("query ($x: Int, $y: Int) { f(a: $x, b: { c: $x, d: $y }, e: [$x, $y], g: 1) }").unwrap();
    let (_, operation) = document.operations.iter().next().unwrap();
    let variables = Variables::from_json(json!({ "y": 7 }));
    let compiler = Compiler { fragments: &document.fragments, variables: &variables };
    let fields = compiler.collect(&[&operation.node.selection_set.node], "Order", &[]);
    let argument = |name: &str| compiler.argument::<Option<async_graphql::Json<serde_json::Value>>>(&fields[0], name).unwrap();
    assert!(argument("a").is_none() && argument("nothing").is_none());
    assert_eq!(argument("b").unwrap().0, json!({ "d": 7 }));
    assert_eq!(argument("e").unwrap().0, json!([null, 7]));
    assert_eq!(argument("g").unwrap().0, json!(1));
}
