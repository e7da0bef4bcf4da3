//! The declaration of an object of the graph.
//!
//! [`macro@object`] stands on an `impl` block whose methods are the object's fields. Out of them come:
//!
//! 1. the type of the schema, and its resolvers for what is not planned ahead, by async-graphql's `Object`;
//! 2. the type's field in a plan (`<Type>Field`), with what it takes to compile, to follow and to write it: `read::Object`.

mod field;
mod output;

use proc_macro::TokenStream;
use syn::{
    Ident, ItemImpl, Path, Token,
    parse::{Parse, ParseStream},
    parse_macro_input,
};

/// Makes the methods of an `impl` block the fields of an object.
///
/// A method takes `&self`, then a `&Scope` where it depends on the request, then the field's arguments. Its type tells what it takes
/// to have the value: see `read::Value`. `#[object(node = v1::Order)]` makes the object a `Node`, of which `self.0` is the view of that
/// message; `#[object(part = v1::Price)]` makes it a part of one, whose fields are asked for one by one.
#[proc_macro_attribute]
pub fn object(attributes: TokenStream, item: TokenStream) -> TokenStream {
    let block = parse_macro_input!(item as ItemImpl);
    let of = parse_macro_input!(attributes as Of);
    output::object(block, &of).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// What is said of the object: `node = <message>`, `part = <message>`, or nothing.
enum Of {
    Node(Path),
    Part(Path),
    Nothing,
}

impl Of {
    fn message(&self) -> Option<&Path> {
        match self {
            Self::Node(message) | Self::Part(message) => Some(message),
            Self::Nothing => None,
        }
    }
}

impl Parse for Of {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Self::Nothing);
        }
        let name: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        match name.to_string().as_str() {
            "node" => input.parse().map(Self::Node),
            "part" => input.parse().map(Self::Part),
            _ => Err(syn::Error::new(name.span(), "node = the entity's message, or part = the message of a part")),
        }
    }
}
