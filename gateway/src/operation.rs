//! Operations: validated once, executed as often as they are sent.
//!
//! | module | what |
//! |---|---|
//! | [`persisted`] | documents that are named by their hash; which ones are trusted |
//! | [`manifest`] | the manifest of trusted operations |
//! | [`variables`] | the values of variables, by their types |
//! | [`budget`] | how much an operation may ask for |
//! | [`absent`] | variables that were not sent, for async-graphql |
//!
//! A document is parsed and validated once for each of its operations; what came of it is kept. A query of it is then planned with the
//! variables of each request, which takes some microseconds. A mutation, and a query that looks into the schema, is executed by
//! async-graphql.

mod absent;
mod budget;
pub mod manifest;
mod persisted;
mod variables;

use std::sync::Arc;

use async_graphql::{
    Name, Request, ServerError, Variables,
    parser::{
        parse_query,
        types::{ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet},
    },
};
use foldhash::fast::RandomState;
use moka::sync::Cache;

pub(crate) use budget::Limits;

use crate::{
    graph::{self, GatewaySchema, mutation::calls::FieldTypes},
    read::{self, Compiler, Loaders},
    scope::Scope,
};
use manifest::{Cost, Manifest};
use persisted::Persisted;
use variables::InputTypes;

/// How much memory the documents that are kept may take, in bytes, more or less.
const KEPT: u64 = 8 * 1024 * 1024;
/// How much a document takes when it is parsed, as a multiple of its text.
const WEIGHT: usize = 16;
/// A longer document is parsed and validated each time.
const LONGEST_KEPT: usize = 64 * 1024;

/// What operations are prepared and executed with.
pub(crate) struct Operations {
    schema: GatewaySchema,
    /// Validates, and executes nothing.
    validating: GatewaySchema,
    inputs: InputTypes,
    persisted: Persisted,
    documents: Cache<Key, Arc<Document>, RandomState>,
    limits: Limits,
}

/// A document and the name of the operation.
type Key = (String, Option<String>);

/// A document of which one operation is to be executed.
struct Document {
    parsed: ExecutableDocument,
    name: Option<Name>,
    kind: OperationType,
    /// Whether it is planned, and so has been validated. async-graphql validates what it executes.
    planned: bool,
    /// The plan of a query that has no variables.
    plan: Option<Arc<read::Query>>,
}

impl Operations {
    /// # Panics
    /// Where the graph's own schema can't be read, which a test would find.
    #[expect(clippy::expect_used, reason = "the schema is the program's own")]
    pub(crate) fn new(limits: Limits) -> Self {
        let schema = graph::schema();
        let weight = |(document, _): &Key, _: &Arc<Document>| u32::try_from(WEIGHT * document.len()).unwrap_or(u32::MAX);
        Self {
            validating: graph::validating_schema(),
            inputs: InputTypes::read(&schema.sdl()).expect("the schema in its own language"),
            persisted: Persisted::default(),
            documents: Cache::builder().weigher(weight).max_capacity(KEPT).build_with_hasher(RandomState::default()),
            schema,
            limits,
        }
    }

    /// With the documents of a manifest known by their hashes; where `only`, no others are executed.
    pub(crate) fn trusting(self, manifest: Manifest, only: bool) -> Self {
        Self { persisted: Persisted::trusting(manifest, only), ..self }
    }

    /// Prepares an operation.
    ///
    /// # Errors
    /// Why it can't be executed.
    pub(crate) async fn prepare(&self, request: Request) -> Result<Prepared, Vec<ServerError>> {
        let query = self.persisted.document(request.query, &request.extensions).map_err(failed)?;
        let key = (query, request.operation_name);
        let Some(document) = self.documents.get(&key) else { return Box::pin(self.prepare_unknown(key, request.variables)).await };
        match &document.plan {
            Some(plan) => Ok(document.prepared(Way::Planned(plan.clone()))),
            None => document.prepare(self.variables(&document, request.variables)?),
        }
    }

    /// Prepares an operation of a document that is not known yet, and keeps what came of it.
    async fn prepare_unknown(&self, key: Key, variables: Variables) -> Result<Prepared, Vec<ServerError>> {
        let mut document = Document::read(&key)?;
        // First of all: one that asks for too much may take long to be looked at, or be without end.
        let variables = self.variables(&document, variables)?;
        document.planned &= !looks_into_schema(&document.parsed, &document.operation()?.selection_set.node);
        if document.planned {
            self.validate(&document, variables.clone()).await?;
            if document.operation()?.variable_definitions.is_empty() {
                document.plan = Some(Arc::new(document.plan(&variables)?));
            }
        }
        let document = Arc::new(document);
        if key.0.len() <= LONGEST_KEPT {
            self.documents.insert(key, document.clone());
        }
        document.prepare(variables)
    }

    /// The trusted operation that a document is.
    ///
    /// # Errors
    /// Why it can't be executed, or not be told apart from others.
    pub(crate) async fn trusted(&self, body: String) -> Result<manifest::Operation, Vec<ServerError>> {
        let key = (body, None);
        let document = Document::read(&key)?;
        let name = document.name.as_ref().ok_or_else(|| refused("a trusted operation has a name"))?.to_string();
        let (operation, defaults) = (document.operation()?, variables::defaults(document.operation()?));
        let count = budget::check(operation, &document.parsed.fragments, &defaults, self.limits);
        let count = count.map_err(|problem| failed(too_expensive(problem)))?;
        self.validate(&document, defaults).await?;
        let cost = Some(Cost { items: count.items, fields: count.fields, rpcs: self.calls(&document)? });
        Ok(manifest::Operation { id: persisted::hash(&key.0), name, r#type: document.kind.to_string(), body: key.0, cost })
    }

    /// The most calls that an operation makes, whatever its variables are.
    fn calls(&self, document: &Document) -> Result<usize, Vec<ServerError>> {
        // Without the defaults, which might exclude what a request includes.
        let variables = Variables::default();
        let operation = document.operation()?;
        Ok(match document.kind {
            OperationType::Query => {
                let calls = document.plan(&variables)?.calls();
                if looks_into_schema(&document.parsed, &operation.selection_set.node) { calls.count_unplanned() } else { calls.count() }
            }
            _ => {
                let types = FieldTypes::read(&self.schema.sdl()).map_err(|error| failed(error.into()))?;
                types.calls(&operation.selection_set.node, &Compiler { fragments: &document.parsed.fragments, variables: &variables })
            }
        })
    }

    /// Validates a document with some values of its variables, whose types are coerced for every request.
    ///
    /// async-graphql looks at what is written out in an argument only where every variable in it has a value: what was not sent is null.
    async fn validate(&self, document: &Document, mut variables: Variables) -> Result<(), Vec<ServerError>> {
        for name in absent::without_default(document.operation()?) {
            variables.entry(name).or_default();
        }
        let validated = self.validating.execute(document.request(document.parsed.clone()).variables(variables)).await;
        if validated.errors.is_empty() { Ok(()) } else { Err(validated.errors) }
    }

    /// The operation's variables, with which it asks for no more than it may.
    fn variables(&self, document: &Document, sent: Variables) -> Result<Variables, Vec<ServerError>> {
        let operation = document.operation()?;
        let variables = self.inputs.coerce(operation, sent)?;
        budget::check(operation, &document.parsed.fragments, &variables, self.limits).map_err(|problem| failed(too_expensive(problem)))?;
        Ok(variables)
    }
}

impl Document {
    fn read((text, name): &Key) -> Result<Self, Vec<ServerError>> {
        if budget::is_nested_too_deep(text) {
            return Err(failed(too_expensive(format!("the document may have at most {} brackets within brackets", budget::MAX_NESTING))));
        }
        let parsed = parse_query(text).map_err(|error| failed(error.into()))?;
        let (name, operation) = operation(&parsed, name.as_deref())?;
        let (name, kind) = (name.cloned(), operation.ty);
        Ok(Self { kind, planned: kind == OperationType::Query, plan: None, name, parsed })
    }

    fn operation(&self) -> Result<&OperationDefinition, Vec<ServerError>> {
        Ok(operation(&self.parsed, self.name.as_deref())?.1)
    }

    /// Makes it ready to be executed with these variables.
    fn prepare(&self, variables: Variables) -> Result<Prepared, Vec<ServerError>> {
        if self.planned { Ok(self.prepared(Way::Planned(Arc::new(self.plan(&variables)?)))) } else { self.unplanned(variables) }
    }

    fn prepared(&self, way: Way) -> Prepared {
        Prepared { name: self.name.clone(), kind: self.kind, way }
    }

    fn plan(&self, variables: &Variables) -> Result<read::Query, Vec<ServerError>> {
        Ok(read::Query::plan(self.operation()?, &self.parsed.fragments, variables))
    }

    /// Makes it ready to be executed by async-graphql.
    fn unplanned(&self, variables: Variables) -> Result<Prepared, Vec<ServerError>> {
        let mut absent = absent::without_default(self.operation()?);
        absent.retain(|variable| !variables.contains_key(variable));
        let mut parsed = self.parsed.clone();
        if !absent.is_empty() {
            absent::leave_out(&mut parsed, self.name.as_deref(), &absent);
        }
        Ok(self.prepared(Way::Plain(Box::new(self.request(parsed).variables(variables)))))
    }

    /// A request for async-graphql.
    fn request(&self, parsed: ExecutableDocument) -> Request {
        let mut request = Request::new("");
        request.set_parsed_query(parsed);
        match &self.name {
            Some(name) => request.operation_name(name.as_str()),
            None => request,
        }
    }
}

#[cfg(test)]
impl Operations {
    /// Prepares an operation to be executed by async-graphql, whatever it is.
    pub(crate) fn unplanned(&self, request: Request) -> Result<Prepared, Vec<ServerError>> {
        let document = Document::read(&(request.query, request.operation_name))?;
        document.unplanned(self.variables(&document, request.variables)?)
    }
}

#[cfg(test)]
impl Prepared {
    /// The calls that it was planned to make.
    pub(crate) fn calls(&self) -> Option<read::Calls> {
        if let Way::Planned(query) = &self.way { Some(query.calls()) } else { None }
    }
}

/// An operation that can be executed.
pub(crate) struct Prepared {
    name: Option<Name>,
    kind: OperationType,
    way: Way,
}

/// How an operation is executed.
enum Way {
    /// As it was planned.
    Planned(Arc<read::Query>),
    /// By async-graphql.
    Plain(Box<Request>),
}

/// What came of an operation.
pub(crate) struct Executed {
    /// The response as JSON up to the end of its data: `{"data":…`.
    pub(crate) begun: Vec<u8>,
    pub(crate) errors: Vec<ServerError>,
}

impl Executed {
    /// Whether nothing was executed. Every root field is nullable, so that data is null for no other reason.
    pub(crate) fn is_refused(&self) -> bool {
        !self.errors.is_empty() && self.begun == [read::BEGINNING, b"null"].concat()
    }

    /// The response, as JSON.
    pub(crate) fn into_json(self) -> Vec<u8> {
        let mut response = self.begun;
        if !self.errors.is_empty() {
            response.extend_from_slice(b",\"errors\":");
            response.extend(json(&self.errors));
        }
        response.push(b'}');
        response
    }
}

/// Errors as JSON. They have names for keys, so that they can always be written.
pub(crate) fn json(errors: &[ServerError]) -> Vec<u8> {
    serde_json::to_vec(errors).unwrap_or_else(|_| b"[]".to_vec())
}

impl Prepared {
    /// Its name, whether or not the request gave it; `None` where it has none.
    pub(crate) fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    pub(crate) fn kind(&self) -> OperationType {
        self.kind
    }

    pub(crate) async fn execute(self, operations: &Operations, scope: &Arc<Scope>) -> Executed {
        match self.way {
            Way::Planned(query) => {
                let (begun, errors) = read::execute(&query, scope).await;
                Executed { begun, errors }
            }
            Way::Plain(request) => {
                let response = Box::pin(operations.schema.execute(request.data(scope.clone()).data(Loaders::default()))).await;
                let mut begun = read::BEGINNING.to_vec();
                begun.extend(serde_json::to_vec(&response.data).unwrap_or_else(|_| b"null".to_vec()));
                Executed { begun, errors: response.errors }
            }
        }
    }
}

/// Whether the operation asks for `__schema` or `__type`.
fn looks_into_schema(document: &ExecutableDocument, set: &SelectionSet) -> bool {
    set.items.iter().any(|item| match &item.node {
        Selection::Field(field) => matches!(field.node.name.node.as_str(), "__schema" | "__type"),
        Selection::InlineFragment(fragment) => looks_into_schema(document, &fragment.node.selection_set.node),
        Selection::FragmentSpread(spread) => {
            let fragment = document.fragments.get(&spread.node.fragment_name.node);
            fragment.is_some_and(|fragment| looks_into_schema(document, &fragment.node.selection_set.node))
        }
    })
}

/// The operation of that name, or the only one; with its name.
fn operation<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Result<(Option<&'d Name>, &'d OperationDefinition), Vec<ServerError>> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(name) => operations.find(|(operation, _)| operation.is_some_and(|operation| operation == name)),
        None => operations.next().filter(|_| operations.next().is_none()),
    };
    match (found, name) {
        (Some((name, operation)), _) => Ok((name, &operation.node)),
        (None, Some(_)) => Err(refused("the document has no operation of that name")),
        (None, None) => Err(refused("the document has several operations: operationName must name one")),
    }
}

fn failed(error: ServerError) -> Vec<ServerError> {
    vec![error]
}

fn refused(message: impl Into<String>) -> Vec<ServerError> {
    failed(ServerError::new(message, None))
}

fn too_expensive(problem: String) -> ServerError {
    let mut extensions = async_graphql::ErrorExtensionValues::default();
    extensions.set("code", "TOO_EXPENSIVE");
    let mut error = ServerError::new(problem, None);
    error.extensions = Some(extensions);
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_operation_has_its_name_whether_or_not_the_request_gives_it() {
        let operations = Operations::new(Limits::default());
        let name = async |request: Request| operations.prepare(request).await.ok().unwrap().name().map(ToString::to_string);
        // The second time it is known.
        for _ in 0..2 {
            assert_eq!(name(Request::new("query One { me { role } }")).await.as_deref(), Some("One"));
            assert_eq!(name(Request::new("{ me { role } }")).await, None);
            let two = Request::new("query One { me { role } } mutation Two { signOut { userErrors { code } } }");
            assert_eq!(name(two.operation_name("Two")).await.as_deref(), Some("Two"));
        }
    }
}
