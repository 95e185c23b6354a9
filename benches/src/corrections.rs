//! One object that was corrected 10,000 times, beside one that was never.

use lora_core::Service;
use lora_core::object::{AttributePatch, AttributeRow, Change, Content, Effect, ObjectId, Patch, StateRow};
use lora_core::query::{Criterion, Known, Page, Pattern, Search, TimeContext, ValueTest};
use lora_core::schema::{Class, Value};
use lora_core::service::By;
use lora_core::time::{Clock, Period};
use lora_embedded::{EmbeddedStore, SystemClock};
use pollster::block_on;
use uuid::Uuid;

use crate::figures::{Failed, Times, row};

const CORRECTIONS: usize = 10_000;
const READS: usize = 5_000;

/// Measures reading and searching both.
pub(crate) fn run(service: &Service<EmbeddedStore>) -> Result<(), Failed> {
    let class = service.schema().class_named("facet").ok_or("it is shipped")?.clone();
    let [once, often] = [1, 2].map(|number| ObjectId { class: class.id, uuid: Uuid::from_u128(number) });
    for (object, key) in [(once, "seldom"), (often, "flip")] {
        block_on(service.import(object, content(&class, key), By::default()))?;
    }
    let mut middle = None;
    for number in 0..CORRECTIONS {
        let key = if number % 2 == 0 { "flop" } else { "flip" };
        let written = block_on(service.update(often, renamed(&class, key), By::default()))?;
        if number == CORRECTIONS / 2 + 1 {
            middle = written.receipt().map(|receipt| receipt.instant);
        }
    }
    let now = TimeContext::now(SystemClock.now());
    let then = TimeContext { known: Known::at(middle.ok_or("it was registered")?), ..now };
    let view = block_on(service.view(None))?;
    let read =
        |object, context: &TimeContext| Times::of(READS, |_| Ok(block_on(service.read(&view, object, context))?));
    let find = |key: &str, context: &TimeContext| {
        let test = ValueTest::Like(Pattern::exactly(key));
        let criteria = vec![Criterion::Attribute { field: class.groups[0].fields[0].id, test }];
        let search = Search { class: class.id, criteria, context: *context, page: Page::default() };
        Times::of(READS, |_| match block_on(service.search(&view, &search))?.len() {
            1 => Ok(()),
            found => Err(format!("{found} objects are called {key}").into()),
        })
    };
    for (what, context) in [("now", &now), ("as known at its middle", &then)] {
        let (calm, busy) = (read(once, context)?, read(often, context)?);
        row(&format!("read an object with {CORRECTIONS} corrections, {what}"), &busy, Some(("one without", &calm)));
        let (calm, busy) = (find("seldom", context)?, find("flip", context)?);
        row(&format!("search its key, {what}"), &busy, Some(("one without", &calm)));
    }
    Ok(())
}

fn content(class: &Class, key: &str) -> Content {
    let (group, state) = (&class.groups[0], &class.states[0]);
    let mut content = Content::EMPTY;
    let values = [(group.fields[0].id, Value::Text(key.to_owned()))];
    content.set_attributes(group.id, vec![AttributeRow::new(values, Effect::during(Period::ALWAYS))]);
    content.set_states(state.id, vec![StateRow { value: state.values[0].id, effect: Effect::during(Period::ALWAYS) }]);
    content
}

fn renamed(class: &Class, key: &str) -> Patch {
    let group = &class.groups[0];
    let values = [(group.fields[0].id, Change::Set(Value::Text(key.to_owned())))].into_iter().collect();
    let rows = vec![AttributePatch { values, effect: Effect::during(Period::ALWAYS) }];
    Patch { attributes: [(group.id, Change::Set(rows))].into_iter().collect(), ..Patch::default() }
}
