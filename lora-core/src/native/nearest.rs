//! Which of the names that there are somebody may have meant.

/// Longer names are not compared: nobody mistypes them, and comparing takes the product of both lengths.
const COMPARED_MAX: usize = 64;

/// The name nearest to the one given, unless all are too far from it to be meant.
pub(super) fn nearest<'n>(given: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let given: Vec<char> = given.chars().take(COMPARED_MAX + 1).collect();
    if given.len() > COMPARED_MAX {
        return None;
    }
    let far = 1 + given.len() / 4;
    let distances = names.map(|name| (distance(&given, name), name));
    distances.filter(|(distance, _)| *distance <= far).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// How many letters must be put in, left out or replaced (Levenshtein), in whatever case.
fn distance(given: &[char], name: &str) -> usize {
    let mut row: Vec<usize> = (0..=given.len()).collect();
    for (done, letter) in name.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], done + 1);
        for (index, other) in given.iter().enumerate() {
            let replaced = diagonal + usize::from(!letter.eq_ignore_ascii_case(other));
            diagonal = row[index + 1];
            row[index + 1] = replaced.min(diagonal + 1).min(row[index] + 1);
        }
    }
    row[given.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(given: &str) -> Option<&'static str> {
        nearest(given, ["user_key", "unit_name", "integration_data", "at_least"].into_iter())
    }

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        for (given, meant) in
            [("user_kee", "user_key"), ("userkey", "user_key"), ("UnitName", "unit_name"), ("atleast", "at_least")]
        {
            assert_eq!(near(given), Some(meant), "{given}");
        }
        for given in ["", "brugervendtnoegle", "x", "zzzz", &"user_key".repeat(100)] {
            assert_eq!(near(given), None, "{given}");
        }
    }

    #[test]
    fn distances_count_single_letters() {
        let distance = |one: &str, other| distance(&one.chars().collect::<Vec<_>>(), other);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("Åb", "åb"), 1, "only ASCII letters are folded");
        assert_eq!(distance("same", "same"), 0);
    }
}
