//! The values of variables: section 6.1.2 of the specification.
//!
//! async-graphql looks at a variable's value only where the variable is used, and as a part of validation. Here it is looked at by the
//! type that the operation declares, so that a validated document can be kept, whatever is sent with it.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, ServerError, Variables,
    parser::{
        parse_schema,
        types::{BaseType, OperationDefinition, Type, TypeKind, TypeSystemDefinition},
    },
};
use async_graphql_value::ConstValue;

/// The types that values may be of.
pub(super) struct InputTypes(HashMap<Name, InputType>);

enum InputType {
    /// A custom scalar says itself what it takes, where it is read.
    Scalar,
    Enum(HashSet<Name>),
    Object(Vec<InputField>),
}

struct InputField {
    name: Name,
    r#type: Type,
    has_default: bool,
}

impl InputTypes {
    /// Those of a schema.
    ///
    /// # Errors
    /// Where it is none.
    pub(super) fn read(sdl: &str) -> Result<Self, async_graphql::parser::Error> {
        let definitions = parse_schema(sdl)?.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node),
            _ => None,
        });
        let types = definitions.filter_map(|definition| {
            let input = match definition.kind {
                TypeKind::Scalar => InputType::Scalar,
                TypeKind::Enum(kind) => InputType::Enum(kind.values.into_iter().map(|value| value.node.value.node).collect()),
                TypeKind::InputObject(kind) => InputType::Object(
                    kind.fields
                        .into_iter()
                        .map(|field| InputField {
                            has_default: field.node.default_value.is_some(),
                            r#type: field.node.ty.node,
                            name: field.node.name.node,
                        })
                        .collect(),
                ),
                _ => return None,
            };
            Some((definition.name.node, input))
        });
        Ok(Self(types.collect()))
    }

    /// The variables of an operation: what was sent, and the defaults of what wasn't. What has neither is not there.
    ///
    /// # Errors
    /// An error for each variable whose value is not of its type.
    pub(super) fn coerce(&self, operation: &OperationDefinition, mut sent: Variables) -> Result<Variables, Vec<ServerError>> {
        let (mut variables, mut errors) = (Variables::default(), Vec::new());
        for definition in &operation.variable_definitions {
            let (position, definition) = (definition.pos, &definition.node);
            let name = &definition.name.node;
            let value = match sent.remove(name) {
                Some(value) => self.check(&definition.var_type.node, &value).map(|()| Some(value)),
                None => match definition.default_value.as_ref().map(|default| &default.node) {
                    None if !definition.var_type.node.nullable => Err(Problem::new("must be given")),
                    default => Ok(default.cloned()),
                },
            };
            match value {
                Ok(Some(value)) => drop(variables.insert(name.clone(), value)),
                Ok(None) => {}
                Err(problem) => errors.push(ServerError::new(format!("the variable ${name}{problem}"), Some(position))),
            }
        }
        if errors.is_empty() { Ok(variables) } else { Err(errors) }
    }

    fn check(&self, r#type: &Type, value: &ConstValue) -> Result<(), Problem> {
        if *value == ConstValue::Null {
            return if r#type.nullable { Ok(()) } else { Err(Problem::new("must not be null")) };
        }
        match (&r#type.base, value) {
            (BaseType::List(of), ConstValue::List(items)) => {
                let mut items = items.iter().enumerate();
                items.try_for_each(|(index, item)| self.check(of, item).map_err(|problem| problem.within(format!("[{index}]"))))
            }
            // A value stands for the list of it.
            (BaseType::List(of), value) => self.check(of, value),
            (BaseType::Named(name), value) => self.check_named(name, value),
        }
    }

    fn check_named(&self, name: &Name, value: &ConstValue) -> Result<(), Problem> {
        use ConstValue::{Boolean, Enum, List, Number, Object, String};
        let fits = match (name.as_str(), value) {
            ("Int", Number(number)) => number.is_i64() || number.is_u64(),
            ("Float", Number(_)) | ("String", String(_)) | ("Boolean", Boolean(_)) | ("ID", String(_)) => true,
            ("ID", Number(number)) => number.is_i64() || number.is_u64(),
            ("Int" | "Float" | "String" | "Boolean" | "ID", _) => false,
            _ => match (self.0.get(name), value) {
                (Some(InputType::Scalar), value) => !matches!(value, Object(_) | List(_)),
                (Some(InputType::Enum(values)), String(value)) => values.contains(value.as_str()),
                (Some(InputType::Enum(values)), Enum(value)) => values.contains(value),
                (Some(InputType::Object(fields)), Object(given)) => return self.check_fields(name, fields, given),
                _ => false,
            },
        };
        if fits { Ok(()) } else { Err(Problem::new(format!("must be of the type {name}"))) }
    }

    fn check_fields(&self, name: &Name, fields: &[InputField], given: &indexmap::IndexMap<Name, ConstValue>) -> Result<(), Problem> {
        if let Some(unknown) = given.keys().find(|key| fields.iter().all(|field| field.name != **key)) {
            return Err(Problem::new(format!("is no field of {name}")).within(format!(".{unknown}")));
        }
        fields.iter().try_for_each(|field| {
            let problem = match given.get(&field.name) {
                Some(value) => self.check(&field.r#type, value),
                None if field.r#type.nullable || field.has_default => Ok(()),
                None => Err(Problem::new("must be given")),
            };
            problem.map_err(|problem| problem.within(format!(".{}", field.name)))
        })
    }
}

/// The variables of an operation where none is sent.
pub(super) fn defaults(operation: &OperationDefinition) -> Variables {
    let mut variables = Variables::default();
    for definition in operation.variable_definitions.iter().map(|definition| &definition.node) {
        if let Some(default) = &definition.default_value {
            variables.insert(definition.name.node.clone(), default.node.clone());
        }
    }
    variables
}

/// What is wrong with a value, and where in it.
#[derive(Debug)]
struct Problem {
    path: String,
    message: String,
}

impl Problem {
    fn new(message: impl Into<String>) -> Self {
        Self { path: String::new(), message: message.into() }
    }

    fn within(mut self, outer: String) -> Self {
        self.path.insert_str(0, &outer);
        self
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.path, self.message)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    const SCHEMA: &str = "
        scalar DateTime
        enum Status { ACTIVE ARCHIVED }
        input Filter { statuses: [Status!], from: DateTime, size: Int! = 3, inner: Filter, name: String! }";

    fn coerced(declared: &str, sent: serde_json::Value) -> Result<serde_json::Value, String> {
        let document = parse_query(format!("query Q({declared}) {{ a }}")).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        let coerced = InputTypes::read(SCHEMA).unwrap().coerce(&operation.node, Variables::from_json(sent));
        let told = |errors: Vec<ServerError>| errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("; ");
        coerced.map(|variables| serde_json::to_value(variables).unwrap()).map_err(told)
    }

    #[test]
    fn defaults_stand_for_what_was_not_sent_and_what_has_none_is_not_there() {
        let given = coerced("$a: Int = 1, $b: Int = 2, $c: Int, $d: Int! = 4, $e: Int = 5", json!({ "b": 7, "e": null, "unknown": 1 }));
        assert_eq!(given.unwrap(), json!({ "a": 1, "b": 7, "d": 4, "e": null }));
    }

    #[test]
    fn every_value_must_be_of_its_variables_type() {
        for (declared, value, refused) in [
            ("Int!", json!(null), "the variable $v must not be null"),
            ("Int", json!("1"), "the variable $v must be of the type Int"),
            ("Int", json!(1.5), "the variable $v must be of the type Int"),
            ("Boolean", json!("true"), "the variable $v must be of the type Boolean"),
            ("String", json!(1), "the variable $v must be of the type String"),
            ("ID", json!(true), "the variable $v must be of the type ID"),
            ("Status", json!("GONE"), "the variable $v must be of the type Status"),
            ("DateTime", json!({}), "the variable $v must be of the type DateTime"),
            ("[Int!]", json!([1, null]), "the variable $v[1] must not be null"),
            ("Filter", json!(1), "the variable $v must be of the type Filter"),
            ("Filter", json!({ "statuses": [] }), "the variable $v.name must be given"),
            ("Filter", json!({ "name": "a", "bogus": 1 }), "the variable $v.bogus is no field of Filter"),
            ("Filter", json!({ "name": "a", "size": null }), "the variable $v.size must not be null"),
            (
                "[Filter]",
                json!([null, { "name": "a", "inner": { "name": "b", "statuses": ["ACTIVE", "X"] } }]),
                "the variable $v[1].inner.statuses[1] must be of the type Status",
            ),
        ] {
            assert_eq!(coerced(&format!("$v: {declared}"), json!({ "v": value })).unwrap_err(), refused);
        }
        assert_eq!(
            coerced("$v: Int!, $w: [Int!]!", json!({})).unwrap_err(),
            "the variable $v must be given; the variable $w must be given"
        );
    }

    #[test]
    fn values_of_their_types_are_taken_as_they_are() {
        for (declared, value) in [
            ("Int", json!(-3)),
            ("Float", json!(1)),
            ("ID", json!(7)),
            ("[[Int]]", json!(1)),
            ("[Status!]!", json!("ARCHIVED")),
            ("DateTime", json!("2026-03-01T09:30:00Z")),
            ("Filter", json!({ "name": "a", "statuses": ["ACTIVE"], "inner": null, "from": null })),
        ] {
            assert_eq!(coerced(&format!("$v: {declared}"), json!({ "v": value })).unwrap(), json!({ "v": value }));
        }
    }
}
