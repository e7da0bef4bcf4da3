//! Documents that are named by their hash instead of being sent.
//!
//! Automatic persisted queries: a client sends the SHA-256 of a document; it sends the document with it once where the gateway does not
//! know it. Apollo's clients speak it, in `extensions.persistedQuery`.
//!
//! A manifest names documents that are trusted: known from the beginning and, where so set, the only ones that are executed.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{ErrorExtensionValues, Extensions, ServerError};
use async_graphql_value::ConstValue;
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::manifest::Manifest;

/// How much memory the documents may take that clients sent, in bytes.
const LEARNT: u64 = 4 * 1024 * 1024;

/// The SHA-256 of a document, in small hexadecimal digits.
pub(super) fn hash(document: &str) -> String {
    format!("{:x}", Sha256::digest(document))
}

/// What is known by hash.
pub(super) struct Persisted {
    trusted: HashMap<String, Arc<str>>,
    trusted_only: bool,
    learnt: Cache<String, Arc<str>>,
}

impl Default for Persisted {
    fn default() -> Self {
        Self::trusting(Manifest::default(), false)
    }
}

impl Persisted {
    /// Knows the documents of a manifest; where `trusted_only`, no others.
    pub(super) fn trusting(manifest: Manifest, trusted_only: bool) -> Self {
        let weight = |hash: &String, document: &Arc<str>| u32::try_from(hash.len() + document.len()).unwrap_or(u32::MAX);
        Self {
            trusted: manifest.operations.into_iter().map(|operation| (operation.id, operation.body.into())).collect(),
            trusted_only,
            learnt: Cache::builder().weigher(weight).max_capacity(LEARNT).build(),
        }
    }

    /// The document of a request, which sent it, or its hash, or both.
    ///
    /// # Errors
    /// Where its hash is not known or not its own, and where it is not trusted though only those that are may be executed.
    pub(super) fn document(&self, sent: String, extensions: &Extensions) -> Result<String, ServerError> {
        let asked = asked(extensions)?;
        if let Some(hash) = &asked
            && sent.is_empty()
        {
            let known = self.trusted.get(hash).cloned().or_else(|| self.learnt.get(hash).filter(|_| !self.trusted_only));
            // What clients of the protocol wait for, letter by letter, to send the document too.
            return known
                .map(|document| document.to_string())
                .ok_or_else(|| refused("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound"));
        }
        if asked.is_none() && !self.trusted_only {
            return Ok(sent);
        }
        let own = hash(&sent);
        if asked.as_ref().is_some_and(|asked| *asked != own) {
            return Err(refused("BAD_REQUEST", "extensions.persistedQuery.sha256Hash must be the SHA-256 of query"));
        }
        if self.trusted_only && !self.trusted.contains_key(&own) {
            return Err(refused("OPERATION_NOT_TRUSTED", "only the operations of the manifest are executed here"));
        }
        if asked.is_some() && !self.learnt.contains_key(&own) {
            self.learnt.insert(own, sent.as_str().into());
        }
        Ok(sent)
    }
}

/// The hash in a request's extensions.
fn asked(extensions: &Extensions) -> Result<Option<String>, ServerError> {
    let Some(persisted) = extensions.get("persistedQuery") else { return Ok(None) };
    let field = |name: &str| match persisted {
        ConstValue::Object(fields) => fields.get(name),
        _ => None,
    };
    match (field("version"), field("sha256Hash")) {
        (Some(ConstValue::Number(version)), Some(ConstValue::String(hash))) if version.as_u64() == Some(1) => {
            Ok(Some(hash.to_ascii_lowercase()))
        }
        _ => Err(refused("BAD_REQUEST", "extensions.persistedQuery must have version, which is 1, and sha256Hash, a string")),
    }
}

fn refused(code: &str, message: &str) -> ServerError {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code);
    let mut error = ServerError::new(message, None);
    error.extensions = Some(extensions);
    error
}

#[cfg(test)]
mod tests {
    use super::{super::manifest::Operation, *};

    const DOCUMENT: &str = "{ me { role } }";

    fn extensions(hash: &str) -> Extensions {
        serde_json::from_value(serde_json::json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })).unwrap()
    }

    /// The document, or why there is none.
    fn asked(persisted: &Persisted, document: &str, extensions: &Extensions) -> String {
        persisted.document(document.to_owned(), extensions).unwrap_or_else(|error| error.message)
    }

    fn trusting(only: bool) -> Persisted {
        let operation = Operation { id: hash(DOCUMENT), name: "Me".into(), r#type: "query".into(), body: DOCUMENT.into(), cost: None };
        Persisted::trusting(Manifest { operations: vec![operation], ..Manifest::default() }, only)
    }

    #[test]
    fn a_document_that_was_sent_with_its_hash_is_known_by_it_afterwards() {
        let (persisted, named) = (Persisted::default(), extensions(&hash(DOCUMENT).to_uppercase()));
        assert_eq!(asked(&persisted, "", &named), "PersistedQueryNotFound");
        assert_eq!(asked(&persisted, DOCUMENT, &named), DOCUMENT);
        assert_eq!(asked(&persisted, "", &named), DOCUMENT);
    }

    #[test]
    fn a_document_without_its_hash_is_not_learnt_and_one_with_another_hash_refused() {
        let persisted = Persisted::default();
        assert_eq!(asked(&persisted, DOCUMENT, &Extensions::default()), DOCUMENT);
        assert_eq!(asked(&persisted, "", &extensions(&hash(DOCUMENT))), "PersistedQueryNotFound");
        let refused = asked(&persisted, "{ me { account { id } } }", &extensions(&hash(DOCUMENT)));
        assert_eq!(refused, "extensions.persistedQuery.sha256Hash must be the SHA-256 of query");
    }

    #[test]
    fn extensions_that_do_not_name_a_hash_are_refused() {
        for persisted in [serde_json::json!({ "version": 2, "sha256Hash": "a" }), serde_json::json!({ "version": 1 }), serde_json::json!(1)]
        {
            let extensions = serde_json::from_value(serde_json::json!({ "persistedQuery": persisted })).unwrap();
            assert!(asked(&Persisted::default(), DOCUMENT, &extensions).contains("must have version, which is 1"));
        }
    }

    #[test]
    fn trusted_documents_are_known_from_the_beginning() {
        assert_eq!(asked(&trusting(false), "", &extensions(&hash(DOCUMENT))), DOCUMENT);
        assert_eq!(asked(&trusting(false), "{ a }", &Extensions::default()), "{ a }");
    }

    #[test]
    fn where_only_trusted_documents_are_executed_others_are_refused_however_they_are_sent() {
        let persisted = trusting(true);
        assert_eq!(asked(&persisted, "", &extensions(&hash(DOCUMENT))), DOCUMENT);
        assert_eq!(asked(&persisted, DOCUMENT, &Extensions::default()), DOCUMENT);
        let refused = "only the operations of the manifest are executed here";
        assert_eq!(asked(&persisted, "{ a }", &Extensions::default()), refused);
        assert_eq!(asked(&persisted, "{ a }", &extensions(&hash("{ a }"))), refused);
        assert_eq!(asked(&persisted, "", &extensions(&hash("{ a }"))), "PersistedQueryNotFound");
        assert_eq!(asked(&persisted, "", &Extensions::default()), refused);
    }
}
