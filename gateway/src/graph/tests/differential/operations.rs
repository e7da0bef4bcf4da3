//! Operations over the whole schema: aliases, fragments, directives, variables given and not, fields selected twice.

use std::{collections::HashMap, fmt::Write as _};

use async_graphql::parser::{
    parse_schema,
    types::{BaseType, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind, TypeSystemDefinition},
};
use rand::{Rng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value as Json, json};

use super::data::THINGS;
use crate::graph::tests::services::uuid;

/// Generates operations.
pub(super) struct Generator {
    types: HashMap<String, TypeDefinition>,
}

/// What is generated of one operation.
struct Operation<'g, 'c> {
    types: &'g HashMap<String, TypeDefinition>,
    chance: &'c mut ChaCha8Rng,
    /// The declarations of variables.
    declared: Vec<String>,
    /// The variables that are sent.
    variables: Map<String, Json>,
    /// The definitions of fragments.
    fragments: Vec<String>,
    /// How many names were made.
    names: usize,
    /// How many fields may still be selected.
    left: usize,
}

impl Generator {
    pub(super) fn new() -> Self {
        let schema = parse_schema(crate::graph::sdl()).unwrap();
        let definitions = schema.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some((definition.node.name.node.to_string(), definition.node)),
            _ => None,
        });
        Self { types: definitions.collect() }
    }

    /// A query and its variables. A few are not valid: two fields with one name that differ.
    pub(super) fn operation(&self, chance: &mut ChaCha8Rng) -> (String, Json) {
        let left = chance.random_range(3..40);
        let mut operation =
            Operation { types: &self.types, chance, declared: Vec::new(), variables: Map::new(), fragments: Vec::new(), names: 0, left };
        let selection = operation.selection("Query", 0);
        let Operation { declared, variables, fragments, .. } = operation;
        let declared = if declared.is_empty() { String::new() } else { format!("({})", declared.join(", ")) };
        (format!("query Generated{declared} {selection} {}", fragments.join(" ")), Json::Object(variables))
    }
}

impl Operation<'_, '_> {
    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn fields_of(&self, name: &str) -> Vec<FieldDefinition> {
        let fields = match &self.types[name].kind {
            TypeKind::Object(object) => &object.fields,
            TypeKind::Interface(interface) => &interface.fields,
            _ => return Vec::new(),
        };
        fields.iter().map(|field| field.node.clone()).collect()
    }

    fn is_composite(&self, name: &str) -> bool {
        self.types.get(name).is_some_and(|definition| matches!(definition.kind, TypeKind::Object(_) | TypeKind::Interface(_)))
    }

    /// What is selected on an object of the type `name`: something at least, whatever is excluded. async-graphql takes an object of which
    /// nothing is left for null, and that for what stands for all of its occurrences.
    fn selection(&mut self, name: &str, depth: usize) -> String {
        let mut out = String::from("{");
        for _ in 0..self.chance.random_range(1..=5) {
            self.item(name, depth, &mut out);
        }
        out + " __typename }"
    }

    fn item(&mut self, name: &str, depth: usize, out: &mut String) {
        let concrete: &[&str] = if name == "Node" { &["Account", "Employee", "Customer", "Order", "Node"] } else { &[] };
        match self.chance.random_range(0..10) {
            0 => {
                let on = concrete.choose(self.chance).map_or(name, |on| *on).to_owned();
                let condition = if on != name || self.chance.random() { format!(" on {on}") } else { String::new() };
                let (directive, selection) = (self.directive(), self.selection(&on, depth));
                let _ = write!(out, " ...{condition}{directive} {selection}");
            }
            1 => {
                let on = concrete.choose(self.chance).map_or(name, |on| *on).to_owned();
                let (fragment, selection) = (self.name("F"), self.selection(&on, depth));
                self.fragments.push(format!("fragment {fragment} on {on} {selection}"));
                let times = self.chance.random_range(1..=2);
                for _ in 0..times {
                    let directive = self.directive();
                    let _ = write!(out, " ...{fragment}{directive}");
                }
            }
            2 => out.push_str(" __typename"),
            _ => self.field(name, depth, out),
        }
    }

    fn field(&mut self, name: &str, depth: usize, out: &mut String) {
        let fields = self.fields_of(name);
        let deep_enough = depth > 7 || self.left == 0;
        let fields: Vec<_> = fields.into_iter().filter(|field| !(deep_enough && self.is_composite(&base(&field.ty.node)))).collect();
        let Some(field) = fields.choose(self.chance) else { return };
        self.left = self.left.saturating_sub(1);
        let target = base(&field.ty.node);
        let mut arguments = Vec::new();
        for argument in &field.arguments {
            let argument = &argument.node;
            let required = !argument.ty.node.nullable;
            if required || self.chance.random_bool(0.3) {
                let value = self.argument(argument);
                arguments.push(format!("{}: {value}", argument.name.node));
            }
        }
        // What has arguments would seldom agree with another of its name.
        let alias = if !arguments.is_empty() || self.chance.random_bool(0.2) { format!("{}: ", self.name("a")) } else { String::new() };
        let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        let times = if self.chance.random_bool(0.1) { 2 } else { 1 };
        for _ in 0..times {
            let directive = self.directive();
            let selection = if self.is_composite(&target) { self.selection(&target, depth + 1) } else { String::new() };
            let _ = write!(out, " {alias}{}{arguments}{directive} {selection}", field.name.node);
        }
    }

    fn directive(&mut self) -> String {
        if self.chance.random_bool(0.85) {
            return String::new();
        }
        let name = *["skip", "include"].choose(self.chance).unwrap();
        let value = self.chance.random::<bool>();
        if self.chance.random() {
            return format!(" @{name}(if: {value})");
        }
        let variable = self.name("b");
        if self.chance.random() {
            self.declared.push(format!("${variable}: Boolean!"));
            self.variables.insert(variable.clone(), json!(value));
        } else {
            self.declared.push(format!("${variable}: Boolean = {value}"));
            // By the specification such a variable may be used where a value is needed, as long as it is not null.
            if self.chance.random() {
                self.variables.insert(variable.clone(), json!(!value));
            }
        }
        format!(" @{name}(if: ${variable})")
    }

    /// A value for an argument: written out, or by a variable.
    fn argument(&mut self, argument: &InputValueDefinition) -> String {
        let r#type = &argument.ty.node;
        let value = self.value(r#type);
        if self.chance.random_bool(0.6) {
            return literal(&value);
        }
        let variable = self.name("v");
        match self.chance.random_range(0..4) {
            0 if r#type.nullable => self.declared.push(format!("${variable}: {type}")),
            1 if !value.is_null() => self.declared.push(format!("${variable}: {type} = {}", literal(&value))),
            _ => {
                self.declared.push(format!("${variable}: {type}"));
                self.variables.insert(variable.clone(), value.0);
            }
        }
        format!("${variable}")
    }

    fn value(&mut self, r#type: &Type) -> Input {
        if r#type.nullable && self.chance.random_bool(0.1) {
            return Input(Json::Null, false);
        }
        let kind = match &r#type.base {
            BaseType::List(item) => {
                let items: Vec<Input> = (0..self.chance.random_range(0..3)).map(|_| self.value(item)).collect();
                let symbols = items.iter().any(|item| item.1);
                return Input(Json::Array(items.into_iter().map(|item| item.0).collect()), symbols);
            }
            BaseType::Named(kind) => kind.to_string(),
        };
        match kind.as_str() {
            "Int" => Input(json!(self.chance.random_range(1..4)), false),
            "Boolean" => Input(json!(self.chance.random::<bool>()), false),
            "ID" => {
                let prefix = *["account", "employee", "customer", "order", "nothing"].choose(self.chance).unwrap();
                Input(json!(format!("{prefix}_{}", uuid(self.chance.random_range(0..THINGS)))), false)
            }
            "DateTime" => {
                Input(json!(*["2026-03-01T09:30:00Z", "2026-03-01T09:30:00+02:00", "tomorrow"].choose(self.chance).unwrap()), false)
            }
            "String" => Input(json!(*["", "anna", "\"371\"\n"].choose(self.chance).unwrap()), false),
            other => match self.types[other].kind.clone() {
                TypeKind::Enum(kind) => {
                    let value = kind.values.choose(self.chance).unwrap();
                    Input(json!(value.node.value.node.as_str()), true)
                }
                TypeKind::InputObject(object) => {
                    let mut fields = Map::new();
                    let mut symbols = false;
                    for field in &object.fields {
                        if !field.node.ty.node.nullable || self.chance.random_bool(0.4) {
                            let value = self.value(&field.node.ty.node);
                            symbols |= value.1;
                            fields.insert(field.node.name.node.to_string(), value.0);
                        }
                    }
                    Input(Json::Object(fields), symbols)
                }
                _ => Input(json!("text"), false),
            },
        }
    }
}

/// A value, and whether names of enumerations are in it.
struct Input(Json, bool);

impl Input {
    fn is_null(&self) -> bool {
        self.0.is_null()
    }
}

/// The value as a document has it.
fn literal(value: &Input) -> String {
    fn write(value: &Json, symbols: bool) -> String {
        match value {
            // What stands in capitals is a name; no other text here does.
            Json::String(text)
                if symbols && text.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_') && !text.is_empty() =>
            {
                text.clone()
            }
            Json::Array(items) => format!("[{}]", items.iter().map(|item| write(item, symbols)).collect::<Vec<_>>().join(", ")),
            Json::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| format!("{name}: {}", write(value, symbols)));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
            other => other.to_string(),
        }
    }
    write(&value.0, value.1)
}

/// The name of the type that a field has, or a list holds.
fn base(r#type: &Type) -> String {
    match &r#type.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(item) => base(item),
    }
}
