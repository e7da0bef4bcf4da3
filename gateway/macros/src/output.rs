//! What comes of the declaration.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Error, GenericParam, Ident, ItemImpl, Path, Result, Type, spanned::Spanned as _};

use crate::{
    Of,
    field::{Argument, Field},
};

pub(crate) fn object(block: ItemImpl, of: &Of) -> Result<TokenStream> {
    let message = of.message();
    let ItemImpl { attrs, generics, self_ty, items, .. } = block;
    let object = name_of(&self_ty)?;
    let fields = items.into_iter().map(Field::read).collect::<Result<Vec<_>>>()?;

    // What the object is generic over, but for lifetimes, is what its planned fields are generic over.
    let parameters: Vec<_> = generics.params.iter().filter(|parameter| !matches!(parameter, GenericParam::Lifetime(_))).collect();
    let idents: Vec<&Ident> = generics.type_params().map(|parameter| &parameter.ident).collect();
    let graphql = if idents.is_empty() { quote!() } else { quote!((name_type)) };
    let name = if idents.is_empty() {
        let name = object.to_string();
        quote!(::std::borrow::Cow::Borrowed(#name))
    } else {
        quote!(<Self as ::async_graphql::TypeName>::type_name())
    };
    let interfaces = if let Of::Node(_) = of { quote!(&["Node"]) } else { quote!(&[]) };
    let paths = message.map(|message| quote!(const PATHS: &'static [&'static str] = <#message as ::contracts::mask::Fields>::PATHS;));
    let planned = format_ident!("{object}Field");
    let planned_doc = format!("A planned field of [`{object}`].");

    let values = fields.iter().map(value);
    let resolvers = fields.iter().map(resolver);
    let variants = fields.iter().map(variant);
    let compiled = fields.iter().map(compiled);
    let leads = fields.iter().map(leads);
    let calls = fields.iter().map(calls);
    let reads = fields.iter().map(|field| reads(field, message)).collect::<Result<Vec<_>>>()?;
    let wants = fields.iter().map(|field| arm(field, &quote!(wants), &quote!(wave), &quote!({})));
    let writes = fields.iter().map(write_arm);

    Ok(quote! {
        #[allow(clippy::unused_self, clippy::needless_pass_by_value, reason = "fields have one form")]
        impl #generics #self_ty {
            #(#values)*
        }

        #(#attrs)*
        #[::async_graphql::Object #graphql]
        impl #generics #self_ty {
            #(#resolvers)*
        }

        #[doc = #planned_doc]
        pub(crate) enum #planned<#(#parameters),*> {
            #(#variants,)*
        }

        impl #generics crate::read::Object for #self_ty {
            type Field = #planned<#(#idents),*>;
            const INTERFACES: &'static [&'static str] = #interfaces;
            #paths

            fn name() -> ::std::borrow::Cow<'static, str> {
                #name
            }

            fn compile(field: &crate::read::Collected<'_>, compiler: &crate::read::Compiler<'_>) -> Option<Self::Field> {
                Some(match field.name {
                    #(#compiled,)*
                    _ => return None,
                })
            }

            fn leads(field: &Self::Field) -> bool {
                match field {
                    #(#leads,)*
                }
            }

            fn calls(field: &Self::Field, level: usize, calls: &mut crate::read::Calls) {
                match field {
                    #(#calls,)*
                }
            }

            fn reads(field: &Self::Field, reads: &mut crate::read::Reads) {
                match field {
                    #(#reads,)*
                }
            }

            #[allow(unused_variables, reason = "what is refused has nothing to be loaded")]
            fn wants(&self, field: &Self::Field, wave: &mut crate::read::Wave<'_>) {
                match field {
                    #(#wants,)*
                }
            }

            fn write<'p>(&self, field: &'p Self::Field, out: &mut crate::read::Writer<'p>) {
                match field {
                    #(#writes,)*
                }
            }
        }

        impl #generics crate::read::Value for #self_ty {
            type Plan = crate::read::ObjectPlan<#planned<#(#idents),*>>;
            type Output = Self;

            fn plan(field: &crate::read::Collected<'_>, compiler: &crate::read::Compiler<'_>) -> Self::Plan {
                crate::read::ObjectPlan::compile::<Self>(&field.sets, compiler)
            }

            fn leads(plan: &Self::Plan) -> bool {
                plan.leads()
            }

            fn calls(plan: &Self::Plan, level: usize, calls: &mut crate::read::Calls) {
                plan.calls::<Self>(level, calls);
            }

            fn reads(plan: &Self::Plan, reads: &mut crate::read::Reads) {
                plan.reads::<Self>(reads);
            }

            fn reads_of(plan: &Self::Plan, fields: u64) -> u64 {
                plan.reads_of::<Self>(fields)
            }

            fn wants(&self, plan: &Self::Plan, wave: &mut crate::read::Wave<'_>) {
                plan.wants(self, wave);
            }

            fn write<'p>(&self, plan: &'p Self::Plan, out: &mut crate::read::Writer<'p>) {
                plan.write(self, out);
            }

            async fn resolve(self, _: &::async_graphql::Context<'_>) -> Self {
                self
            }
        }
    })
}

/// The last name in the type's path.
fn name_of(r#type: &Type) -> Result<Ident> {
    match r#type {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.clone()),
        _ => None,
    }
    .ok_or_else(|| Error::new(r#type.span(), "a type by its name"))
}

/// The method that has the value.
fn value_of(field: &Field) -> Ident {
    format_ident!("value_of_{}", syn::ext::IdentExt::unraw(&field.method))
}

/// The declared method, under a name that leaves its own to the resolver.
fn value(field: &Field) -> TokenStream {
    let Field { output, body, scope, arguments, .. } = field;
    let (name, idents, types) = (value_of(field), idents(arguments), arguments.iter().map(|argument| &argument.r#type));
    let scope = scope.iter();
    quote! {
        fn #name(&self, #(#scope,)* #(#idents: #types),*) -> #output #body
    }
}

/// The resolver of async-graphql.
fn resolver(field: &Field) -> TokenStream {
    let Field { attributes, visibility, method, output, scope, arguments, .. } = field;
    let (value, idents) = (value_of(field), idents(arguments));
    let declared = arguments.iter().map(|Argument { attributes, ident, r#type, .. }| quote!(#(#attributes)* #ident: #r#type));
    let scope = scope.iter().map(|_| quote!(crate::scope::Scope::of(ctx)));
    quote! {
        #(#attributes)*
        #visibility async fn #method(&self, ctx: &::async_graphql::Context<'_>, #(#declared),*) -> <#output as crate::read::Value>::Output {
            let value = self.#value(#(#scope,)* #(#idents),*);
            crate::read::Value::resolve(value, ctx).await
        }
    }
}

fn variant(field: &Field) -> TokenStream {
    let (variant, output) = (&field.variant, field.static_output());
    let plan = quote!(<#output as crate::read::Value>::Plan);
    if field.arguments.is_empty() {
        return quote!(#variant(#plan));
    }
    let types = field.arguments.iter().map(|argument| &argument.r#type);
    quote!(#variant(Result<(#(#types,)*), ::async_graphql::ServerError>, #plan))
}

fn compiled(field: &Field) -> TokenStream {
    let (name, variant, output) = (&field.name, &field.variant, field.static_output());
    let planned = quote!(<#output as crate::read::Value>::plan(field, compiler));
    if field.arguments.is_empty() {
        return quote!(#name => Self::Field::#variant(#planned));
    }
    let names = field.arguments.iter().map(|argument| &argument.name);
    quote! {
        #name => Self::Field::#variant((|| Ok((#(compiler.argument(field, #names)?,)*)))(), #planned)
    }
}

/// Whether the planned field makes calls.
fn leads(field: &Field) -> TokenStream {
    let (variant, output) = (&field.variant, field.static_output());
    let arguments = (!field.arguments.is_empty()).then(|| quote!(_,));
    quote!(Self::Field::#variant(#arguments plan) => <#output as crate::read::Value>::leads(plan))
}

/// The calls that the planned field makes.
fn calls(field: &Field) -> TokenStream {
    let (variant, output) = (&field.variant, field.static_output());
    let arguments = (!field.arguments.is_empty()).then(|| quote!(_,));
    quote!(Self::Field::#variant(#arguments plan) => <#output as crate::read::Value>::calls(plan, level, calls))
}

/// The fields of the object's message that the planned field reads: those that its method names, and of one that is a message what is
/// selected on it; what is selected on its value, where the object leads to an entity, as a page does.
fn reads(field: &Field, message: Option<&Path>) -> Result<TokenStream> {
    let (variant, output) = (&field.variant, field.static_output());
    let arguments = (!field.arguments.is_empty()).then(|| quote!(_,));
    let Some(message) = message else {
        return Ok(quote!(Self::Field::#variant(#arguments plan) => <#output as crate::read::Value>::reads(plan, reads)));
    };
    Ok(match field.reads()?.as_slice() {
        [name] => quote! {
            Self::Field::#variant(#arguments plan) => {
                const BITS: u64 = ::contracts::mask::Mask::<#message>::bits(#name);
                reads.add(<#output as crate::read::Value>::reads_of(plan, BITS));
            }
        },
        names => quote!(Self::Field::#variant(..) => reads.add(const { 0 #(| ::contracts::mask::Mask::<#message>::bits(#names))* })),
    })
}

/// What the match on a planned field does with the field's value, or where its arguments can't be read.
fn arm(field: &Field, act: &TokenStream, target: &TokenStream, refused: &TokenStream) -> TokenStream {
    let (variant, value) = (&field.variant, value_of(field));
    let scope = field.scope.iter().map(|_| quote!(#target.scope())).collect::<Vec<_>>();
    if field.arguments.is_empty() {
        return quote!(Self::Field::#variant(plan) => crate::read::Value::#act(&self.#value(#(#scope),*), plan, #target));
    }
    let idents = idents(&field.arguments);
    quote! {
        Self::Field::#variant(arguments, plan) => match arguments {
            Ok((#(#idents,)*)) => crate::read::Value::#act(&self.#value(#(#scope,)* #(#idents.clone()),*), plan, #target),
            Err(refusal) => #refused,
        }
    }
}

/// The same for writing, which needs no value where all was noted.
fn write_arm(field: &Field) -> TokenStream {
    let (variant, output) = (&field.variant, field.static_output());
    let refused = (!field.arguments.is_empty()).then(|| quote!(Ok(_),));
    let written = arm(field, &quote!(write), &quote!(out), &quote!(out.refuse(refusal)));
    quote! {
        Self::Field::#variant(#refused plan) if <#output as crate::read::Value>::NOTED => <#output as crate::read::Value>::write_noted(plan, out),
        #written
    }
}

fn idents(arguments: &[Argument]) -> Vec<&Ident> {
    arguments.iter().map(|argument| &argument.ident).collect()
}
