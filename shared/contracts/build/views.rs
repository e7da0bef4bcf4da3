//! Generates what reads messages in place: for each message a view with a method for each of its fields, for each service a client
//! whose answers are views.

use std::{collections::BTreeMap, error::Error, fmt::Write as _};

use tonic_prost_build::FileDescriptorSet;

use prost_types::{
    DescriptorProto, FieldDescriptorProto, ServiceDescriptorProto,
    field_descriptor_proto::{Label, Type},
    method_options::IdempotencyLevel,
};

/// The messages of these packages, and of those within them, are read in place.
const PACKAGES: &[&str] = &["crm", "google.type"];
/// So many fields can be told apart by the bits of a number.
const MAX_FIELDS: i32 = 64;

/// A module for each package, with the views of its messages and the clients of its services.
pub(crate) fn generate(descriptors: &FileDescriptorSet) -> Result<String, Box<dyn Error>> {
    let mut packages: BTreeMap<&str, String> = BTreeMap::new();
    let mut all = String::new();
    for file in descriptors.file.iter().filter(|file| own(file.package())) {
        let code = packages.entry(file.package()).or_default();
        for message in &file.message_type {
            view(code, file.package(), message)?;
            if message.name().ends_with("Request") {
                asks(code, file.package(), message)?;
            }
            let view = message_path("view::", file.package(), message.name());
            writeln!(all, "(\"{}.{}\", <{view}<&[u8]> as View<&[u8]>>::FIELDS),", file.package(), message.name())?;
        }
        for service in &file.service {
            client(code, file.package(), service)?;
        }
    }
    let mut modules = Modules::default();
    for (package, code) in packages {
        modules.at(&mut package.split('.')).code = code;
    }
    Ok(format!("{modules}\n#[cfg(test)] pub(super) const ALL: &[(&str, &[wire::Field])] = &[{all}];"))
}

/// Whether the messages of a package are read in place.
fn own(package: &str) -> bool {
    PACKAGES.iter().any(|own| package == *own || package.starts_with(&format!("{own}.")))
}

/// The modules within a module, by their names, and its code.
#[derive(Default)]
struct Modules {
    within: BTreeMap<String, Self>,
    code: String,
}

impl Modules {
    fn at<'a>(&mut self, path: &mut impl Iterator<Item = &'a str>) -> &mut Self {
        match path.next() {
            Some(name) => self.within.entry(name.to_owned()).or_default().at(path),
            None => self,
        }
    }
}

impl std::fmt::Display for Modules {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, module) in &self.within {
            writeln!(
                out,
                "pub mod {} {{ use crate::view::{{Asks, Framed, Query, Str, View, query::query, wire}}; use ::bytes::Bytes; {module} }}",
                ident(name)
            )?;
        }
        out.write_str(&self.code)
    }
}

/// The view of a message.
fn view(code: &mut String, package: &str, message: &DescriptorProto) -> Result<(), Box<dyn Error>> {
    let name = message.name();
    let numbers = message.field.iter().map(FieldDescriptorProto::number);
    let count = numbers.max().unwrap_or_default();
    if count > MAX_FIELDS {
        return Err(format!("{package}.{name} has a field of a number above {MAX_FIELDS}").into());
    }
    let mut fields = vec!["wire::Field::UNREAD".to_owned(); usize::try_from(count)?];
    let mut methods = String::new();
    for field in &message.field {
        let slot = usize::try_from(field.number() - 1)?;
        let Some((kind, method)) = accessor(field, slot) else { continue };
        // The members of a oneof are those that exclude it; what is optional stands in a oneof by itself.
        let excluded = message.field.iter().filter(|other| other.oneof_index.is_some() && other.oneof_index == field.oneof_index);
        let excludes = excluded.filter(|other| other.number() != field.number()).fold(0u64, |bits, other| bits | 1 << (other.number() - 1));
        fields[slot] = format!("wire::Field {{ kind: wire::Kind::{kind}, excludes: {excludes} }}");
        writeln!(methods, "#[must_use] pub fn {}{method}", ident(field.name()))?;
    }
    write!(
        code,
        "#[derive(Clone, Copy)] pub struct {name}<B>(wire::Index<B, {count}>);
        impl<B: AsRef<[u8]>> View<B> for {name}<B> {{
            type Message = {};
            const FIELDS: &'static [wire::Field] = &[{}];
            fn of(bytes: B) -> Self {{ Self(wire::Index::of(bytes, Self::FIELDS)) }}
        }}
        impl<B> {name}<B> {{
            /// The bytes in which it is read.
            #[must_use] pub fn bytes(&self) -> &B {{ self.0.bytes() }}
            /// The same message in the same bytes, held by `hold`.
            #[must_use] pub fn held<C>(self, hold: impl FnOnce(B) -> C) -> {name}<C> {{ {name}(self.0.held(hold)) }}
        }}
        impl<B: AsRef<[u8]>> {name}<B> {{ {methods} }}
        ",
        message_path("", package, name),
        fields.join(", "),
    )?;
    Ok(())
}

/// What a request asks: the elements of its first field, where that is repeated.
fn asks(code: &mut String, package: &str, message: &DescriptorProto) -> Result<(), Box<dyn Error>> {
    let Some(field) = message.field.iter().find(|field| field.number() == 1 && field.label() == Label::Repeated) else { return Ok(()) };
    let question = match (field.r#type(), field.type_name().trim_start_matches('.').rsplit_once('.')) {
        (Type::String, _) => "str".to_owned(),
        (Type::Message, Some((package, name))) if own(package) => message_path("", package, name),
        _ => return Ok(()),
    };
    writeln!(code, "impl Asks for {} {{ type Question = {question}; }}", message_path("", package, message.name()))?;
    Ok(())
}

/// How a field is read: its kind, and the rest of its method. `None` for what is not read in place.
fn accessor(field: &FieldDescriptorProto, slot: usize) -> Option<(String, String)> {
    let repeated = field.label() == Label::Repeated;
    let number = |r#type: &str| {
        let (of, read) = match field.proto3_optional() {
            true => (format!("Option<{type}>"), format!("self.0.optional_number({slot}).map(|number| number as {type})")),
            false => (r#type.to_owned(), format!("self.0.number({slot}) as {type}")),
        };
        ("Number".to_owned(), format!("(&self) -> {of} {{ {read} }}"))
    };
    Some(match field.r#type() {
        Type::String if repeated => ("Texts".to_owned(), format!("(&self) -> wire::Texts<'_> {{ self.0.texts({slot}) }}")),
        Type::String if field.oneof_index.is_some() => {
            ("Text".to_owned(), format!("(&self) -> Option<Str<'_>> {{ self.0.optional_text({slot}) }}"))
        }
        Type::String => ("Text".to_owned(), format!("(&self) -> Str<'_> {{ self.0.text({slot}) }}")),
        Type::Message => {
            let (package, name) = field.type_name().trim_start_matches('.').rsplit_once('.')?;
            match (package, name) {
                ("google.protobuf", "Timestamp") if !repeated => (
                    "Message(wire::TIMESTAMP)".to_owned(),
                    format!("(&self) -> Option<::prost_types::Timestamp> {{ self.0.message({slot}).map(wire::timestamp) }}"),
                ),
                ("google.rpc", "Status") if !repeated => {
                    ("Bytes".to_owned(), format!("(&self) -> Option<&[u8]> {{ self.0.message({slot}) }}"))
                }
                ("google.protobuf", _) => return None,
                _ => {
                    let view = message_path("view::", package, name);
                    let fields = format!("<{view}<&[u8]> as View<&[u8]>>::FIELDS");
                    if repeated {
                        let method = format!("(&self) -> impl Iterator<Item = {view}<&[u8]>> {{ self.0.messages({slot}).map(View::of) }}");
                        (format!("Messages({fields})"), method)
                    } else {
                        let method = format!("(&self) -> Option<{view}<&[u8]>> {{ self.0.message({slot}).map(View::of) }}");
                        (format!("Message({fields})"), method)
                    }
                }
            }
        }
        _ if repeated => return None,
        Type::Bool => ("Number".to_owned(), format!("(&self) -> bool {{ self.0.number({slot}) != 0 }}")),
        Type::Int32 => number("i32"),
        Type::Int64 => number("i64"),
        Type::Uint32 => number("u32"),
        Type::Uint64 => number("u64"),
        Type::Enum => {
            let (package, name) = field.type_name().trim_start_matches('.').rsplit_once('.')?;
            let of = message_path("", package, name);
            let read = format!("{of}::try_from(self.0.number({slot}) as i32).unwrap_or_default()");
            ("Number".to_owned(), format!("(&self) -> {of} {{ {read} }}"))
        }
        _ => return None,
    })
}

/// A client of the methods without side effects, whose answers are read in place.
fn client(code: &mut String, package: &str, service: &ServiceDescriptorProto) -> Result<(), Box<dyn Error>> {
    let reads = service
        .method
        .iter()
        .filter(|method| method.options.as_ref().is_some_and(|options| options.idempotency_level() == IdempotencyLevel::NoSideEffects));
    let mut methods = String::new();
    for method in reads {
        let path =
            |within, name: &str| name.trim_start_matches('.').rsplit_once('.').map(|(package, name)| message_path(within, package, name));
        let (Some(input), Some(output)) = (path("", method.input_type()), path("view::", method.output_type())) else { continue };
        let (name, route) = (snake(method.name()), method.name());
        write!(
            methods,
            "pub async fn {name}(&self, request: ::tonic::Request<Framed<{input}>>) -> Result<{output}<Bytes>, ::tonic::Status> {{
                query(&self.0, \"/{package}.{}/{route}\", request).await
            }}
            ",
            service.name()
        )?;
    }
    if !methods.is_empty() {
        write!(
            code,
            "#[derive(Clone)] pub struct {0}Queries<W>(W);
            impl<W: Query> {0}Queries<W> {{ pub fn new(way: W) -> Self {{ Self(way) }} {methods} }}
            ",
            service.name()
        )?;
    }
    Ok(())
}

/// The path of a message's type, or of its view's.
fn message_path(within: &str, package: &str, name: &str) -> String {
    let modules: String = package.split('.').map(|module| format!("{}::", ident(module))).collect();
    format!("crate::{within}{modules}{name}")
}

/// A name that may be a keyword.
fn ident(name: &str) -> String {
    match name {
        "type" => "r#type".to_owned(),
        name => name.to_owned(),
    }
}

/// The name of a method in Rust.
fn snake(name: &str) -> String {
    name.chars().enumerate().fold(String::new(), |mut snake, (at, letter)| {
        if letter.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
        snake
    })
}
