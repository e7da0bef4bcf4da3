//! A method that is a field.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{
    Attribute, Block, Error, FnArg, Ident, ImplItem, ImplItemFn, Pat, Result, ReturnType, Token, Type, TypeReference, Visibility,
    ext::IdentExt as _,
    spanned::Spanned as _,
    visit_mut::{self, VisitMut},
};

/// A field, as its method declares it.
pub(crate) struct Field {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    /// The method's name.
    pub(crate) method: Ident,
    /// The field's name in the graph.
    pub(crate) name: String,
    /// The variant of the enumeration of planned fields.
    pub(crate) variant: Ident,
    /// Whether its value depends on the request.
    pub(crate) scope: Option<FnArg>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) output: Type,
    pub(crate) body: Block,
}

/// An argument of a field.
pub(crate) struct Argument {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) ident: Ident,
    /// Its name in the graph.
    pub(crate) name: String,
    pub(crate) r#type: Type,
}

impl Field {
    pub(crate) fn read(item: ImplItem) -> Result<Self> {
        let ImplItem::Fn(ImplItemFn { attrs, vis, sig, block, .. }) = item else {
            return Err(Error::new(item.span(), "only methods, which are the object's fields"));
        };
        let ReturnType::Type(_, output) = sig.output else {
            return Err(Error::new(sig.ident.span(), "a field has a value"));
        };
        let (mut scope, mut arguments) = (None, Vec::new());
        for input in sig.inputs.into_iter().skip(1) {
            let FnArg::Typed(typed) = &input else { return Err(Error::new(input.span(), "only arguments after &self")) };
            if let Type::Reference(TypeReference { .. }) = &*typed.ty {
                scope = Some(input);
                continue;
            }
            let Pat::Ident(pattern) = &*typed.pat else { return Err(Error::new(typed.span(), "a name")) };
            let ident = pattern.ident.clone();
            arguments.push(Argument { attributes: typed.attrs.clone(), name: camel(&ident), ident, r#type: (*typed.ty).clone() });
        }
        let name = camel(&sig.ident);
        let mut letters = name.chars();
        let variant: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        Ok(Self {
            attributes: attrs,
            visibility: vis,
            variant: Ident::new(&variant, Span::call_site()),
            method: sig.ident,
            name,
            scope,
            arguments,
            output: *output,
            body: block,
        })
    }

    /// The fields of the message, `self.0`, that the method's body names.
    ///
    /// # Errors
    /// Where it takes the message as a whole: nobody could tell then which fields it needs.
    pub(crate) fn reads(&self) -> Result<Vec<String>> {
        let mut tokens = Vec::new();
        flatten(self.body.to_token_stream(), &mut tokens);
        let message = ["self", ".", "0"].map(str::to_owned);
        let uses = (0..tokens.len())
            .filter(|at| tokens[*at..].iter().zip(&message).filter(|(token, part)| token == part).count() == message.len());
        let name = |at: usize| match &tokens[at + 3..] {
            [dot, field, ..] if dot == "." => Ok(field.strip_prefix("r#").unwrap_or(field).to_owned()),
            _ => Err(Error::new(self.method.span(), "name the fields of the message, self.0, that are needed")),
        };
        uses.map(name).collect()
    }

    /// The type of the value, for a place that lives as long as the program.
    pub(crate) fn static_output(&self) -> Type {
        let mut output = self.output.clone();
        Static.visit_type_mut(&mut output);
        output
    }
}

/// The tokens, without the groups that they stand in.
fn flatten(tokens: TokenStream, flat: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => flatten(group.stream(), flat),
            other => flat.push(other.to_string()),
        }
    }
}

/// The graph's spelling of a name.
fn camel(ident: &Ident) -> String {
    let name = ident.unraw().to_string();
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut camel, word| {
        let mut letters = word.chars();
        camel.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        camel.push_str(letters.as_str());
        camel
    })
}

/// Makes every lifetime `'static`.
struct Static;

impl VisitMut for Static {
    fn visit_lifetime_mut(&mut self, lifetime: &mut syn::Lifetime) {
        *lifetime = syn::Lifetime::new("'static", lifetime.span());
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        reference.lifetime = Some(syn::Lifetime { apostrophe: Span::call_site(), ident: Ident::new("static", Span::call_site()) });
        reference.and_token = Token![&](Span::call_site());
        visit_mut::visit_type_reference_mut(self, reference);
    }
}
