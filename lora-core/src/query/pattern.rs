//! Patterns over text, as LoRA's clients write them.

/// A pattern that a whole text matches or not, whatever the letter case: `%` is any run of characters, `\` takes the
/// next character literally, everything else (also `_`) stands for itself.
///
/// ```
/// use lora_core::query::Pattern;
///
/// let pattern = Pattern::parse("%ÅRHUS\\%")?;
/// assert!(pattern.matches("Midt-århus%"));
/// assert!(!pattern.matches("Århus"), "an escaped % is a character");
/// # Ok::<(), lora_core::query::PatternError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// As it was written.
    source: String,
    /// The folded texts between the `%`; one more than there are `%`.
    literals: Vec<String>,
}

/// The pattern ends in the middle of an escape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern `{pattern}` must not end with the escape character `\\`; write `\\\\` for a backslash")]
pub struct PatternError {
    /// The refused pattern.
    pub pattern: String,
}

impl Pattern {
    /// The pattern that `text` writes.
    ///
    /// # Errors
    /// [`PatternError`] for a `\` at the end.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let mut literals = vec![String::new()];
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let literal = match c {
                '%' => {
                    literals.push(String::new());
                    continue;
                }
                '\\' => chars.next().ok_or_else(|| PatternError { pattern: text.to_owned() })?,
                c => c,
            };
            literals.last_mut().expect("there is one from the start").extend(literal.to_lowercase());
        }
        Ok(Self { source: text.to_owned(), literals })
    }

    /// The pattern that only `text` itself matches, in any letter case.
    pub fn exactly(text: &str) -> Self {
        let source = text.replace('\\', r"\\").replace('%', r"\%");
        Self { source, literals: vec![fold(text)] }
    }

    /// The text that writes this pattern, as given to [`parse`](Self::parse).
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The folded text that alone matches, or `None` for a pattern with a wildcard.
    pub fn exact(&self) -> Option<&str> {
        match self.literals.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The folded texts that follow each other in every matching text, with any run of characters between two.
    pub fn literals(&self) -> &[String] {
        &self.literals
    }

    /// The folded text with which every matching text begins.
    pub fn prefix(&self) -> &str {
        &self.literals[0]
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.matches_folded(&fold(text))
    }

    /// As [`matches`](Self::matches), for a text that is folded already.
    pub fn matches_folded(&self, text: &str) -> bool {
        // A search for a literal prepares it first, which for a long one takes longer than looking through most texts.
        if text.len() < self.literals.iter().map(String::len).sum() {
            return false;
        }
        let Some((last, others)) = self.literals.split_last() else { return false };
        let Some((first, middle)) = others.split_first() else { return text == last };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for literal in middle {
            match rest.find(literal.as_str()) {
                Some(at) => rest = &rest[at + literal.len()..],
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

/// `text` as it is compared when letter case does not count.
pub(crate) fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(text)
    }

    #[test]
    fn a_run_may_be_empty_and_pieces_do_not_share_characters() {
        assert!(matches("%", ""));
        assert!(matches("a%b%c", "abc"));
        assert!(!matches("ab%ba", "aba"), "the b cannot serve twice");
        assert!(matches("%a%a", "aa"));
        assert!(!matches("%a%a", "a"));
        assert!(matches("%%x%%", "x"));
        assert!(!matches("x", "xx"));
    }

    #[test]
    fn a_text_shorter_than_the_literals_together_does_not_match_and_one_of_their_length_may() {
        let pattern = Pattern::parse(&format!("%{}b%c", "a".repeat(30_000))).unwrap();
        assert!(!pattern.matches(&"a".repeat(30_001)));
        assert!(pattern.matches(&format!("{}Bc", "A".repeat(30_000))));
        assert!(pattern.matches(&format!("x{}bxc", "a".repeat(30_000))));
    }

    #[test]
    fn letter_case_does_not_count_and_underscores_are_literal() {
        assert!(matches("ÆØÅ_%", "æøå_x"));
        assert!(!matches("a_c", "abc"));
        assert!(matches(r"a\_c", "A_C"));
        assert!(matches(r"100\%\\", r"100%\"));
    }

    #[test]
    fn an_unfinished_escape_is_refused() {
        assert_eq!(Pattern::parse("x\\"), Err(PatternError { pattern: "x\\".to_owned() }));
    }
}
