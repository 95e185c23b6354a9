//! What holds of rows whatever their bytes: for the fuzz target, and for tests.

use lora_core::object::ObjectId;
use lora_core::time::{Period, ValidTime};

use super::{
    ChainRow, Closed, Open, Place, Tip, boundary_key, chain_key, offset_bytes, position_bytes, read_boundary,
    read_offset, read_position,
};
use crate::index::Table;

/// Reads bytes as the rows of each table, split where the first byte says into key and value: what can be read is written
/// as it was, and two places sort as what they stand for.
///
/// # Panics
/// When that does not hold.
pub fn fuzz_rows(bytes: &[u8]) {
    let Some((split, bytes)) = bytes.split_first() else { return };
    let (key, value) = bytes.split_at(usize::from(*split).min(bytes.len()));
    if let Ok(row) = ChainRow::read(key, value) {
        assert_eq!((chain_key(row.object, row.registered_from), row.value()), (key.to_vec(), value.to_vec()));
    }
    if let Ok(open) = Open::read(value) {
        assert_eq!(open.value(), value);
    }
    if let Ok((place, closed)) = Closed::read(key, value) {
        assert_eq!(closed.row(place), (key.to_vec(), value.to_vec()));
    }
    if let Ok((boundary, gone, made)) = read_boundary(key, value) {
        assert_eq!((boundary_key(boundary, Some(gone)), position_bytes(made)), (key.to_vec(), value.to_vec()));
    }
    if let Ok(tip) = Tip::read(bytes) {
        assert_eq!(tip.bytes(), bytes);
    }
    for (read, written) in [
        (read_position(Table::Guards, value).ok().map(position_bytes), value),
        (read_offset(value).ok().map(offset_bytes), value),
    ] {
        assert!(read.is_none_or(|read| read == written));
    }
    places_sort_as_what_they_stand_for(key, value);
}

fn places_sort_as_what_they_stand_for(left: &[u8], right: &[u8]) {
    let places = (Place::read(Table::Open, left), Place::read(Table::Open, right));
    let (Ok(one), Ok(other)) = places else { return };
    assert_eq!((one.bytes(), other.bytes()), (left.to_vec(), right.to_vec()));
    // Keys end themselves: of two that differ neither is the beginning of the other.
    if one.key == other.key {
        let order = |place: &Place<'_>| -> (ObjectId, Period<ValidTime>) { (place.object, place.valid) };
        assert_eq!(left.cmp(right), order(&one).cmp(&order(&other)));
    }
}

#[cfg(test)]
mod tests {
    use lora_core::object::{Position, Seq};
    use lora_core::schema::ClassId;
    use lora_core::storage::{Boundary, Key};
    use lora_core::time::{Axis, Timestamp};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::log::{Anchor, Landmark, Place as InLog};

    fn instant<A: Axis>() -> impl Strategy<Value = Timestamp<A>> {
        let finite = (-9_000_000_000_000_000_i64..9_000_000_000_000_000)
            .prop_map(|micros| Timestamp::from_micros(micros).unwrap());
        prop_oneof![Just(Timestamp::NEG_INFINITY), Just(Timestamp::INFINITY), finite]
    }

    fn object() -> impl Strategy<Value = ObjectId> {
        (0..3_u16, 0..3_u128).prop_map(|(class, uuid)| ObjectId {
            class: ClassId::from_number(class),
            uuid: Uuid::from_u128(uuid << 120),
        })
    }

    fn valid() -> impl Strategy<Value = Period<ValidTime>> {
        (instant(), instant()).prop_filter_map("a period", |(from, to)| Period::new(from, to).ok())
    }

    fn joined(key: &[u8], value: &[u8]) -> Vec<u8> {
        [&[key.len() as u8], key, value].concat()
    }

    proptest! {
        #[test]
        fn rows_are_read_as_they_were_written(object in object(), at in instant(), numbers in any::<[u32; 3]>(), valid in valid()) {
            let place = InLog { offset: numbers[0], length: numbers[1] };
            let position = Position(u64::from(numbers[2]));
            let row = ChainRow { object, registered_from: at, seq: Seq(numbers[2]), position, place };
            let (key, value) = (chain_key(object, at), row.value());
            prop_assert_eq!(ChainRow::read(&key, &value).unwrap(), row);
            fuzz_rows(&joined(&key, &value));
            let open = Open { opened: position, since: at, present: numbers[0] % 2 == 0 };
            let closed = Closed { open, closed: Position(position.0 + 1), known_to: at };
            let text = Key::existence(object.class);
            let place = Place { key: text.as_bytes(), object, valid };
            let (key, value) = closed.row(&place.bytes());
            let bytes = place.bytes();
            prop_assert_eq!(Closed::read(&key, &value).unwrap(), (bytes.as_slice(), closed));
            prop_assert_eq!(Open::read(&open.value()).unwrap(), open);
            fuzz_rows(&joined(&key, &value));
            let boundary = Boundary { at: valid.from(), object };
            prop_assert_eq!(read_boundary(&boundary_key(boundary, None), &position_bytes(position)).unwrap(), (boundary, Position(u64::MAX), position));
            let anchor = Anchor { step: Landmark { position, offset: numbers[1] }, last: position, chain: [numbers[0] as u8; 32] };
            let tip = Tip { log: object.uuid, anchor };
            prop_assert_eq!(Tip::read(&tip.bytes()).unwrap(), tip);
        }

        #[test]
        fn places_of_one_key_sort_by_object_and_period(left in (object(), valid()), right in (object(), valid())) {
            let key = Key::existence(ClassId::from_number(1));
            let place = |(object, valid)| Place { key: key.as_bytes(), object, valid };
            prop_assert_eq!(place(left).bytes().cmp(&place(right).bytes()), left.cmp(&right));
            places_sort_as_what_they_stand_for(&place(left).bytes(), &place(right).bytes());
        }

        #[test]
        fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            fuzz_rows(&bytes);
        }
    }
}
