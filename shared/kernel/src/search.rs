//! Search by the beginnings of words and by runs of digits.
//!
//! A document keeps an array of *terms*: its words, folded, and every end of its telephone numbers that has
//! three digits or more, so that any run of digits is the beginning of some term. A search asks for documents
//! where each of its words begins some term, and ranks them here.

use std::collections::BTreeSet;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::{Error, PhoneNumber, Result, text};

/// How many words of a search count; further ones are ignored.
pub const MAX_WORDS: usize = 8;
/// The most characters that the text of a search may have.
const MAX_TEXT: usize = 200;
/// The most things that a search gives.
const MAX_LIMIT: i32 = 200;
/// How many it gives where nothing was said.
const DEFAULT_LIMIT: i32 = 20;
/// The fewest digits in a row that find a telephone number.
const MIN_DIGITS: usize = 3;
/// The longest term kept; longer words are cut.
const MAX_TERM: usize = 40;

/// Text without case and accents: NFKD, no combining marks, lower case; `ё` is `е`, `й` is `и`.
#[must_use]
pub fn fold(text: &str) -> String {
    // Lower case twice: before decomposition for letters like İ, after it for what decomposition reveals.
    text.to_lowercase().nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// The words of a text, folded: runs of letters and digits.
fn words(text: &str) -> impl Iterator<Item = String> {
    fold(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(MAX_TERM).collect())
        .collect::<Vec<String>>()
        .into_iter()
}

/// The terms under which a document with these texts and telephone numbers is found, sorted, each once.
pub fn terms<'a>(texts: impl IntoIterator<Item = &'a str>, phones: impl IntoIterator<Item = &'a PhoneNumber>) -> Vec<String> {
    let mut terms: BTreeSet<String> = texts.into_iter().flat_map(words).collect();
    for phone in phones {
        let digits = phone.digits();
        terms.extend((0..=digits.len().saturating_sub(MIN_DIGITS)).map(|start| digits[start..].to_owned()));
    }
    terms.into_iter().collect()
}

/// What a person typed into a search box, as the beginnings of terms.
///
/// Digits that follow one another, also with blanks, dashes, dots or brackets between them, count as one run where
/// they make a telephone number's part; `+` is dropped.
#[must_use]
pub fn query(text: &str) -> Vec<String> {
    let looks_like_phone = text.chars().all(|c| c.is_ascii_digit() || " +-().".contains(c));
    if looks_like_phone {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if digits.len() >= MIN_DIGITS {
            return vec![digits];
        }
    }
    let mut seen = BTreeSet::new();
    words(text).filter(|word| seen.insert(word.clone())).take(MAX_WORDS).collect()
}

/// The [`query`] of a request's `text`: a line of 1 to 200 characters.
///
/// # Errors
/// [`Error::Invalid`] that names `text`.
pub fn parse(text: &str) -> Result<Vec<String>> {
    Ok(query(&text::line("text", text, MAX_TEXT)?))
}

/// How many things a request's `limit` asks for: 1 to 200; 20 where nothing is said.
///
/// # Errors
/// [`Error::Invalid`] that names `limit`.
pub fn limit(given: Option<i32>) -> Result<usize> {
    let limit = given.unwrap_or(DEFAULT_LIMIT);
    usize::try_from(limit)
        .ok()
        .filter(|_| (1..=MAX_LIMIT).contains(&limit))
        .ok_or_else(|| Error::invalid("limit", "OUT_OF_RANGE", format!("must be 1 to {MAX_LIMIT}")))
}

/// How well a document's terms answer a query: `None` where a word begins no term; otherwise the number of
/// words that are whole terms, so that more is better.
#[must_use]
pub fn rank(terms: &[String], query: &[String]) -> Option<usize> {
    let mut exact = 0;
    for word in query {
        let first = terms.partition_point(|term| term < word);
        let term = terms.get(first).filter(|term| term.starts_with(word.as_str()))?;
        exact += usize::from(term == word);
    }
    Some(exact)
}
