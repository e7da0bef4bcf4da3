//! Passwords that others guess first.
//!
//! Lists of leaked passwords consist mostly of a few hundred words and keyboard patterns with a year, some digits or a mark
//! around them. So the words are listed here, and the decoration is recognised: that covers far more than the 3,000 most
//! frequent ones that ASVS 6.2.4 asks for, and those of next year too.

use std::{collections::HashSet, sync::LazyLock};

/// Words, folded, one a line; `#` begins a comment.
static WORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("words.txt").lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect());

/// What fingers follow: rows of keyboards, in Latin and Cyrillic, and the alphabets. Backwards too.
const ROWS: &[&str] = &[
    "1234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "qazwsxedcrfvtgbyhnujm",
    "ицукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
    "абвгдежзийклмнопрстуфхцчшщъыьэюя",
];

/// The shortest part of a row that counts as a pattern.
const MIN_RUN: usize = 3;
/// The most characters beside such parts.
const MAX_BESIDE: usize = 2;
/// The most characters round a word that are decoration: a year and two marks, or a date.
const MAX_DECORATION: usize = 6;

/// Whether a password, folded, is one that many people use.
pub(super) fn is_guessable(folded: &str) -> bool {
    let password: Vec<char> = folded.chars().collect();
    is_decorated_word(&password) || follows_rows(&password) || repeats(&password)
}

/// A word, or one twice, with few characters before and behind that are no letters; digits and marks may stand for letters.
fn is_decorated_word(password: &[char]) -> bool {
    let first = password.iter().position(|c| c.is_alphabetic()).unwrap_or(0);
    let last = password.iter().rposition(|c| c.is_alphabetic()).map_or(password.len(), |last| last + 1);
    // A mark at either end may be decoration or stand for a letter: `p@ssword!`, `@dmin123`.
    [first..last, 0..last, first..password.len(), 0..password.len()].into_iter().any(|core| {
        let core = &password[core];
        password.len() - core.len() <= MAX_DECORATION && (is_word(core) || is_word(&core.iter().copied().map(spelled).collect::<Vec<_>>()))
    })
}

fn is_word(text: &[char]) -> bool {
    let known = |part: &[char]| WORDS.contains(part.iter().collect::<String>().as_str());
    let (half, rest) = text.split_at(text.len() / 2);
    known(text) || (half == rest && known(half))
}

/// Little but parts of rows: `qwer1234`, `12345678`, `zxcvbnm321`; also with each key twice: `11223344`.
fn follows_rows(password: &[char]) -> bool {
    let mut keys = password.to_vec();
    keys.dedup();
    let (mut rest, mut beside) = (keys.as_slice(), 0);
    while !rest.is_empty() {
        let run = longest_run(rest);
        beside += if run < MIN_RUN { run } else { 0 };
        rest = &rest[run..];
    }
    keys.len() > MAX_BESIDE && beside <= MAX_BESIDE
}

/// How many characters at the beginning follow a row, in either direction.
fn longest_run(password: &[char]) -> usize {
    let run = |row: &mut dyn Iterator<Item = char>| {
        let row: Vec<char> = row.collect();
        let starts = row.iter().enumerate().filter(|(_, c)| Some(*c) == password.first()).map(|(at, _)| at);
        starts.map(|at| row[at..].iter().zip(password).take_while(|(a, b)| a == b).count()).max().unwrap_or(0)
    };
    // A character of no row is a run of its own.
    ROWS.iter().map(|row| run(&mut row.chars()).max(run(&mut row.chars().rev()))).max().unwrap_or(0).max(1)
}

/// One to four characters again and again: `aaaaaaaa`, `abcabcabc`, `12121212`.
fn repeats(password: &[char]) -> bool {
    (1..=4).any(|period| password.len() >= 2 * period && password.iter().zip(&password[period..]).all(|(a, b)| a == b))
}

/// The letter that a digit or a mark stands for in `p@ssw0rd`.
fn spelled(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use kernel::search::fold;

    use super::*;

    #[test]
    fn what_many_people_use_is_guessable() {
        for text in [
            "password",
            "Password1",
            "P@ssw0rd",
            "p@$$w0rd!",
            "passwordpassword",
            "12345678",
            "123456789",
            "1234567890",
            "87654321",
            "11111111",
            "00000000",
            "12121212",
            "abcabcabc",
            "qwertyui",
            "qwerty123",
            "1q2w3e4r",
            "1qaz2wsx",
            "zaq12wsx",
            "qwer1234",
            "abcd1234",
            "asdfghjkl",
            "zxcvbnm1",
            "iloveyou",
            "iloveyou2",
            "sunshine",
            "Sunshine2026!",
            "football1",
            "welcome123",
            "letmein!!",
            "trustno1",
            "charlie123",
            "parole123",
            "Parole2026",
            "latvija1",
            "пароль123",
            "йцукенгш",
            "qwertyuiop",
            "любовь12",
            "privet123",
            "!!dragon!!",
            "superman7",
            "master01",
            "12345679a",
            "11223344",
            "aabbccdd",
            "0123456789",
            "@dmin123",
            "asdf1234",
            "1234qwer",
            "admin123",
            "changeme",
            "alvaclean1",
        ] {
            assert!(is_guessable(&fold(text)), "{text}");
        }
    }

    #[test]
    fn what_few_people_use_is_not() {
        for text in
            ["kvieši un rudzi", "tr0ub4dor&3", "fnord-xylophone", "dragon8274951", "purple monkey dishwasher", "wq7!kd02", "73911408"]
        {
            assert!(!is_guessable(&fold(text)), "{text}");
        }
    }

    #[test]
    fn the_list_is_folded_and_has_each_word_once() {
        let lines = || include_str!("words.txt").lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
        assert!(lines().all(|word| fold(word) == word), "{:?}", lines().find(|word| fold(word) != *word));
        let mut seen = HashSet::new();
        assert!(lines().all(|word| seen.insert(word)), "twice");
        assert!(lines().count() > 1_000, "{}", lines().count());
    }
}
