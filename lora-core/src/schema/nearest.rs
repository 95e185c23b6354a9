//! Which of the names that there are somebody may have meant.

/// Longer names are not compared: nobody mistypes them, and comparing takes the product of both lengths.
const COMPARED_MAX: usize = 64;

/// The name that takes the fewest slips, if they are few enough to be meant; of a longer name, `group.field`, the last
/// part counts, too.
pub(crate) fn nearest<'n>(given: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let given: Vec<char> = given.chars().take(COMPARED_MAX + 1).collect();
    if given.len() > COMPARED_MAX {
        return None;
    }
    let far = 1 + given.len() / 4;
    let by_slips = names.map(|name| {
        let last = name.rsplit_once('.').map_or(name, |(_, last)| last);
        (slips(&given, name).min(slips(&given, last)), name)
    });
    by_slips.filter(|(slips, _)| *slips <= far).min_by_key(|(slips, _)| *slips).map(|(_, name)| name)
}

/// How many letters must be put in, left out, replaced, or swapped with the next, in whatever case.
fn slips(given: &[char], name: &str) -> usize {
    let name: Vec<char> = name.chars().collect();
    let same = |one: char, other: char| one.eq_ignore_ascii_case(&other);
    let mut rows: Vec<Vec<usize>> = vec![(0..=name.len()).collect()];
    for (left, letter) in given.iter().enumerate() {
        let mut row = vec![left + 1];
        for (right, wanted) in name.iter().enumerate() {
            let replaced = rows[left][right] + usize::from(!same(*letter, *wanted));
            let mut fewest = replaced.min(rows[left][right + 1] + 1).min(row[right] + 1);
            if left > 0 && right > 0 && same(given[left - 1], *wanted) && same(*letter, name[right - 1]) {
                fewest = fewest.min(rows[left - 1][right - 1] + 1);
            }
            row.push(fewest);
        }
        rows.push(row);
    }
    rows[given.len()][name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(given: &str) -> Option<&'static str> {
        nearest(given, ["user_key", "unit_name", "integration_data", "at_least"].into_iter())
    }

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        for (given, meant) in [
            ("user_kee", "user_key"),
            ("userkey", "user_key"),
            ("UnitName", "unit_name"),
            ("unit_nmae", "unit_name"),
            ("atleast", "at_least"),
        ] {
            assert_eq!(near(given), Some(meant), "{given}");
        }
        for given in ["", "brugervendtnoegle", "x", "zzzz", &"user_key".repeat(100)] {
            assert_eq!(near(given), None, "{given}");
        }
        assert_eq!(nearest("nmae", ["properties.name", "note"].into_iter()), Some("properties.name"));
    }

    #[test]
    fn slips_count_single_letters() {
        let slips = |one: &str, other| slips(&one.chars().collect::<Vec<_>>(), other);
        assert_eq!(slips("kitten", "sitting"), 3);
        assert_eq!(slips("", "abc"), 3);
        assert_eq!(slips("nmae", "name"), 1);
        assert_eq!(slips("Åb", "åb"), 1, "only ASCII letters are folded");
        assert_eq!(slips("same", "same"), 0);
    }
}
