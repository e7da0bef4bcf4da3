//! Search by the beginnings of words.
//!
//! A term's range of a multikey index gives each document once, at its first term in the range; further terms of it are read
//! and passed over. How many they are only the documents tell: reads are small at first, and sized by what was seen.

use std::collections::HashSet;

use ::mongodb::bson::{Bson, Document, RawDocumentBuf, doc};
use futures::{FutureExt as _, future::BoxFuture};
use kernel::CompanyId;
use uuid::Uuid;

use super::{
    body::{self, COMPANY, OWN_ID, uuid},
    layout,
    read::{self, Find, Moment},
    retry::Failure,
};
use crate::{
    backend::{Projection, Search},
    document::Collection,
    error::{Error, Result},
    fields,
    query::{Filter, Value},
    words::{Narrow, end_of_prefix},
};

/// How many index entries may be read to learn which word is the rarest.
const MAX_PROBED: usize = 1_000;
/// How many entries of each word are read first, and by how much more each time.
const FIRST_PROBE: usize = 4;
const PROBE_GROWTH: usize = 2;
/// How many documents are read first.
const FIRST_READ: usize = 100;
/// Reads of fewer documents are not worth their way.
const LEAST_READ: usize = 10;

/// The documents' texts, and whether there may be more.
pub(super) async fn search(
    mut moment: Moment<'_>,
    company: CompanyId,
    collection: &'static Collection,
    search: &Search,
    projection: Projection<'_>,
) -> Result<(Vec<String>, bool), Failure> {
    if search.index.fields.len() != 1 {
        return Err(Error::internal(format!("a search needs an index of the terms alone, which {} is not", search.index.name)).into());
    }
    let mut words: Vec<Word<'_>> =
        search.words.iter().map(|word| Word { range: Range::new(company, collection, search, word), seen: 0, exhausted: false }).collect();
    let probed = if words.len() > 1 { probe(&mut moment, &mut words).await? } else { 0 };
    let rarest = words.iter().max_by_key(|word| match word.exhausted {
        true => (true, usize::MAX - word.seen),
        false => (false, word.range.word.chars().count()),
    });
    let Some(rarest) = rarest else { return Ok((Vec::new(), false)) };
    if rarest.exhausted && rarest.seen == 0 {
        return Ok((Vec::new(), false));
    }
    let looked_at = search.index.fields.iter().copied().chain(search.filters.iter().map(Filter::field));
    let projection = read::projection(projection, looked_at);
    let range = Range::new(company, collection, search, rarest.range.word);
    let (candidates, more) = candidates(&mut moment, range, projection, Search::MAX_EXAMINED - probed).await?;
    let narrow = Narrow::new(search);
    let mut found = Vec::new();
    for body in candidates {
        if narrow.holds(&body)? {
            found.push(body);
        }
    }
    Ok((found, more))
}

/// A word, and how many documents were seen under it so far.
struct Word<'a> {
    range: Range<'a>,
    seen: usize,
    exhausted: bool,
}

/// Reads the entries of all words side by side, more each time, until one of them ends: that is the rarest. The number of
/// entries that were read.
async fn probe(moment: &mut Moment<'_>, words: &mut [Word<'_>]) -> Result<usize, Failure> {
    let (mut probed, mut step) = (0, FIRST_PROBE);
    loop {
        step = step.min((MAX_PROBED - probed) / words.len());
        if step == 0 {
            return Ok(probed);
        }
        let probe = |word: &Word<'_>| {
            let (mut moment, find) = (*moment, Find { keys_only: true, ..word.range.find(step) });
            async move { moment.find(&find).await }.boxed()
        };
        let probes: Vec<BoxFuture<'_, _>> = words.iter().map(probe).collect();
        let probes: Vec<Vec<RawDocumentBuf>> = futures::future::try_join_all(probes).await?;
        for (word, entries) in words.iter_mut().zip(probes) {
            moment.examine(entries.len());
            probed += entries.len();
            word.seen += entries.len();
            word.exhausted = entries.len() < step;
            if let Some(last) = entries.last() {
                let term = last.get_str(word.range.field()).map_err(Error::internal)?;
                word.range.from = (term.to_owned(), Some(body::uuid_at(last, OWN_ID)?));
            }
        }
        if words.iter().any(|word| word.exhausted) {
            return Ok(probed);
        }
        step *= PROBE_GROWTH;
    }
}

/// The texts of the documents under a word, at most as many as may be read, and whether there may be more.
async fn candidates(
    moment: &mut Moment<'_>,
    mut range: Range<'_>,
    projection: Option<Document>,
    budget: usize,
) -> Result<(Vec<String>, bool), Failure> {
    let (mut bodies, mut seen) = (Vec::new(), HashSet::new());
    // The most entries of a document so far: each read may cost that for every document.
    let (mut spent, mut entries) = (0, 1);
    let mut step = FIRST_READ;
    loop {
        let documents = moment.find(&Find { projection: projection.clone(), ..range.find(step) }).await?;
        let exhausted = documents.len() < step;
        spent += documents.len();
        let begun = range.from.clone();
        let mut terms = Vec::with_capacity(documents.len());
        for document in documents {
            let body = body::to_json(&document)?;
            let id = body::ids(&document)?.1;
            let places = range.places(&body, id, &begun)?;
            entries = entries.max(places.len());
            if let Some(first) = places.first() {
                range.from = range.from.max((first.clone(), Some(id)));
            }
            terms.push((places, id));
            if seen.insert(id) {
                bodies.push(body);
            }
        }
        // Every entry up to the last document's was read, in an exhausted range all of them.
        let read = |term: &String, id: Uuid| exhausted || (term, Some(id)) <= (&range.from.0, range.from.1);
        spent += terms.iter().map(|(places, id)| places.iter().filter(|term| read(term, *id)).count()).sum::<usize>();
        step = (budget.saturating_sub(spent) / (1 + entries)).min(Search::MAX_CANDIDATES.saturating_sub(bodies.len()));
        if exhausted || step < LEAST_READ {
            moment.examine(spent);
            return Ok((bodies, !exhausted));
        }
    }
}

/// The part of an index that holds the terms beginning with a word, from a place on.
struct Range<'a> {
    company: CompanyId,
    collection: &'static Collection,
    search: &'a Search,
    word: &'a str,
    /// The term, and the document after which the range goes on there.
    from: (String, Option<Uuid>),
}

impl<'a> Range<'a> {
    fn new(company: CompanyId, collection: &'static Collection, search: &'a Search, word: &'a str) -> Self {
        Self { company, collection, search, word, from: (word.to_owned(), None) }
    }

    fn field(&self) -> &'static str {
        self.search.index.fields.first().copied().unwrap_or_default()
    }

    fn find(&self, limit: usize) -> Find {
        let bound = |term: Bson, id: Bson| doc! { COMPANY: uuid(self.company.uuid()), self.field(): term, OWN_ID: id };
        let (term, after) = &self.from;
        let from = match after.map(|id| id.as_u128().checked_add(1)) {
            None => bound(term.clone().into(), Bson::MinKey),
            Some(Some(next)) => bound(term.clone().into(), uuid(Uuid::from_u128(next)).into()),
            Some(None) => bound(term.clone().into(), Bson::MaxKey),
        };
        let until = bound(end_of_prefix(self.word).map_or(Bson::MaxKey, Bson::from), Bson::MinKey);
        Find {
            collection: self.collection.name,
            index: layout::name(self.search.index),
            bounds: Some((from, until)),
            limit,
            ..Find::default()
        }
    }

    /// The terms of a document that lie in the range as it began.
    fn places(&self, body: &str, id: Uuid, begun: &(String, Option<Uuid>)) -> Result<Vec<String>> {
        let picked = fields::pick(body, &[fields::top(self.field())])?;
        let mut terms: Vec<String> = fields::values(&picked, self.field())
            .unwrap_or_default()
            .into_iter()
            .filter_map(|value| if let Value::Text(term) = value { Some(term) } else { None })
            .filter(|term| term.starts_with(self.word) && (term, Some(id)) > (&begun.0, begun.1))
            .collect();
        terms.sort_unstable();
        terms.dedup();
        Ok(terms)
    }
}
