//! The dictionary of texts.

use lora_core::query::Pattern;
use lora_core::schema::FieldId;
use lora_core::storage::{Key, StoreError, Terms};

use crate::store::Shared;
use crate::values::{column, one_more};

const TERMS: &str = include_str!("terms.sql");

pub(super) async fn terms(
    shared: &Shared,
    fields: &[FieldId],
    pattern: &Pattern,
    limit: usize,
) -> Result<Terms, StoreError> {
    let ranges: Vec<_> = fields.iter().map(|field| Key::text_prefix(*field).and_all_longer()).collect();
    let from: Vec<&[u8]> = ranges.iter().map(|range| range.from.as_bytes()).collect();
    let to: Vec<&[u8]> = ranges.iter().map(|range| range.to.as_ref().map_or(&[u8::MAX][..], Key::as_bytes)).collect();
    let (like, limit_and_one) = (like(pattern), one_more(limit));
    let rows = shared.ask("read terms", TERMS, &[&from, &to, &like, &limit_and_one]).await?;
    let mut keys = rows.iter().map(|row| Ok(Key::from_bytes(column(row, 0)?))).collect::<Result<Vec<_>, _>>()?;
    let complete = keys.len() <= limit;
    keys.truncate(limit);
    Ok(Terms { keys, complete })
}

/// The pattern of SQL's LIKE that matches the same folded texts; `None` where no text can match.
fn like(pattern: &Pattern) -> Option<String> {
    let mut like = String::new();
    for (number, literal) in pattern.literals().iter().enumerate() {
        if number > 0 {
            like.push('%');
        }
        for letter in literal.chars() {
            match letter {
                // No text that is kept has one, and PostgreSQL's cannot.
                '\0' => return None,
                '%' | '_' | '\\' => like.extend(['\\', letter]),
                letter => like.push(letter),
            }
        }
    }
    Some(like)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_like_takes_for_more_than_a_letter_is_escaped() {
        let like = |text: &str| like(&Pattern::parse(text).unwrap());
        assert_eq!(like("%Ærø_1%2"), Some(r"%ærø\_1%2".to_owned()));
        assert_eq!(like(r"100\%\\"), Some(r"100\%\\".to_owned()));
        assert_eq!(like("a\0%"), None);
    }
}
