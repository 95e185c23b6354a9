//! The plane of both time axes, drawn.

use lora_core::history::picture::{self, Options, Picture, Scale};
use lora_core::history::{Names, lineage};
use lora_core::object::ObjectId;
use lora_core::schema::{Class, FieldId};
use lora_core::storage::KnownAt;
use lora_core::testing;
use lora_core::time::Period;
use pollster::block_on;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::{Told, VALID, config, history, objects, pinned};

/// A picture in both forms; none of an object that is not known.
fn drawn(told: &Told, object: ObjectId, most: u32, options: &Options) -> Option<[String; 2]> {
    let (view, declarations) = (pinned(told), told.service.declarations());
    let names = Names::of(declarations, object.class).unwrap();
    let lineage = block_on(lineage(&view, declarations, object, KnownAt::Latest, most)).unwrap()?;
    let picture = Picture::of(&lineage, &names, options);
    Some([picture::text::draw(&picture), picture::svg::draw(&picture)])
}

fn parts(class: &Class) -> Vec<Option<FieldId>> {
    let fields = class.fields().map(|(_, field)| field.id);
    let groups = class.groups.iter().map(|group| group.id);
    let others = class.states.iter().map(|state| state.id).chain(class.relations.iter().map(|relation| relation.id));
    let derived = class.derived.iter().map(|derived| derived.id);
    [None].into_iter().chain(fields.chain(groups).chain(others).chain(derived).map(Some)).collect()
}

/// Whether a text is one element of XML with everything in it closed, and holds nothing that runs.
fn is_one_element(svg: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some((text, tag)) = rest.split_once('<') {
        let references = text.split('&').skip(1);
        if let Some(wrong) = references
            .into_iter()
            .find(|after| !["amp;", "lt;", "gt;", "quot;"].iter().any(|name| after.starts_with(name)))
        {
            return Err(format!("a lone & before {wrong:?}"));
        }
        let (tag, after) = tag.split_once('>').ok_or("a tag does not end")?;
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if ["script", "foreignObject", "a", "image"].contains(&name)
            || tag.contains(" on")
            || tag.matches('"').count() % 2 == 1
        {
            return Err(format!("<{tag}>"));
        }
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) if open.pop() != Some(name) => return Err(format!("{name} was not open")),
            (false, false) if open.is_empty() && rest.len() != svg.len() => return Err("a second element".to_owned()),
            (false, false) => open.push(name),
            _ => {}
        }
        rest = after;
    }
    if open.is_empty() { Ok(()) } else { Err(format!("open: {open:?}")) }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn any_object_can_be_drawn(
        (class, steps) in history(),
        window in prop_oneof![Just(Period::ALWAYS), testing::period(VALID)],
        scale in proptest::sample::select(vec![Scale::Stepwise, Scale::Proportional]),
        most in 1..12_u32,
        part in any::<Index>(),
    ) {
        let told = Told::of(&steps);
        let parts = parts(&class);
        for part in [None, parts[part.index(parts.len())]] {
            let options = Options { part, window, scale, ..Options::default() };
            for object in objects(&class) {
                let chain = told.chain(object);
                let Some([text, svg]) = drawn(&told, object, most, &options) else {
                    prop_assert!(chain.is_empty());
                    continue;
                };
                prop_assert!(!text.chars().any(|letter| letter.is_control() && letter != '\n'), "{}", text);
                let heads = text.lines().filter(|line| line.starts_with('#')).count();
                prop_assert_eq!(heads, chain.len().min(most as usize), "{}", text);
                let left_out = text.contains("registrations …");
                prop_assert_eq!(left_out, chain.len() > most as usize, "{}", text);
                prop_assert_eq!(is_one_element(&svg), Ok(()), "{}", svg);
                prop_assert!(!svg.chars().any(|letter| letter.is_control() && letter != '\n'));
            }
        }
    }
}

/// Told as bodies of LoRA's dialect, one registration an hour.
fn told_unit(acts: &[&str]) -> (Told, ObjectId) {
    use lora_core::oio::{Document, read_new_object, read_update};
    use lora_core::service::By;
    let told = Told::nothing();
    let class = told.service.schema().class_named("organisation_unit").unwrap().clone();
    let object = ObjectId { class: class.id, uuid: uuid::uuid!("0b1c6f3a-6a52-4c63-9d51-3f1f6ddc7a20") };
    for (hour, act) in (0..).zip(acts) {
        told.clock.set(1_767_600_000_000_000 + hour * 3_600_000_000).unwrap();
        let result = match *act {
            "passivate" => block_on(told.service.passivate(object, By::default())),
            "delete" => block_on(told.service.delete(object, By::default())),
            body => {
                let body = Document::parse(body.as_bytes()).unwrap();
                match told.newest(object) {
                    None => {
                        let content = read_new_object(&class, &body).unwrap().content;
                        block_on(told.service.create(object, content, By::default()))
                    }
                    Some(_) => {
                        let patch = read_update(&class, &body).unwrap().patch;
                        block_on(told.service.update(object, patch, By::default()))
                    }
                }
            }
        };
        result.unwrap();
    }
    (told, object)
}

/// An update of the name in a period.
fn named(name: &str, from: &str, to: &str) -> String {
    let name = serde_json::to_string(name).unwrap();
    format!(
        r#"{{"attributter": {{"organisationenhedegenskaber": [
            {{"enhedsnavn": {name}, "virkning": {{"from": "{from}", "to": "{to}"}}}}]}}}}"#
    )
}

const CREATED: &str = r#"{
    "attributter": {"organisationenhedegenskaber": [{"brugervendtnoegle": "fin", "enhedsnavn": "Finans",
                    "virkning": {"from": "2020-01-01", "to": "infinity"}}]},
    "tilstande": {"organisationenhedgyldighed": [{"gyldighed": "Aktiv",
                  "virkning": {"from": "2020-01-01", "to": "infinity"}}]}}"#;

fn local(part: Option<&str>) -> Options {
    let told = Told::nothing();
    let class = told.service.schema().class_named("organisation_unit").unwrap();
    let part = part.map(|name| lora_core::native::part_in_argument(class, "part", name).unwrap());
    Options { part, instant: lora_core::oio::shown_instant, ..Options::default() }
}

/// Planned, corrected, corrected again, closed, and taken out of use.
fn worked_example() -> (Told, ObjectId) {
    let closed = r#"{"tilstande": {"organisationenhedgyldighed": [
        {"gyldighed": "Inaktiv", "virkning": {"from": "2045-01-01", "to": "infinity"}}]}}"#;
    told_unit(&[
        CREATED,
        &named("Økonomi", "2040-01-01", "infinity"),
        &named("Regnskab", "2021-01-01", "2022-01-01"),
        &named("Økonomi og Indkøb", "2040-01-01", "infinity"),
        closed,
        "passivate",
    ])
}

/// What is drawn is what stands in a file; with `LORA_DRAW=1` the file is written anew, to be looked at.
#[track_caller]
fn stands_in(file: &str, drawn: &str) {
    let path = format!("{}/tests/data/pictures/{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("LORA_DRAW").is_some() {
        std::fs::write(&path, drawn).unwrap();
    }
    assert_eq!(drawn, std::fs::read_to_string(&path).unwrap(), "{path}\n{drawn}");
}

#[track_caller]
fn drawn_as(file: &str, told: &Told, object: ObjectId, options: &Options) {
    let [text, _] = drawn(told, object, 30, options).unwrap();
    stands_in(file, &text);
}

#[test]
fn the_timeline_of_a_name_as_text() {
    let (told, unit) = worked_example();
    drawn_as("name.txt", &told, unit, &local(Some("unit_name")));
}

#[test]
fn a_whole_object_as_text_with_a_letter_for_each_content() {
    let (told, unit) = worked_example();
    drawn_as("whole.txt", &told, unit, &local(None));
}

#[test]
fn proportional_columns_have_numbers_where_there_is_no_room_for_dates() {
    let (told, unit) = worked_example();
    let options = Options { scale: Scale::Proportional, ..local(Some("unit_name")) };
    drawn_as("proportional.txt", &told, unit, &options);
}

#[test]
fn what_has_no_beginning_and_what_has_no_end_points_on() {
    let always = r#"{
        "attributter": {"organisationenhedegenskaber": [{"brugervendtnoegle": "fin",
                        "virkning": {"from": "-infinity", "to": "infinity"}}]},
        "tilstande": {"organisationenhedgyldighed": [{"gyldighed": "Aktiv",
                      "virkning": {"from": "2020-01-01", "to": "2030-01-01"}}]}}"#;
    let (told, unit) = told_unit(&[always, "delete"]);
    drawn_as("endless.txt", &told, unit, &local(Some("user_key")));
    let window = |from: i64, to: i64| Period::new(crate::support::valid(from), crate::support::valid(to)).unwrap();
    let options = Options { window: window(1_600_000_000_000_000, 1_700_000_000_000_000), ..local(Some("user_key")) };
    drawn_as("window.txt", &told, unit, &options);
}

#[test]
fn texts_of_objects_stay_on_their_line_and_give_no_orders() {
    let nasty = named("<b>&\"\n\u{1b}[31m\u{202e}", "2021-01-01", "2022-01-01");
    let (told, unit) = told_unit(&[CREATED, &nasty]);
    drawn_as("escaped.txt", &told, unit, &local(Some("unit_name")));
    let [_, svg] = drawn(&told, unit, 30, &local(Some("unit_name"))).unwrap();
    let written = "&lt;b&gt;&amp;&quot;\\u{a}\\u{1b}[31m\\u{202e}";
    assert!(svg.contains(written) && !svg.contains("<b>"), "{svg}");
    assert_eq!(is_one_element(&svg), Ok(()));
}

#[test]
fn what_is_long_is_left_out_and_counted() {
    let names: Vec<String> = (0..60)
        .map(|year| {
            named(&format!("Navn {year}"), &format!("{}-01-01", 2020 + year), &format!("{}-06-01", 2020 + year))
        })
        .collect();
    let acts: Vec<&str> = [CREATED].into_iter().chain(names.iter().map(String::as_str)).collect();
    let (told, unit) = told_unit(&acts);
    let [text, svg] = drawn(&told, unit, 30, &local(Some("unit_name"))).unwrap();
    for said in ["… 31 registrations …", "#10 ", "#42 ", "#61 "] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("#11 ") && !text.contains("#41 "), "{text}");
    assert!(text.lines().filter(|line| line.starts_with('#')).all(|line| line.chars().count() <= 200), "{text}");
    assert!(svg.contains("… 31 registrations …") && svg.contains(">… 85</text>"), "{svg}");
    assert!(svg.len() < 100_000, "{}", svg.len());
}

#[test]
fn the_worked_example_as_svg() {
    let (told, unit) = worked_example();
    let [_, svg] = drawn(&told, unit, 30, &local(None)).unwrap();
    stands_in("whole.svg", &svg);
    assert_eq!(is_one_element(&svg), Ok(()));
    for said in ["role=\"img\"", "<title id=\"title\">organisation_unit ", "<desc id=\"desc\">Transaction time runs"] {
        assert!(svg.contains(said), "{said}");
    }
}
