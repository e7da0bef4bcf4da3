//! How much an operation can ask for, told before anything is asked.
//!
//! A list inside a list multiplies: a short document can ask for more than any machine holds. So the items are counted
//! that its lists give at the most, and its fields with fragments opened as often as they are spread.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::{ConstValue, Value};
use kernel::PageSize;

/// Deeper documents are refused; introspection, the deepest honest one, has 15 levels.
const MAX_DEPTH: usize = 32;

/// More brackets within brackets are refused before the document is parsed. The parser calls itself for each value in a
/// value, without end: a few kilobytes of them would take its stack, and the process.
pub(super) const MAX_NESTING: usize = 64;

/// The most items that any list gives; who asks for more is refused by the service, with the field's name.
const LONGEST: u64 = 200;

/// The most that an operation may ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Items of lists, all lists together.
    pub(crate) items: u64,
    /// Fields.
    pub(crate) fields: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { items: 20_000, fields: 5_000 }
    }
}

/// Whether the document has more brackets within brackets than it may have; those in strings and comments don't count.
pub(super) fn is_nested_too_deep(document: &str) -> bool {
    let (mut depth, mut rest) = (0_usize, document.as_bytes());
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'"' if after.starts_with(b"\"\"") => after_string(&after[2..], b"\"\"\"", b"\\\"\"\""),
            b'"' => after_string(after, b"\"", b"\\"),
            b'#' => after.iter().position(|byte| matches!(byte, b'\n' | b'\r')).map_or(&[][..], |end| &after[end..]),
            b'{' | b'[' | b'(' => {
                depth += 1;
                if depth > MAX_NESTING {
                    return true;
                }
                after
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                after
            }
            _ => after,
        };
    }
    false
}

/// What comes after the end of a string; `escape` is what takes the next bytes' meaning.
fn after_string<'a>(mut rest: &'a [u8], end: &[u8], escape: &[u8]) -> &'a [u8] {
    loop {
        if let Some(after) = rest.strip_prefix(escape) {
            // A simple string's escape is one backslash, and the byte after it stands for itself.
            rest = if escape.len() == 1 { after.get(1..).unwrap_or_default() } else { after };
        } else if let Some(after) = rest.strip_prefix(end) {
            return after;
        } else if end.len() == 1 && matches!(rest.first(), Some(b'\n' | b'\r')) {
            // A simple string ends with its line: the parser will refuse it.
            return rest;
        } else {
            match rest.split_first() {
                Some((_, after)) => rest = after,
                None => return rest,
            }
        }
    }
}

/// Refuses an operation that asks for too much.
///
/// # Errors
/// What is too much, for people.
pub(super) fn check(
    operation: &OperationDefinition,
    fragments: &HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &Variables,
    limits: Limits,
) -> Result<Count, String> {
    let mut counter = Counter { fragments, variables, limits, count: Count::default() };
    counter.selection(&operation.selection_set.node, 1, 0)?;
    Ok(counter.count)
}

/// What an operation asks for, at the most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// Items of lists, all lists together.
    pub(super) items: u64,
    /// Fields.
    pub(super) fields: u64,
}

struct Counter<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
    limits: Limits,
    count: Count,
}

impl Counter<'_> {
    /// Counts what is selected on each of `times` objects. Ends: every step counts a field or goes one deeper.
    fn selection(&mut self, set: &SelectionSet, times: u64, depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!("the operation is more than {MAX_DEPTH} levels deep"));
        }
        for selection in &set.items {
            self.count.fields += 1;
            if self.count.fields > self.limits.fields {
                return Err(format!("the operation has more than {} fields", self.limits.fields));
            }
            match &selection.node {
                Selection::Field(field) => self.field(&field.node, times, depth)?,
                Selection::InlineFragment(fragment) => self.selection(&fragment.node.selection_set.node, times, depth + 1)?,
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) {
                        self.selection(&fragment.node.selection_set.node, times, depth + 1)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, field: &Field, times: u64, depth: usize) -> Result<(), String> {
        let mut times = times;
        if let Some(size) = self.page_size(field) {
            times = times.saturating_mul(size);
            self.count.items = self.count.items.saturating_add(times);
            if self.count.items > self.limits.items {
                let most = self.limits.items;
                return Err(format!(
                    "the operation can ask for more than {most} items of lists; ask for fewer with first, or for less in each"
                ));
            }
        }
        self.selection(&field.selection_set.node, times, depth + 1)
    }

    /// How many items the field gives, where it is a list that comes in pages.
    fn page_size(&self, field: &Field) -> Option<u64> {
        let asked = |name: &str| field.arguments.iter().find(|(argument, _)| argument.node == name).map(|(_, value)| &value.node);
        let size = match asked("first").or_else(|| asked("limit")) {
            Some(Value::Number(size)) => size.as_u64(),
            Some(Value::Variable(name)) => match self.variables.get(name) {
                Some(ConstValue::Number(size)) => size.as_u64(),
                _ => None,
            },
            _ => None,
        };
        let pages = || {
            field.selection_set.node.items.iter().any(|item| match &item.node {
                Selection::Field(inner) => inner.node.name.node == "nodes" || inner.node.name.node == "edges",
                _ => false,
            })
        };
        size.map(|size| size.min(LONGEST)).or_else(|| pages().then_some(PageSize::DEFAULT.get() as u64))
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    fn checked(query: &str, variables: serde_json::Value) -> Result<(), String> {
        let document = parse_query(query).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        check(&operation.node, &document.fragments, &Variables::from_json(variables), Limits::default()).map(drop)
    }

    #[test]
    fn brackets_within_brackets_are_counted_and_those_in_strings_and_comments_are_not() {
        let nested = |levels: usize| format!("{{ order(id: {}{}) {{ id }} }}", "[".repeat(levels), "]".repeat(levels));
        assert!(!is_nested_too_deep(&nested(50)));
        assert!(is_nested_too_deep(&nested(2_000)));
        assert!(is_nested_too_deep(&"{a:".repeat(1_800)));
        let harmless = "[".repeat(100);
        for quoted in [
            format!("\"{harmless}\""),
            format!("\"\"\"{harmless}\n\\\"\"\"{harmless}\"\"\""),
            format!("\"\\\"{harmless}\""),
            format!("#{harmless}\n1"),
        ] {
            assert!(!is_nested_too_deep(&format!("{{ order(id: {quoted}) {{ id }} }}")), "{quoted}");
        }
        // What follows a string that is not closed, or a comment, counts.
        for opened in ["\"\n", "\"\" ", "\"\"\"\"\"\" ", "# \"\n", "\"\\\\\" "] {
            assert!(is_nested_too_deep(&format!("{{ order(id: {opened} {harmless}")), "{opened:?}");
        }
    }

    #[test]
    fn lists_within_lists_multiply() {
        let two = "{ orders(first: 100) { nodes { employees { orders(first: 100) { nodes { id } } } } } }";
        assert_eq!(checked(two, json!({})), Ok(()));
        let three = "{ orders(first: 100) { nodes { employees { orders(first: 100) { nodes { employees { orders(first: 2) { nodes { id } } } } } } } } }";
        assert!(checked(three, json!({})).unwrap_err().contains("20000 items"));
        let by_variable = "query($n: Int) { customers(first: $n) { edges { node { orders(first: $n) { nodes { customer { orders(first: $n) { nodes { id } } } } } } } } }";
        assert_eq!(checked(by_variable, json!({ "n": 20 })), Ok(()));
        assert!(checked(by_variable, json!({ "n": 100 })).is_err());
        assert_eq!(checked("{ orders(first: 2147483647) { nodes { id } } }", json!({})), Ok(()), "the service refuses it by name");
    }

    #[test]
    fn lists_that_name_no_size_count_as_their_default() {
        let deep = |levels: usize| (0..levels).fold("id".to_owned(), |inner, _| format!("customer {{ orders {{ nodes {{ {inner} }} }} }}"));
        assert_eq!(checked(&format!("{{ order(id: 1) {{ {} }} }}", deep(3)), json!({})), Ok(()));
        assert!(checked(&format!("{{ order(id: 1) {{ {} }} }}", deep(4)), json!({})).is_err());
    }

    #[test]
    fn fragments_count_as_often_as_they_are_spread_and_cycles_end() {
        let doubling = (0..24).map(|n| format!("fragment F{n} on Query {{ ...F{} ...F{} }}", n + 1, n + 1)).collect::<String>();
        let bomb = format!("{{ ...F0 }} {doubling} fragment F24 on Query {{ __typename }}");
        assert!(checked(&bomb, json!({})).unwrap_err().contains("fields"));
        assert!(checked("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", json!({})).unwrap_err().contains("deep"));
    }

    #[test]
    fn what_graphiql_asks_of_the_schema_is_within_the_limits() {
        let introspection = "{ __schema { types { fields { args { type { ofType { ofType { ofType { ofType { ofType { ofType { ofType { ofType { ofType { name } } } } } } } } } } } } } } }";
        assert_eq!(checked(introspection, json!({})), Ok(()));
    }
}
