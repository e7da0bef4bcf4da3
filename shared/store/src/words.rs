//! What words mean in a search, for every adapter.

use crate::{
    backend::Search,
    error::Result,
    fields,
    query::{Filter, Value},
};

/// The conditions that candidates must satisfy.
pub(crate) struct Narrow<'a> {
    terms: &'static str,
    search: &'a Search,
    needed: Vec<&'static str>,
}

impl<'a> Narrow<'a> {
    pub(crate) fn new(search: &'a Search) -> Self {
        let terms = search.index.fields.first().copied().unwrap_or_default();
        let needed = std::iter::once(terms).chain(search.filters.iter().map(Filter::field)).map(fields::top).collect();
        Self { terms, search, needed }
    }

    /// Whether they hold for the document of this JSON text.
    pub(crate) fn holds(&self, body: &str) -> Result<bool> {
        let picked = fields::pick(body, &self.needed)?;
        let terms = fields::values(&picked, self.terms).unwrap_or_default();
        let begins = |word: &String| terms.iter().any(|term| matches!(term, Value::Text(term) if term.starts_with(word.as_str())));
        Ok(self.search.words.iter().all(begins) && self.search.filters.iter().all(|filter| fields::satisfies(&picked, filter)))
    }
}

/// The least text greater than every one that begins with `prefix`; `None` where there is none.
pub(crate) fn end_of_prefix(prefix: &str) -> Option<String> {
    let mut end: Vec<char> = prefix.chars().collect();
    while let Some(last) = end.pop() {
        // The next character in the order of UTF-8 bytes, which is that of the code points.
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::end_of_prefix;

    proptest! {
        #[test]
        fn a_text_is_before_the_end_exactly_when_it_is_before_or_begins_with_the_prefix(prefix in "[a-cя\u{d7ff}\u{10ffff}]{1,3}", text in "[a-cя\u{d7ff}\u{e000}\u{10ffff}]{0,5}") {
            let before = end_of_prefix(&prefix).is_none_or(|end| text < end);
            prop_assert_eq!(before, text < prefix || text.starts_with(&prefix));
        }
    }
}
