//! A register with the municipality in it, and what is asked of it.

use lora_core::Service;
use lora_core::object::{
    AttributePatch, AttributeRow, Change, Content, Effect, ObjectId, Patch, RelationRow, StateRow, Target,
};
use lora_core::query::{Criterion, Known, Page, Pattern, Search, TimeContext, ValueTest};
use lora_core::schema::{Class, FieldId, Value};
use lora_core::service::{Answer, By};
use lora_core::storage::{KnownAt, Read, Storage};
use lora_core::time::{Clock, Period, Timestamp, TransactionTime};
use lora_embedded::SystemClock;
use uuid::Uuid;

use crate::figures::Failed;
use crate::questions::{Access, Tree};

/// How many hits a search by relation should have.
const HITS: usize = 40;
/// How many functions are looked at to find what is typical.
const SAMPLE: usize = 1_000;

/// A service, and objects, values and instants to ask for.
pub(crate) struct Register<S: Storage> {
    pub(crate) service: Service<S>,
    /// All functions: engagements, managers, accounts …
    functions: Vec<Uuid>,
    pub(crate) class: Class,
    pub(crate) criteria: Criteria,
    /// When about half of everything was known.
    pub(crate) past: Timestamp<TransactionTime>,
    /// The content of a function.
    content: Content,
    /// How long a registration of a function is in the store.
    pub(crate) bytes: usize,
    pub(crate) corrected: Corrected,
    pub(crate) tree: Tree,
    pub(crate) access: Access,
}

/// What is searched for.
pub(crate) struct Criteria {
    pub(crate) relation: Criterion,
    pub(crate) presence: Criterion,
    pub(crate) name: Criterion,
    pub(crate) key: Criterion,
    /// How many functions have the relation.
    pub(crate) hits: usize,
}

/// One object that was corrected again and again, beside one that never was.
pub(crate) struct Corrected {
    pub(crate) class: Class,
    pub(crate) seldom: ObjectId,
    pub(crate) often: ObjectId,
    /// When half of the corrections were known.
    pub(crate) middle: Timestamp<TransactionTime>,
}

impl<S: Storage> Register<S> {
    /// Looks what is typical, corrects an object `corrections` times, and plants a tree of so many units.
    pub(crate) async fn of(service: Service<S>, corrections: usize, units: usize) -> Result<Self, Failed> {
        let class = service.schema().class_named("organisation_function").ok_or("it is shipped")?.clone();
        let corrected = Corrected::made(&service, corrections).await?;
        let tree = Tree::planted(&service, units).await?;
        let view = service.view(None).await?;
        let now = TimeContext::now(SystemClock.now());
        let functions = search(&service, &view, &class, Vec::new(), now.always()).await?;
        let sample = spread(&functions, &class).take(SAMPLE).collect::<Vec<_>>();
        let (mut known, mut contents) = (Vec::new(), Vec::new());
        for object in &sample {
            let answer = service.read(&view, *object, &now.always()).await?.ok_or("it was found")?;
            let newest = answer.registrations.first().ok_or("it is registered")?;
            known.push(newest.registered.from());
            contents.push(newest.registration.content.clone());
        }
        known.sort();
        let past = known[known.len() / 2];
        let asked: Vec<_> = sample.iter().map(|object| (*object, KnownAt::Latest)).collect();
        let stored = view.registrations(&asked).await?.into_iter().flatten();
        let lengths = stored.map(|it| it.frame.skeleton.len() + it.frame.salt.len() + it.frame.content.len());
        let bytes = lengths.sum::<usize>() / sample.len();
        let criteria = Criteria::of(&service, &view, &class, &contents).await?;
        let content = contents.swap_remove(0);
        let systems = service.schema().class_named("it_system").ok_or("it is shipped")?;
        let systems = search(&service, &view, systems, Vec::new(), now.always()).await?;
        let access = Access::found(&service, &view, systems).await?;
        Ok(Self { service, functions, class, criteria, past, content, bytes, corrected, tree, access })
    }

    /// A function, spread over all of them, the same in each run.
    pub(crate) fn function(&self, number: usize) -> ObjectId {
        ObjectId { class: self.class.id, uuid: self.functions[number * 7919 % self.functions.len()] }
    }

    pub(crate) async fn read(&self, view: &S::View, object: ObjectId, context: TimeContext) -> Result<Answer, Failed> {
        Ok(self.service.read(view, object, &context).await?.ok_or("the object is there")?)
    }

    pub(crate) async fn find(
        &self,
        view: &S::View,
        class: &Class,
        criteria: Vec<Criterion>,
        context: TimeContext,
    ) -> Result<Vec<Uuid>, Failed> {
        search(&self.service, view, class, criteria, context).await
    }

    /// Gives a function another name.
    pub(crate) async fn update(&self, number: usize, key: &str) -> Result<(), Failed> {
        self.service.update(self.function(number), renamed(&self.class, key), By::default()).await?;
        Ok(())
    }

    /// Makes a function like another one.
    pub(crate) async fn create(&self) -> Result<(), Failed> {
        let object = ObjectId { class: self.class.id, uuid: Uuid::new_v4() };
        self.service.create(object, self.content.clone(), By::default()).await?;
        Ok(())
    }
}

impl Criteria {
    async fn of<S: Storage>(
        service: &Service<S>,
        view: &S::View,
        class: &Class,
        contents: &[Content],
    ) -> Result<Self, Failed> {
        let now = TimeContext::now(SystemClock.now());
        let mut best: Option<(usize, Criterion, usize)> = None;
        for content in contents.iter().take(50) {
            for (relation, rows) in content.all_relations() {
                let Some(RelationRow { target, .. }) = rows.first() else { continue };
                let criterion = related(relation, target);
                let hits = search(service, view, class, vec![criterion.clone()], now).await?.len();
                if best.as_ref().is_none_or(|(distance, ..)| hits.abs_diff(HITS) < *distance) {
                    best = Some((hits.abs_diff(HITS), criterion, hits));
                }
            }
        }
        let (_, relation, hits) = best.ok_or("functions have relations")?;
        let presence = class.presence.as_ref().ok_or("functions have a presence")?;
        let text = |field: usize| {
            let fields = (class.groups[0].id, class.groups[0].fields[field].id);
            let rows = contents.iter().find_map(|content| content.attributes(fields.0).first()?.value(fields.1));
            let text = rows.map(|value| value.texts().concat()).unwrap_or_default();
            called(class, field, &text)
        };
        Ok(Self {
            relation,
            presence: Criterion::State { state: presence.state, value: presence.value },
            name: text(1),
            key: text(0),
            hits,
        })
    }
}

impl Corrected {
    async fn made<S: Storage>(service: &Service<S>, corrections: usize) -> Result<Self, Failed> {
        let class = service.schema().class_named("facet").ok_or("it is shipped")?.clone();
        let [seldom, often] = [1, 2].map(|number| ObjectId { class: class.id, uuid: Uuid::from_u128(number) });
        for (object, key) in [(seldom, "seldom"), (often, "flip")] {
            service.import(object, content(&class, key), By::default()).await?;
        }
        let mut middle = None;
        for number in 0..corrections {
            let key = if number % 2 == 0 { "flop" } else { "flip" };
            let written = service.update(often, renamed(&class, key), By::default()).await?;
            // An odd one, so that both are found by the same key.
            if number == corrections / 4 * 2 + 1 {
                middle = written.receipt().map(|receipt| receipt.instant);
            }
        }
        Ok(Self { class, seldom, often, middle: middle.ok_or("too few corrections")? })
    }

    /// The criterion that the one or the other meets, and no other facet.
    pub(crate) fn key(&self, key: &str) -> Criterion {
        called(&self.class, 0, key)
    }
}

async fn search<S: Storage>(
    service: &Service<S>,
    view: &S::View,
    class: &Class,
    criteria: Vec<Criterion>,
    context: TimeContext,
) -> Result<Vec<Uuid>, Failed> {
    let search = Search { class: class.id, criteria, context, page: Page::default() };
    Ok(service.search(view, &search).await?)
}

fn spread<'a>(uuids: &'a [Uuid], class: &'a Class) -> impl Iterator<Item = ObjectId> + 'a {
    (0..uuids.len()).map(|number| ObjectId { class: class.id, uuid: uuids[number * 7919 % uuids.len()] })
}

fn related(relation: FieldId, target: &Target) -> Criterion {
    Criterion::Relation { relation, object_type: None, targets: vec![target.clone()] }
}

fn called(class: &Class, field: usize, text: &str) -> Criterion {
    let test = ValueTest::Like(Pattern::exactly(text));
    Criterion::Attribute { field: class.groups[0].fields[field].id, test }
}

pub(crate) fn content(class: &Class, key: &str) -> Content {
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

/// A context as known at an instant, with everything else as it is now.
pub(crate) fn known_at(instant: Timestamp<TransactionTime>) -> TimeContext {
    TimeContext { known: Known::at(instant), ..TimeContext::now(SystemClock.now()) }
}
