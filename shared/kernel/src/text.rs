//! Bounded text.

use crate::error::{Error, Result};

/// Text that must be there: trimmed, 1 to `max` characters, one line.
///
/// # Errors
/// [`Error::Invalid`] that names `field`.
pub fn line(field: &str, text: &str, max: usize) -> Result<String> {
    let text = optional_line(field, text, max)?;
    if text.is_empty() {
        return Err(Error::invalid(field, "REQUIRED", format!("must have 1 to {max} characters")));
    }
    Ok(text)
}

/// Text that may be empty: trimmed, at most `max` characters, one line.
///
/// # Errors
/// [`Error::Invalid`] that names `field`.
pub fn optional_line(field: &str, text: &str, max: usize) -> Result<String> {
    let text = optional_paragraphs(field, text, max)?;
    if text.contains('\n') {
        return Err(Error::invalid(field, "CONTROL_CHARACTER", "must be a single line"));
    }
    Ok(text)
}

/// Text that must be there: trimmed, 1 to `max` characters, line breaks allowed.
///
/// # Errors
/// [`Error::Invalid`] that names `field`.
pub fn paragraphs(field: &str, text: &str, max: usize) -> Result<String> {
    let text = optional_paragraphs(field, text, max)?;
    if text.is_empty() {
        return Err(Error::invalid(field, "REQUIRED", format!("must have 1 to {max} characters")));
    }
    Ok(text)
}

/// Text that may be empty: trimmed, at most `max` characters, line breaks allowed, no other control characters.
///
/// # Errors
/// [`Error::Invalid`] that names `field`.
pub fn optional_paragraphs(field: &str, text: &str, max: usize) -> Result<String> {
    let text = text.trim().replace("\r\n", "\n");
    if text.chars().count() > max {
        return Err(Error::invalid(field, "TOO_LONG", format!("must have at most {max} characters")));
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Error::invalid(field, "CONTROL_CHARACTER", "must not contain control characters"));
    }
    Ok(text)
}
