//! Search by the beginnings of words.

use std::collections::HashSet;

use kernel::CompanyId;
use rusqlite::Rows;

use super::{readers::Snapshot, scan::Documents, table::Table, value::Key};
use crate::{
    backend::Search,
    error::Result,
    fields,
    query::{Filter, Value},
};

/// How many index entries may be read to learn which word is the rarest.
const MAX_PROBED: usize = 1_000;

/// The documents' texts, and whether there may be more.
pub(super) fn search(snapshot: &Snapshot<'_>, table: &Table, company: CompanyId, search: &Search) -> Result<(Vec<String>, bool)> {
    let index = table.index(search.index)?;
    let key = Key::from(company);
    let statement = |(n, word): (usize, &String)| {
        let until = if end_of_prefix(word).is_some() { " AND f0 < ?3" } else { "" };
        let sql = format!("SELECT row FROM {} WHERE company = ?1 AND f0 >= ?2{until} ORDER BY f0, id -- {n}", index.name);
        snapshot.connection.prepare_cached(&sql)
    };
    let mut statements = search.words.iter().enumerate().map(statement).collect::<rusqlite::Result<Vec<_>>>()?;
    let mut words = Vec::with_capacity(search.words.len());
    for (statement, word) in statements.iter_mut().zip(&search.words) {
        let rows = match end_of_prefix(word) {
            Some(end) => statement.query((&key, word, end))?,
            None => statement.query((&key, word))?,
        };
        words.push(Word { text: word, rows, candidates: Vec::new(), seen: HashSet::new(), exhausted: false });
    }
    let (candidates, more) = rarest(snapshot, words)?;
    let field = search.index.fields.first().copied().unwrap_or_default();
    let narrow = Narrow::new(field, search);
    let documents = Documents::new(table, company, &[]);
    let mut found = Vec::new();
    for row in candidates {
        if let Some(body) = documents.read(snapshot, row)?
            && narrow.holds(&body)?
        {
            found.push(body);
        }
    }
    Ok((found, more))
}

/// A word and the documents found under it so far.
struct Word<'a> {
    text: &'a str,
    rows: Rows<'a>,
    candidates: Vec<i64>,
    seen: HashSet<i64>,
    exhausted: bool,
}

impl Word<'_> {
    /// Reads one entry more.
    fn advance(&mut self, snapshot: &Snapshot<'_>) -> Result<()> {
        let Some(row) = self.rows.next()? else {
            self.exhausted = true;
            return Ok(());
        };
        snapshot.examine(1);
        let row = row.get(0)?;
        if self.seen.insert(row) {
            self.candidates.push(row);
        }
        Ok(())
    }
}

/// The candidates of the rarest word, and whether there may be more of them.
///
/// All words advance side by side, so that the rarest shows itself by ending first, at a cost of its own length times the number of
/// words. Where none has ended by then, the longest word is taken for the rarest.
fn rarest(snapshot: &Snapshot<'_>, mut words: Vec<Word<'_>>) -> Result<(Vec<i64>, bool)> {
    let mut probed = 0;
    if words.len() > 1 {
        'probing: while probed + words.len() <= MAX_PROBED {
            for word in &mut words {
                word.advance(snapshot)?;
                if word.exhausted {
                    break 'probing;
                }
                probed += 1;
            }
        }
    }
    let Some(mut word) = words.into_iter().max_by_key(|word| (word.exhausted, word.text.chars().count())) else {
        return Ok((Vec::new(), false));
    };
    // Each candidate is still to be read.
    while !word.exhausted && word.candidates.len() < Search::MAX_CANDIDATES && probed + word.candidates.len() + 2 <= Search::MAX_EXAMINED {
        word.advance(snapshot)?;
        probed += 1;
    }
    Ok((word.candidates, !word.exhausted))
}

/// The conditions that candidates must satisfy.
struct Narrow<'a> {
    terms: &'static str,
    search: &'a Search,
    needed: Vec<&'static str>,
}

impl<'a> Narrow<'a> {
    fn new(terms: &'static str, search: &'a Search) -> Self {
        let needed = std::iter::once(terms).chain(search.filters.iter().map(Filter::field)).map(fields::top).collect();
        Self { terms, search, needed }
    }

    fn holds(&self, body: &str) -> Result<bool> {
        let picked = fields::pick(body, &self.needed)?;
        let terms = fields::values(&picked, self.terms).unwrap_or_default();
        let begins = |word: &String| terms.iter().any(|term| matches!(term, Value::Text(term) if term.starts_with(word.as_str())));
        Ok(self.search.words.iter().all(begins) && self.search.filters.iter().all(|filter| fields::satisfies(&picked, filter)))
    }
}

/// The least text greater than every one that begins with `prefix`; `None` where there is none.
fn end_of_prefix(prefix: &str) -> Option<String> {
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
