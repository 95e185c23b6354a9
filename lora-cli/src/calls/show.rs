//! `lora show`: an object drawn, and its last registrations in words.

use std::io::Write;

use lora_core::history::picture::{Options, Picture, REGISTRATIONS_MAX, svg, text, visible};
use lora_core::history::{Chronology, Lineage, Names, Registered, lineage, registrations};
use lora_core::native::part_in_argument;
use lora_core::object::{ObjectId, Seq};
use lora_core::oio::{InputError, shown_instant};
use lora_core::schema::{Class, Schema};
use lora_core::storage::{Declarations, KnownAt, Read, Storage};
use lora_core::time::{Periods, Timestamp, ValidTime};

use super::jobs::{Done, Output};
use super::{Listener, Said, Shown};

/// How many registrations are told of.
const TOLD_MAX: usize = 10;
/// How many periods are named of a part that changed.
const PERIODS_MAX: usize = 3;
/// The longest note that is shown, in characters.
const NOTE_MAX: usize = 200;

/// Shows an object; the exit code is 2 for names that nothing has, and 1 where there is no such object.
pub(super) async fn show<S: Storage>(store: &S, shown: &Shown, to: &dyn Listener) -> Done {
    let view = store.view(None).await?;
    let declarations = Declarations::of(&view).await?;
    let known = known(shown)?;
    let Some(schema) = declarations.schema() else { return Err("the store has no classes yet".into()) };
    let classes = match classes(schema, shown) {
        Ok(classes) => classes,
        Err(why) => return wrong_use(&why, to),
    };
    let objects: Vec<_> = classes.iter().map(|class| (ObjectId { class: class.id, uuid: shown.uuid }, known)).collect();
    let found = view.registrations(&objects).await?;
    let found: Vec<(&Class, ObjectId)> = (classes.into_iter().zip(objects).zip(found))
        .filter_map(|((class, (object, _)), found)| found.map(|_| (class, object)))
        .collect();
    let drawn = match &found[..] {
        [] => return Err(format!("there is no object {}{}", shown.uuid, as_asked(shown)).into()),
        [_, _, ..] if shown.svg => {
            let names: Vec<&str> = found.iter().map(|(class, _)| class.name.as_str()).collect();
            return wrong_use(
                &format!("{} is an object of {}: say which with --class", shown.uuid, names.join(" and ")),
                to,
            );
        }
        found => found,
    };
    let mut out = Output(to);
    for (number, (class, object)) in drawn.iter().enumerate() {
        let part = shown.part.as_deref().map(|name| part_in_argument(class, "part", name)).transpose();
        let part = match part {
            Ok(part) => part,
            Err(error) => return wrong_use(&of_part(&error), to),
        };
        let options = Options { part, instant: shown_instant, ..Options::default() };
        let lineage = lineage(&view, &declarations, *object, known, REGISTRATIONS_MAX).await?;
        let (Some(lineage), Some(names)) = (lineage, Names::of(&declarations, class.id)) else { continue };
        let picture = Picture::of(&lineage, &names, &options);
        if shown.svg {
            out.write_all(svg::draw(&picture).as_bytes())?;
            continue;
        }
        let space = if number > 0 { "\n" } else { "" };
        let told = told(&view, &declarations, &lineage, &names).await?;
        write!(out, "{space}{}\n{told}", text::draw(&picture))?;
    }
    Ok(0)
}

fn known(shown: &Shown) -> Result<KnownAt, lora_core::time::OutOfRange> {
    shown.known.map_or(Ok(KnownAt::Latest), |micros| Timestamp::from_micros(micros).map(KnownAt::Instant))
}

/// The classes in which the object is looked for.
fn classes<'s>(schema: &'s Schema, shown: &Shown) -> Result<Vec<&'s Class>, String> {
    let Some(name) = &shown.class else { return Ok(schema.classes().iter().collect()) };
    schema.class_named(name).map(|class| vec![class]).ok_or_else(|| {
        let names: Vec<&str> = schema.classes().iter().map(|class| class.name.as_str()).collect();
        format!("--class: this store has no class `{name}`; expected one of {}", names.join(", "))
    })
}

fn as_asked(shown: &Shown) -> String {
    let class = shown.class.as_ref().map(|class| format!(" of {class}")).unwrap_or_default();
    let known = shown.known.map(|micros| format!(", as known at {}", shown_instant(micros))).unwrap_or_default();
    format!("{class}{known}")
}

fn of_part(error: &InputError) -> String {
    format!("--part: `{}` {}; expected {}", error.found.as_deref().unwrap_or_default(), error.message, error.accepted)
}

fn wrong_use(why: &str, to: &dyn Listener) -> Done {
    to.hear(Said::Message(format!("error: {why}")))?;
    Ok(2)
}

/// The last registrations in words, the newest first.
async fn told<V: Read>(
    view: &V,
    declarations: &Declarations,
    lineage: &Lineage<'_>,
    names: &Names<'_>,
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let last = lineage.beliefs().last().map_or(Seq::FIRST, |last| last.registration.seq);
    let chronology = Chronology::NewestFirst;
    let found = registrations(view, declarations, lineage.object, chronology, Some(last), TOLD_MAX).await?;
    let mut told: String = found.iter().map(|registered| in_words(registered, names)).collect();
    if let Some(earlier) = found.last().map(|oldest| oldest.seq.0 - 1).filter(|earlier| *earlier > 0) {
        told.push_str(&format!("… and {earlier} before\n"));
    }
    Ok(told)
}

/// A registration, and what it changed.
fn in_words(registered: &Registered, names: &Names<'_>) -> String {
    let Registered { seq, position, lifecycle, actor, note, batch, changes, .. } = registered;
    let at = registered.registered.from();
    let at = at.micros().map_or_else(|| at.to_string(), shown_instant);
    let act = format!("{lifecycle:?}").to_lowercase();
    let mut told = format!("#{} {at} {act} by {actor} at position {position}\n", seq.0);
    if !note.is_empty() {
        told.push_str(&format!("    “{}”\n", visible(note, NOTE_MAX)));
    }
    if let Some(batch) = batch {
        told.push_str(&format!("    batch {batch}\n"));
    }
    let class = names.class();
    // What changed of a group is told field by field.
    let parts = changes.parts().filter(|(part, _)| class.group(*part).is_none());
    told.extend(parts.map(|(part, valid)| format!("    {}: {}\n", names.part(part), periods(valid))));
    if changes.is_empty() {
        told.push_str("    states the same as before\n");
    }
    told
}

fn periods(valid: &Periods<ValidTime>) -> String {
    let bound = |at: Timestamp<ValidTime>| at.micros().map_or_else(|| at.to_string(), shown_instant);
    let all: Vec<String> =
        valid.iter().map(|period| format!("{} to {}", bound(period.from()), bound(period.to()))).collect();
    match all.get(PERIODS_MAX..).map(<[String]>::len).filter(|more| *more > 0) {
        Some(more) => format!("{} and {more} more", all[..PERIODS_MAX].join(", ")),
        None => all.join(", "),
    }
}
