//! The order in which LoRA answers the rows of relations.
//!
//! LoRA has all rows of an object in the order of their targets, and then sorts them by relation with a sort that is
//! not stable: the quicksort of Bentley and McIlroy (*Engineering a sort function*, 1993), with insertion below seven
//! elements and a first look for what is sorted already.
//! So the rows of a relation stand by target as long as an object has at most six rows in all, and otherwise in an
//! order that follows from all of them. It is the same every time, and recorded answers have it.

use crate::object::{Content, RelationRow};
use crate::schema::{Class, Relation};

/// Fewer elements than this are sorted by insertion, which is stable.
const INSERTION_BELOW: usize = 7;
/// More elements than this take their pivot from nine of them instead of three.
const NINTHER_ABOVE: usize = 40;

/// The relations that have rows, each with its rows as LoRA orders them.
pub(super) fn relations<'a>(class: &'a Class, content: &'a Content) -> Vec<(&'a Relation, Vec<&'a RelationRow>)> {
    let lists = class.relations.iter().map(|relation| (relation, content.relations(relation.id)));
    let mut lists: Vec<(&Relation, Vec<&RelationRow>)> =
        lists.filter(|(_, rows)| !rows.is_empty()).map(|(relation, rows)| (relation, rows.iter().collect())).collect();
    if lists.iter().map(|(_, rows)| rows.len()).sum::<usize>() < INSERTION_BELOW {
        return lists;
    }
    let numbered = lists.iter_mut().enumerate();
    let mut rows: Vec<(usize, &RelationRow)> =
        numbered.flat_map(|(relation, (_, rows))| rows.drain(..).map(move |row| (relation, row))).collect();
    rows.sort_by(|(a, left), (b, right)| {
        let (left_type, right_type) = (&left.object_type, &right.object_type);
        (left.target.cmp(&right.target))
            .then_with(|| left_type.is_none().cmp(&right_type.is_none()))
            .then_with(|| left_type.cmp(right_type))
            .then_with(|| a.cmp(b))
            .then_with(|| left.effect.cmp(&right.effect))
    });
    quicksort(&mut rows, &|row| row.0);
    for (relation, row) in rows {
        lists[relation].1.push(row);
    }
    lists
}

fn quicksort<T>(items: &mut [T], key: &impl Fn(&T) -> usize) {
    if items.len() < INSERTION_BELOW {
        items.sort_by_key(key);
        return;
    }
    if items.is_sorted_by_key(key) {
        return;
    }
    let pivot = pivot(items, key);
    items.swap(0, pivot);
    let (less, greater) = partition(items, key);
    let above = items.len() - greater;
    quicksort(&mut items[..less], key);
    quicksort(&mut items[above..], key);
}

fn pivot<T>(items: &[T], key: &impl Fn(&T) -> usize) -> usize {
    let (count, middle) = (items.len(), items.len() / 2);
    let median = |a: usize, b: usize, c: usize| {
        let (at_a, at_b, at_c) = (key(&items[a]), key(&items[b]), key(&items[c]));
        match (at_a < at_b, at_b < at_c, at_a < at_c) {
            (true, true, _) => b,
            (true, false, true) => c,
            (true, false, false) => a,
            (false, ..) if at_b > at_c => b,
            (false, _, true) => a,
            (false, _, false) => c,
        }
    };
    match count {
        INSERTION_BELOW => middle,
        _ if count <= NINTHER_ABOVE => median(0, middle, count - 1),
        _ => {
            let (step, last) = (count / 8, count - 1);
            let low = median(0, step, 2 * step);
            let mid = median(middle - step, middle, middle + step);
            median(low, mid, median(last - 2 * step, last - step, last))
        }
    }
}

/// Brings what is less than the first element before those that equal it, and what is greater behind them; returns
/// how many are less and how many are greater.
///
/// ```text
/// while it works     | equal | less | not looked at | greater | equal |
/// at the end         | less | equal                  | greater |
/// ```
fn partition<T>(items: &mut [T], key: &impl Fn(&T) -> usize) -> (usize, usize) {
    let count = items.len();
    let (mut equal_low, mut low) = (1, 1);
    // One past the places that are meant, so that they can become zero.
    let (mut high, mut equal_high) = (count, count);
    loop {
        while low < high && key(&items[low]) <= key(&items[0]) {
            if key(&items[low]) == key(&items[0]) {
                items.swap(equal_low, low);
                equal_low += 1;
            }
            low += 1;
        }
        while low < high && key(&items[high - 1]) >= key(&items[0]) {
            if key(&items[high - 1]) == key(&items[0]) {
                items.swap(high - 1, equal_high - 1);
                equal_high -= 1;
            }
            high -= 1;
        }
        if low >= high {
            break;
        }
        items.swap(low, high - 1);
        low += 1;
        high -= 1;
    }
    let (less, greater) = (low - equal_low, equal_high - high);
    swap_ranges(items, 0, low, equal_low.min(less));
    swap_ranges(items, low, count, greater.min(count - equal_high));
    (less, greater)
}

/// Swaps `count` elements from `from` on with the `count` elements before `end`, one by one in order.
fn swap_ranges<T>(items: &mut [T], from: usize, end: usize, count: usize) {
    for offset in 0..count {
        items.swap(from + offset, end - count + offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(keys: &[usize]) -> Vec<(usize, usize)> {
        let mut items: Vec<(usize, usize)> = keys.iter().copied().enumerate().map(|(at, key)| (key, at)).collect();
        quicksort(&mut items, &|item| item.0);
        items
    }

    #[test]
    fn seven_rows_of_which_one_is_of_another_relation_stand_as_recorded() {
        let places: Vec<usize> = sorted(&[0, 0, 0, 1, 0, 0, 0]).into_iter().map(|(_, at)| at).collect();
        assert_eq!(places, [6, 1, 2, 0, 4, 5, 3], "92-update-one-relation #15");
    }

    #[test]
    fn up_to_six_rows_keep_their_order() {
        assert_eq!(sorted(&[1, 0, 1, 0, 0, 1]), [(0, 1), (0, 3), (0, 4), (1, 0), (1, 2), (1, 5)]);
    }

    #[test]
    fn every_short_list_is_sorted_and_keeps_its_elements() {
        for count in [7, 8, 9, 41, 60] {
            for seed in 0..200_u64 {
                let mut state = seed + 1;
                let keys: Vec<usize> = std::iter::repeat_with(|| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 61) as usize
                })
                .take(count)
                .collect();
                let found = sorted(&keys);
                assert!(found.is_sorted_by_key(|item| item.0), "{keys:?}");
                let mut places: Vec<usize> = found.iter().map(|(_, at)| *at).collect();
                places.sort_unstable();
                assert_eq!(places, (0..count).collect::<Vec<_>>());
            }
        }
    }
}
