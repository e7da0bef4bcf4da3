//! Search by the beginnings of words.

use std::collections::HashSet;

use kernel::CompanyId;
use rusqlite::Rows;

use super::{readers::Snapshot, scan::Documents, table::Table, value::Key};
use crate::{
    backend::Search,
    error::Result,
    words::{Narrow, end_of_prefix},
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
    let narrow = Narrow::new(search);
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
