//! Relations: what objects point at, and who points at them.

use super::super::names;
use super::values::uuid_in;
use super::{Node, Reader, boolean, one_of, reading};
use crate::object::Target;
use crate::oio::input::{Place, quoted, text};
use crate::oio::{Document, InputError};
use crate::query::{Direction, Filter, Reading, Related, Selection, Steps};
use crate::schema::{Class, Relation};

/// What may stand beside `relation`.
pub(super) const RELATION: [&str; 9] =
    ["to", "is_empty", "type", "where", "class", "reading", "steps", "from_itself", "passing"];
/// What may stand beside `referred_by`.
pub(super) const REFERRED_BY: [&str; 7] = ["through", "where", "type", "reading", "steps", "from_itself", "passing"];

/// Members that only joins have.
const JOIN: [&str; 5] = ["class", "reading", "steps", "from_itself", "passing"];

impl<'s> Reader<'s> {
    /// `{"relation": …, "to": …}`, `{"relation": …, "is_empty": …}` and `{"relation": …, "where": …}`
    pub(super) fn relation(&mut self, node: &Node<'_>) -> Result<Filter, InputError> {
        let at = node.member("relation");
        let relation = names::relation(node.class, text(node.required("relation")?, &at)?, &at)?;
        let object_type = object_type(node)?;
        let (test, document) = one_of(node, &["to", "is_empty", "where"])?;
        if test != "where"
            && let Some(name) = JOIN.iter().find(|name| node.find(name).is_some())
        {
            let what = format!("has `{name}`, which belongs to `where`, beside `{test}`");
            return Err(node.at.error("two_tests", &what, None, format!("`{test}` alone, or `where`")));
        }
        let of = |targets| Filter::Relation { relation: relation.id, object_type: object_type.clone(), targets };
        Ok(match test {
            "to" => of(Some(self.one_or_many(document, &node.member("to"), target)?)),
            "is_empty" if boolean(document, &node.member("is_empty"))? => !of(None),
            "is_empty" => of(None),
            _ => {
                let class = self.far_class(node, relation)?;
                let related = Ends { relation, direction: Direction::Forward, class };
                self.related(node, &related, object_type)?
            }
        })
    }

    /// `{"referred_by": …, "through": …, "where": …}`
    pub(super) fn referred_by(&mut self, node: &Node<'_>) -> Result<Filter, InputError> {
        let at = node.member("referred_by");
        let class = names::class(self.schema, text(node.required("referred_by")?, &at)?, &at)?;
        let at = node.member("through");
        let relation = names::relation(class, text(node.required("through")?, &at)?, &at)?;
        if !reaches(relation, node.class) {
            let what = format!("does not lead to `{}`", node.class.name);
            let leading = class.relations.iter().filter(|relation| reaches(relation, node.class));
            let leading = leading.map(|relation| relation.name.as_str()).collect::<Vec<_>>().join(", ");
            let accepted = format!("a relation that does: {leading}");
            return Err(at.error("unfit_class", &what, Some(&relation.name), accepted));
        }
        let ends = Ends { relation, direction: Direction::Backward, class };
        self.related(node, &ends, object_type(node)?)
    }

    fn related(&mut self, node: &Node<'_>, ends: &Ends<'_>, object_type: Option<String>) -> Result<Filter, InputError> {
        let steps = self.steps(node, ends)?;
        let reading = match node.find("reading") {
            Some(document) => reading(document, &node.member("reading"))?,
            None => Reading::default(),
        };
        let filter = self.filter(ends.class, node.required("where")?, &node.member("where"))?;
        let to = Selection { class: ends.class.id, reading, filter };
        let (relation, direction) = (ends.relation.id, ends.direction);
        Ok(Filter::Related(Box::new(Related { relation, direction, object_type, steps, to })))
    }

    /// The class on the other side: the one that is named, or the only one that the relation leads to.
    fn far_class(&self, node: &Node<'_>, relation: &Relation) -> Result<&'s Class, InputError> {
        let at = node.member("class");
        let targets = || relation.targets.iter().map(String::as_str);
        match (node.find("class"), &relation.targets[..]) {
            (Some(document), _) => {
                let class = names::class(self.schema, text(document, &at)?, &at)?;
                if reaches(relation, class) {
                    return Ok(class);
                }
                let what = format!("is no class that `{}` leads to", relation.name);
                Err(at.error("unfit_class", &what, Some(&class.name), names::offered(&class.name, None, targets())))
            }
            (None, [only]) => names::class(self.schema, only, &at),
            (None, targets) => {
                let what = format!("lacks the member `class`: `{}` leads to more than one", relation.name);
                let names = self.schema.classes().iter().map(|class| class.name.as_str());
                let names: Vec<&str> =
                    names.filter(|name| targets.is_empty() || targets.iter().any(|target| target == name)).collect();
                Err(node.at.error("missing_member", &what, None, format!("one of {}", quoted(names.into_iter()))))
            }
        }
    }

    fn steps(&mut self, node: &Node<'_>, ends: &Ends<'_>) -> Result<Steps, InputError> {
        const STEPS: [(&str, bool); 2] = [("one", false), ("many", true)];
        let many = match node.find("steps") {
            Some(document) => {
                let at = node.member("steps");
                names::word(&STEPS, text(document, &at)?, &at)?
            }
            None => false,
        };
        if !many {
            return match ["from_itself", "passing"].into_iter().find(|name| node.find(name).is_some()) {
                Some(name) => {
                    let accepted = "`\"steps\": \"many\"` beside it".to_owned();
                    Err(node.member(name).error("one_step", "is about many steps", None, accepted))
                }
                None => Ok(Steps::One),
            };
        }
        if ends.class.id != node.class.id {
            let what = format!("cannot be many from `{}` to `{}`", node.class.name, ends.class.name);
            let accepted = "`one`, or a relation within a class".to_owned();
            return Err(node.member("steps").error("unfit_class", &what, Some("many"), accepted));
        }
        let from_itself = match node.find("from_itself") {
            Some(document) => boolean(document, &node.member("from_itself"))?,
            None => false,
        };
        let through = match node.find("passing") {
            Some(document) => Some(self.boxed(ends.class, document, &node.member("passing"))?),
            None => None,
        };
        Ok(Steps::Many { from_itself, through })
    }
}

/// What a join leads along.
struct Ends<'e> {
    relation: &'e Relation,
    direction: Direction,
    /// Whose objects stand on the other side.
    class: &'e Class,
}

fn object_type(node: &Node<'_>) -> Result<Option<String>, InputError> {
    let given = node.find("type").map(|document| text(document, &node.member("type")).map(str::to_owned));
    given.transpose()
}

/// Whether a relation may lead to objects of a class.
fn reaches(relation: &Relation, class: &Class) -> bool {
    relation.targets.is_empty() || relation.targets.contains(&class.name)
}

/// A UUID, a URN, or `null` for a row that says that there is nothing.
pub(crate) fn target(document: &Document, at: &Place<'_>) -> Result<Target, InputError> {
    if document.is_null() {
        return Ok(Target::Nothing);
    }
    let given = text(document, at)?;
    if given.starts_with("urn:") {
        return Ok(Target::Urn(given.to_owned()));
    }
    uuid_in(given, at)
        .map(Target::Uuid)
        .map_err(|error| InputError { accepted: "a UUID, or a URN that begins with `urn:`".to_owned(), ..error })
}
