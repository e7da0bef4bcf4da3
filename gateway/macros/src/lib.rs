//! The declaration of an object of the graph.
//!
//! [`macro@object`] stands on an `impl` block whose methods are the object's fields. Out of them come:
//!
//! 1. the type of the schema, and its resolvers for what is not planned ahead, by async-graphql's `Object`;
//! 2. the type's field in a plan (`<Type>Field`), with what it takes to compile, to follow and to write it: `read::Object`.

mod field;
mod output;

use proc_macro::TokenStream;
use syn::{ItemImpl, parse_macro_input};

/// Makes the methods of an `impl` block the fields of an object.
///
/// A method takes `&self`, then a `&Scope` where it depends on the request, then the field's arguments. Its type tells what it takes
/// to have the value: see `read::Value`. `#[object(node)]` makes the object a `Node`.
#[proc_macro_attribute]
pub fn object(attributes: TokenStream, item: TokenStream) -> TokenStream {
    let block = parse_macro_input!(item as ItemImpl);
    let node = attributes.to_string() == "node";
    output::object(block, node).unwrap_or_else(syn::Error::into_compile_error).into()
}
