//! Registrations as bytes and as OIO JSON: what goes out comes back, and what is broken is refused.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use lora_core::codec::{EntryKind, Frame, Skeleton, decode_content, encode_content, link};
use lora_core::object::{AttributeRow, Content, LifeCycle, ObjectId, Position, Registration, Seq};
use lora_core::oio::{Document, read_new_object, shipped_classes, write_content};
use lora_core::schema::{Class, Ids, Keyword, Schema, Value};
use lora_core::testing::{self, SmallAxis};
use lora_core::time::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

fn schema() -> Schema {
    Schema::new(&shipped_classes(), Ids::default()).unwrap()
}

fn any_class() -> impl Strategy<Value = Class> {
    prop::sample::select(schema().classes().to_vec())
}

fn class_and_content() -> impl Strategy<Value = (Class, Content)> {
    any_class().prop_flat_map(|class| {
        let content = testing::content(&class, SmallAxis::default());
        (Just(class), content)
    })
}

fn registration() -> impl Strategy<Value = Registration> {
    let lifecycles =
        [LifeCycle::Created, LifeCycle::Imported, LifeCycle::Corrected, LifeCycle::Passivated, LifeCycle::Deleted];
    let envelope =
        (prop::sample::select(lifecycles.to_vec()), testing::uuid(), testing::text(), any::<(u32, bool, bool)>());
    (class_and_content(), envelope).prop_map(|((class, content), (lifecycle, uuid, note, (seq, batch, asserted)))| {
        Registration {
            object: ObjectId { class: class.id, uuid },
            seq: Seq(seq),
            lifecycle,
            actor: uuid,
            note,
            batch: batch.then_some(uuid),
            asserted: asserted.then(|| Timestamp::from_micros(-1).unwrap()),
            content,
        }
    })
}

proptest! {
    #[test]
    fn a_frame_gives_back_its_registration(registration in registration()) {
        let frame = Frame::of(&registration, [9; 16]);
        prop_assert_eq!(frame.registration().unwrap(), registration);
    }

    #[test]
    fn equal_contents_have_equal_bytes_and_others_do_not((_, one) in class_and_content(), (_, other) in class_and_content()) {
        prop_assert_eq!(encode_content("", &one) == encode_content("", &other), one == other);
        prop_assert_ne!(encode_content("note", &one), encode_content("", &one));
    }

    #[test]
    fn a_cut_frame_is_refused(registration in registration(), cut in any::<prop::sample::Index>()) {
        let frame = Frame::of(&registration, [9; 16]);
        let content = Frame { content: frame.content[..cut.index(frame.content.len())].to_vec(), ..frame.clone() };
        prop_assert!(content.registration().is_err());
        let skeleton = Frame { skeleton: frame.skeleton[..cut.index(frame.skeleton.len())].to_vec(), ..frame.clone() };
        prop_assert!(skeleton.registration().is_err());
        let longer = Frame { content: [frame.content.as_slice(), &[0]].concat(), ..frame };
        prop_assert!(longer.registration().is_err());
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok((note, content)) = decode_content(&bytes) {
            prop_assert_eq!(decode_content(&encode_content(&note, &content)).unwrap(), (note, content));
        }
        if let Ok(skeleton) = Skeleton::decode(&bytes) {
            prop_assert_eq!(Skeleton::decode(&skeleton.encode()).unwrap(), skeleton);
        }
    }

    #[test]
    fn the_commitment_binds_every_byte(registration in registration(), at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let frame = Frame::of(&registration, [9; 16]);
        let mut bytes = [frame.skeleton.clone(), frame.salt.to_vec(), frame.content.clone()].concat();
        let index = at.index(bytes.len());
        bytes[index] ^= flip;
        let (skeleton, rest) = bytes.split_at(frame.skeleton.len());
        let (salt, content) = rest.split_at(16);
        let other = Frame { skeleton: skeleton.to_vec(), salt: salt.try_into().unwrap(), content: content.to_vec() };
        prop_assert_ne!(frame.commitment(), other.commitment());
    }

    #[test]
    fn oio_json_gives_back_the_content_as_shown((class, content) in class_and_content()) {
        let mut json = vec![b'{'];
        write_content(&mut json, &class, &content);
        json.push(b'}');
        let document = Document::parse(&json).unwrap();
        let required = class.groups.iter().filter(|group| group.fields.iter().any(|field| field.mandatory));
        let whole = required.clone().all(|group| !content.attributes(group.id).is_empty())
            && class.states.iter().all(|state| !content.states(state.id).is_empty());
        let read = read_new_object(&class, &document);
        prop_assert_eq!(read.is_ok(), whole, "{:?}", read);
        if let Ok(read) = read {
            prop_assert_eq!(read.content, testing::shown(&class, &content));
        }
    }
}

/// The bytes of format 1, as they were when it was made: what is stored must stay readable for ever.
#[test]
fn the_stored_sample_of_format_1_reads_as_it_did() {
    let sample = include_str!("data/frame-format-1.txt");
    let part = |name: &str| {
        let line = sample.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
        (0..line.len()).step_by(2).map(|at| u8::from_str_radix(&line[at..at + 2], 16).unwrap()).collect::<Vec<u8>>()
    };
    let frame =
        Frame { skeleton: part("skeleton:"), salt: part("salt:").try_into().unwrap(), content: part("content:") };
    assert_eq!(frame.registration().unwrap(), sample_registration());
    assert_eq!(Frame::of(&sample_registration(), frame.salt), frame);
    assert_eq!(frame.commitment().to_vec(), part("commitment:"));
    let head = link(&[0; 32], Position(7), Timestamp::from_micros(1_700_000_000_000_000).unwrap(), &frame.commitment());
    assert_eq!(head.to_vec(), part("link:"));
    assert_eq!(Skeleton::decode(&frame.skeleton).unwrap().kind, EntryKind::Registration);
}

/// A registration with one of everything that the codec knows.
fn sample_registration() -> Registration {
    use lora_core::object::{ActorKind, Effect, RelationRow, StateRow, Target};
    use lora_core::schema::{ClassId, FieldId};
    use lora_core::time::Period;
    let at = |micros| Timestamp::from_micros(micros).unwrap();
    let uuid = Uuid::from_u128(0x5e2a_e0f2_5b33_4d8a_9a20_fd9f_1a4e_1b7c);
    let effect = Effect {
        valid: Period::new(at(-1), at(1_500_000_000_000_000)).unwrap(),
        actor: Some(uuid),
        actor_kind: Some(ActorKind::OrganisationUnit),
        note: "hvorfor".to_owned(),
    };
    let always = Effect::during(Period::ALWAYS);
    let id = FieldId::from_number;
    let keyword = Keyword { identifier: "i".to_owned(), description: String::new(), category: "æøå".to_owned() };
    let values = [
        (id(1), Value::Text("Økonomi".to_owned())),
        (id(2), Value::Boolean(false)),
        (id(3), Value::Boolean(true)),
        (id(4), Value::Integer(-70_000)),
        (id(5), Value::TextList(vec![String::new(), "b".to_owned()])),
        (id(300), Value::Keywords(vec![keyword])),
    ];
    let mut content = Content::EMPTY;
    content
        .set_attributes(id(6), vec![AttributeRow::new(values, effect.clone()), AttributeRow::new([], always.clone())]);
    content.set_states(id(7), vec![StateRow { value: id(8), effect }]);
    let row = |target, object_type: Option<&str>| RelationRow {
        target,
        object_type: object_type.map(str::to_owned),
        effect: always.clone(),
    };
    let rows = vec![
        row(Target::Uuid(uuid), Some("Bruger")),
        row(Target::Urn("urn:x:y".to_owned()), None),
        row(Target::Nothing, None),
    ];
    content.set_relations(id(9), rows);
    Registration {
        object: ObjectId { class: ClassId::from_number(2), uuid },
        seq: Seq(300),
        lifecycle: LifeCycle::Corrected,
        actor: Uuid::from_u128(1),
        note: "en note".to_owned(),
        batch: Some(Uuid::from_u128(2)),
        asserted: Some(Timestamp::from_micros(1_600_000_000_000_001).unwrap()),
        content,
    }
}
