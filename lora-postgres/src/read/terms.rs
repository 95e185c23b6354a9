//! The dictionary of texts.

use lora_core::query::Pattern;
use lora_core::schema::FieldId;
use lora_core::storage::{Key, KeyRange, StoreError, Terms};

use crate::store::Shared;
use crate::values::{column, one_more};

const TERMS: &str = include_str!("terms.sql");

/// So many letters in a row are a trigram.
const TRIGRAM: usize = 3;

pub(super) async fn terms(
    shared: &Shared,
    fields: &[FieldId],
    pattern: &Pattern,
    limit: usize,
) -> Result<Terms, StoreError> {
    let all: Vec<KeyRange> = fields.iter().map(|field| Key::text_prefix(*field).and_all_longer()).collect();
    let begun: Vec<KeyRange> = fields.iter().map(|field| beginning(*field, pattern)).collect();
    let ((all_from, all_to), (from, to)) = (bounds(&all), bounds(&begun));
    let (like, limit_and_one) = (like(pattern), one_more(limit));
    let by_trigram = asks_for_trigrams(pattern).then_some(&like);
    let asked: crate::session::Parameters<'_> =
        &[&all_from, &all_to, &from, &to, &like.as_bytes(), &by_trigram, &limit_and_one];
    let rows = shared.ask("read terms", TERMS, asked).await?;
    let mut keys =
        rows.iter().map(|row| Ok(Key::from_bytes(column(row, 0)?))).collect::<Result<Vec<_>, StoreError>>()?;
    let complete = keys.len() <= limit;
    keys.truncate(limit);
    Ok(Terms { keys, complete })
}

/// The keys of a field's texts that begin as the pattern does.
fn beginning(field: FieldId, pattern: &Pattern) -> KeyRange {
    let prefix = [Key::text_prefix(field).as_bytes(), pattern.prefix().as_bytes()].concat();
    Key::from_bytes(prefix).and_all_longer()
}

fn bounds(ranges: &[KeyRange]) -> (Vec<&[u8]>, Vec<&[u8]>) {
    let from = ranges.iter().map(|range| range.from.as_bytes());
    let to = ranges.iter().map(|range| range.to.as_ref().map_or(&[u8::MAX][..], Key::as_bytes));
    (from.collect(), to.collect())
}

/// Whether trigrams find what matches: where its beginning is not known, and there are letters to look for.
fn asks_for_trigrams(pattern: &Pattern) -> bool {
    let has_trigram = |literal: &String| {
        literal.split(|letter: char| !letter.is_alphanumeric()).any(|word| word.chars().count() >= TRIGRAM)
    };
    // PostgreSQL's texts have none.
    let has_nul = |literal: &String| literal.contains('\0');
    pattern.prefix().is_empty() && pattern.literals().iter().any(has_trigram) && !pattern.literals().iter().any(has_nul)
}

/// The pattern of SQL's LIKE that matches the same folded texts.
fn like(pattern: &Pattern) -> String {
    let mut like = String::new();
    for (number, literal) in pattern.literals().iter().enumerate() {
        if number > 0 {
            like.push('%');
        }
        for letter in literal.chars() {
            if matches!(letter, '%' | '_' | '\\') {
                like.push('\\');
            }
            like.push(letter);
        }
    }
    like
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    #[test]
    fn what_like_takes_for_more_than_a_letter_is_escaped() {
        assert_eq!(like(&parsed("%Ærø_1%2")), r"%ærø\_1%2");
        assert_eq!(like(&parsed(r"100\%\\")), r"100\%\\");
    }

    #[test]
    fn trigrams_are_for_words_whose_beginning_is_not_known() {
        for (pattern, asks) in
            [("%ærø%", true), ("%ær%", false), ("%a-b-c%", false), ("ær%ærø", false), ("%ærø\0%", false)]
        {
            assert_eq!(asks_for_trigrams(&parsed(pattern)), asks, "{pattern}");
        }
    }
}
