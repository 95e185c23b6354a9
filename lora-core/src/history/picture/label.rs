//! Texts of objects on a screen: whatever they hold, they stay on their line and give no orders.

/// A text with what cannot be seen made visible, and its end left out beyond so many characters.
///
/// Control characters, those that turn the direction of writing, and those that XML does not have are written as
/// `\u{1b}`; blanks of all kinds as spaces.
pub fn visible(text: &str, most: usize) -> String {
    let mut shown = String::new();
    let mut left = most;
    for letter in text.chars() {
        let Some(after) = left.checked_sub(1) else {
            shown.pop();
            shown.push('…');
            return shown;
        };
        left = after;
        match letter {
            letter if is_hidden(letter) => shown.extend(letter.escape_unicode()),
            letter if letter.is_whitespace() => shown.push(' '),
            letter => shown.push(letter),
        }
    }
    shown
}

fn is_hidden(letter: char) -> bool {
    const TURNS: [char; 12] = [
        '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}',
        '\u{2067}', '\u{2068}', '\u{2069}',
    ];
    let is_no_character = u32::from(letter) & 0xfffe == 0xfffe;
    let hides = matches!(letter, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{2028}' | '\u{2029}');
    letter.is_control() || TURNS.contains(&letter) || is_no_character || hides
}

/// Whether every letter of a text takes up one place of a screen, as far as is known without asking it.
pub(super) fn is_even(text: &str) -> bool {
    text.chars().all(|letter| matches!(letter, ' '..='\u{2ff}' | '…'))
}

/// The letter of a number: A to Z, then AA, AB and so on.
pub(super) fn letter(mut number: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + (number % 26) as u8));
        match (number / 26).checked_sub(1) {
            Some(rest) => number = rest,
            None => return letters.iter().rev().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(visible("a\u{1b}[31m\nb\tc\u{202e}", 99), "a\\u{1b}[31m\\u{a}b\\u{9}c\\u{202e}");
        assert_eq!(visible("a\u{a0}b\u{fffe}", 99), "a b\\u{fffe}");
        assert_eq!(visible("Økonomi", 7), "Økonomi");
        assert_eq!(visible("Økonomi", 6), "Økono…");
    }

    #[test]
    fn letters_go_on_after_z() {
        assert_eq!([0, 25, 26, 51, 52, 701, 702].map(letter), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }
}
