//! A declared path as one SELECT over what the ledger was exploded into.
//!
//! ```text
//! present    where objects count                     tie_N     … and the edge of the node is stated
//! node_N     … and meet the conditions of a node     whole     … of all nodes, joined as they are tied
//! period     the longest periods of that, which share an instant with the window
//! ```
//!
//! A node that may be missing is joined by a left join, with the join of all that is tied to it on the other side: so it
//! is missing exactly where no object is there together with what must be there of the nodes tied to it.

use std::fmt::Write as _;
use std::sync::Arc;

use lora_core::object::Position;
use lora_core::paths::{Among, Question, Restriction};
use lora_core::query::{Direction, Filter, Known, Reading, Related, Selection, Steps};
use lora_core::schema::{ClassId, Condition, FieldId, Path, PathEdge, PathNode, Schema, Value};
use lora_core::storage::KnownAt;
use lora_core::time::{Period, ValidTime};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::exploded::{insert, number, quoted, value_of, within};

/// An object counts while the presence holds that its class had when the registration was made.
const PRESENT: &str = "
    present AS (
        SELECT known, valid, class, object FROM believed CROSS JOIN slot LEFT JOIN LATERAL (
            SELECT state, value FROM declared WHERE declared.class = believed.class
            AND declared.position <= believed.position ORDER BY declared.position DESC LIMIT 1
        ) presence ON true
        WHERE lifecycle <> 'Deleted' AND (state IS NULL OR (known, valid, class, object, state, value) IN
            (SELECT known, valid, class, object, field, value FROM held WHERE kind = 'state'))
    )";

/// Fills a table with the presences that classes have had, each from a position on.
pub(crate) async fn declare(client: &Client, declared: &[(Position, Arc<Schema>)]) {
    let table = "DROP TABLE IF EXISTS declared;
        CREATE TEMP TABLE declared (position bigint, class int, state int, value text)";
    client.batch_execute(table).await.unwrap();
    let mut rows = Vec::new();
    for (position, schema) in declared {
        rows.extend(schema.classes().iter().map(|class| {
            let presence = class.presence.map(|of| format!("{}, '{}'", number(of.state), number(of.value)));
            format!("({position}, {}, {})", class.id.number(), presence.as_deref().unwrap_or("NULL, NULL"))
        }));
    }
    insert(client, "declared", &rows).await;
}

/// The relation and the objects at the top, where a restriction is to what lies below some.
pub(crate) fn below(among: &Among) -> Option<(FieldId, &[Uuid])> {
    let Among::Selected(Selection { reading: Reading::Present, filter: Filter::Related(related), .. }) = among else {
        return None;
    };
    let Related { relation, direction: Direction::Forward, object_type: None, steps, to } = &**related else {
        return None;
    };
    match (steps, to) {
        (
            Steps::Many { from_itself: true, through: None },
            Selection { reading: Reading::Present, filter: Filter::Object(top), .. },
        ) => Some((*relation, top)),
        _ => None,
    }
}

/// When something is known, as a number; the last one is for what is known latest.
pub(crate) fn known_at(known: KnownAt) -> i64 {
    match known {
        KnownAt::Latest => i64::MAX,
        KnownAt::Instant(at) => at.sort_key(),
    }
}

/// The instant and the window of a question; `None` where an empty one leaves nothing to look at.
fn asked(question: &Question) -> Option<(i64, Period<ValidTime>)> {
    let known = match question.context.known {
        Known::Latest => i64::MAX,
        Known::During(instant) => instant?.from().sort_key(),
    };
    Some((known, question.context.valid?))
}

/// The rows of a question as a SELECT: objects, period, and for each node the position of the registration since which
/// its hop is believed.
pub(crate) fn rows(question: &Question, at: Position) -> Option<String> {
    let (known, window) = asked(question)?;
    let mut select = with(question, &[known], window);
    let grounds: Vec<String> = (0..question.path.nodes.len()).map(|node| format!("ground_{node}.position")).collect();
    write!(select, "SELECT objects, valid_from, valid_to, ARRAY[{}]::bigint[] FROM period", grounds.join(", "))
        .unwrap();
    for node in 0..question.path.nodes.len() {
        select += &ground(&question.path, node, known, at, window);
    }
    Some(select + &ordered(&question.path, "valid_from"))
}

/// What is known otherwise at the later of two times as a SELECT: objects, whether the period is as known later, and
/// the period.
pub(crate) fn changes(question: &Question, compared: KnownAt) -> Option<String> {
    let (known, window) = asked(question)?;
    let (earlier, later) = (known.min(known_at(compared)), known.max(known_at(compared)));
    let mut select = with(question, &[earlier, later], window);
    let within = within("valid", window);
    write!(
        select,
        "SELECT objects, known = {later} AS is_later, valid_from, valid_to FROM period WHERE objects IN (
            SELECT objects FROM whole WHERE {within} GROUP BY objects, valid
            HAVING bool_or(known = {earlier}) <> bool_or(known = {later}))"
    )
    .unwrap();
    Some(select + &ordered(&question.path, "is_later, valid_from"))
}

/// The registration since which a hop is believed throughout the part of a period that lies in the window: the first one
/// that states something of it after the last instant at which that was not known.
fn ground(path: &Path, node: usize, known: i64, at: Position, window: Period<ValidTime>) -> String {
    let object = |node: usize| format!("objects[{}]", node + 1);
    let states = |node: usize| format!("class = {} AND object = {}", path.nodes[node].class.number(), object(node));
    let (mut near, mut stating) = (String::new(), states(node));
    if let Some(edge) = &path.nodes[node].edge {
        write!(near, " AND near = {}", object(edge.to)).unwrap();
        if !edge.points_back {
            write!(stating, " OR {}", states(edge.to)).unwrap();
        }
    }
    let part = format!(
        "valid >= greatest(valid_from, {}) AND valid < least(valid_to, {})",
        window.from().sort_key(),
        window.to().sort_key()
    );
    let own = object(node);
    format!(
        " LEFT JOIN LATERAL (
            SELECT max(known) AS known FROM known_instant WHERE known <= {known} AND known NOT IN (
                SELECT known FROM tie_{node} WHERE object = {own}{near} AND {part}
                GROUP BY known HAVING count(*) = (SELECT count(*) FROM slot WHERE {part}))
        ) doubted_{node} ON true LEFT JOIN LATERAL (
            SELECT position FROM registration WHERE position <= {at} AND since <= {known} AND ({stating})
                AND (doubted_{node}.known IS NULL OR since > doubted_{node}.known)
            ORDER BY since, position DESC LIMIT 1
        ) ground_{node} ON {own} IS NOT NULL"
    )
}

/// Where an object is missing comes first.
fn ordered(path: &Path, further: &str) -> String {
    let nodes: Vec<String> = (1..=path.nodes.len()).map(|node| format!("objects[{node}] NULLS FIRST")).collect();
    format!(" ORDER BY {}, {further}", nodes.join(", "))
}

fn with(question: &Question, known: &[i64], window: Period<ValidTime>) -> String {
    let path = &question.path;
    let mut with = format!("WITH RECURSIVE {PRESENT}");
    for (index, node) in path.nodes.iter().enumerate() {
        write!(with, ", node_{index} AS ({}), tie_{index} AS ({})", counted(node), tied(path, index)).unwrap();
    }
    for (index, restriction) in question.restrictions.iter().enumerate() {
        if let Some((relation, top)) = below(&restriction.to) {
            let (class, name) = (path.nodes[restriction.node].class, format!("below_{index}"));
            write!(with, ", {name} AS ({})", all_below(&name, class, relation, top)).unwrap();
        }
    }
    with + &periods(question, known, window)
}

/// What holds together at instants that are known, and the islands of them.
fn periods(question: &Question, known: &[i64], window: Period<ValidTime>) -> String {
    let objects: Vec<String> = (0..question.path.nodes.len()).map(|node| format!("t{node}.object")).collect();
    let known: Vec<String> = known.iter().map(i64::to_string).collect();
    format!(
        ", whole AS (
            SELECT t0.known, t0.valid, ARRAY[{}] AS objects FROM {} WHERE t0.known IN ({}){}
        ), island AS (
            SELECT known, valid, until, objects,
                number - row_number() OVER (PARTITION BY known, objects ORDER BY number) AS island
            FROM whole JOIN slot USING (valid)
        ), period AS (
            SELECT known, objects, min(valid) AS valid_from, max(until) AS valid_to
            FROM island GROUP BY known, objects, island HAVING min(valid) < {} AND max(until) > {}
        ) ",
        objects.join(", "),
        joined(&question.path, 0),
        known.join(", "),
        restricted(question),
        window.to().sort_key(),
        window.from().sort_key(),
    )
}

/// Where the objects of a node count and meet its conditions.
fn counted(node: &PathNode) -> String {
    let class = node.class.number();
    let mut counted = format!("SELECT known, valid, object FROM present WHERE class = {class}");
    for condition in &node.conditions {
        let fact = match condition {
            Condition::Text { field, is } => {
                let value = value_of(&Value::Text(is.clone()));
                format!("kind = 'attribute' AND field = {} AND value = {value}", number(*field))
            }
            Condition::State { state, is } => {
                format!("kind = 'state' AND field = {} AND value = '{}'", number(*state), number(*is))
            }
        };
        let met = format!("SELECT known, valid, object FROM held WHERE class = {class} AND {fact}");
        write!(counted, " AND (known, valid, object) IN ({met})").unwrap();
    }
    counted
}

/// Where the objects of a node are tied to one of the node before; the first node is tied to nothing.
fn tied(path: &Path, node: usize) -> String {
    let Some(PathEdge { to, relation, object_type, points_back }) = &path.nodes[node].edge else {
        return format!("SELECT known, valid, NULL::uuid AS near, object FROM node_{node}");
    };
    let (pointing, own, near) =
        if *points_back { (node, "held.object", "held.target") } else { (*to, "held.target", "held.object") };
    let (class, relation) = (path.nodes[pointing].class.number(), number(*relation));
    let typed = object_type.as_deref().map_or("true".to_owned(), |name| format!("object_type = {}", quoted(name)));
    format!(
        "SELECT DISTINCT known, valid, {near} AS near, node.object FROM node_{node} node JOIN held USING (known, valid)
        WHERE {own} = node.object AND kind = 'relation' AND class = {class} AND field = {relation} AND {typed}"
    )
}

/// A node, joined with all that is tied to it.
fn joined(path: &Path, node: usize) -> String {
    let of = |object, node| format!("t{node}.known, t{node}.valid, t{node}.{object}");
    let mut all = format!("tie_{node} t{node}");
    for (next, declared) in path.nodes.iter().enumerate() {
        if declared.edge.as_ref().is_none_or(|edge| edge.to != node) {
            continue;
        }
        let join = if declared.optional { "LEFT JOIN" } else { "JOIN" };
        // SQL has no brackets around a table that is joined with nothing.
        let is_leaf = path.nodes.iter().all(|other| other.edge.as_ref().is_none_or(|edge| edge.to != next));
        let further = joined(path, next);
        let further = if is_leaf { further } else { format!("({further})") };
        let (near, object) = (of("near", next), of("object", node));
        write!(all, " {join} {further} ON ({near}) = ({object})").unwrap();
    }
    all
}

fn restricted(question: &Question) -> String {
    let restricted = |(index, restriction): (usize, &Restriction)| {
        let object = format!("t{}", restriction.node);
        match &restriction.to {
            Among::These(uuids) => format!(" AND {object}.object = ANY ({})", array(uuids)),
            Among::Selected(_) => {
                let point = format!("{object}.known, {object}.valid, {object}.object");
                format!(" AND ({point}) IN (SELECT known, valid, object FROM below_{index})")
            }
        }
    };
    question.restrictions.iter().enumerate().map(restricted).collect()
}

/// Some objects where they count, and whatever points at one of them, directly or over others that count.
fn all_below(name: &str, class: ClassId, relation: FieldId, top: &[Uuid]) -> String {
    let (class, relation, top) = (class.number(), number(relation), array(top));
    format!(
        "SELECT known, valid, object FROM present WHERE class = {class} AND object = ANY ({top})
        UNION SELECT present.known, present.valid, present.object
        FROM present JOIN held USING (known, valid, class, object) JOIN {name} above USING (known, valid)
        WHERE class = {class} AND kind = 'relation' AND field = {relation} AND target = above.object"
    )
}

fn array(uuids: &[Uuid]) -> String {
    let uuids: Vec<String> = uuids.iter().map(|uuid| format!("'{uuid}'")).collect();
    format!("ARRAY[{}]::uuid[]", uuids.join(", "))
}
