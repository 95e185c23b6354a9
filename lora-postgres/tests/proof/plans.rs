//! The plan of each statement: by index, whatever the statistics said when it was made, and few pages.

use serde_json::Value;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::support::{TestDatabase, run};

pub(crate) const REGISTRATIONS: &str = include_str!("../../src/read/registrations.sql");
pub(crate) const HISTORY: &str = include_str!("../../src/read/history.sql");
pub(crate) const KNOWN_DURING: &str = include_str!("../../src/read/known_during.sql");
pub(crate) const POSTINGS: &str = include_str!("../../src/read/postings.sql");
const TERMS: &str = include_str!("../../src/read/terms.sql");
const BOUNDARIES: &str = include_str!("../../src/read/boundaries.sql");
const COMMIT: &str = include_str!("../../src/commit/commit.sql");

/// The tables that grow.
const BIG: [&str; 6] = ["entry", "posting_current", "posting_history", "term", "boundary", "guard"];

/// A statement as a store's session has it: planned once, for any parameters.
pub(crate) struct Prepared {
    database: TestDatabase,
    client: Client,
}

impl Prepared {
    /// The statement, and tables that are filled and analysed.
    pub(crate) async fn new(statement: &str) -> Self {
        let prepared = Self::early(statement, None).await;
        prepared.client.batch_execute("VACUUM ANALYZE").await.unwrap();
        prepared
    }

    /// Changes what is in the tables.
    pub(crate) async fn change(&self, statements: &str) {
        self.database.client().await.batch_execute(statements).await.unwrap();
    }

    /// The statement, planned while the tables were empty where there are values for it, and tables that are filled
    /// since: as where a server starts with nothing.
    async fn early(statement: &str, values: Option<&str>) -> Self {
        Self::early_with(lora_postgres::SESSION_OPTIONS, statement, values).await
    }

    async fn early_with(options: &str, statement: &str, values: Option<&str>) -> Self {
        let database = TestDatabase::new().await;
        let mut config: tokio_postgres::Config = database.url().parse().unwrap();
        config.options(options);
        let (client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(&format!("PREPARE statement AS {statement}")).await.unwrap();
        if let Some(values) = values {
            client.batch_execute(&format!("EXPLAIN EXECUTE statement ({values})")).await.unwrap();
        }
        let filler = database.client().await;
        filler.batch_execute(include_str!("plans.sql")).await.unwrap();
        Self { database, client }
    }

    /// Carries the statement out and takes it back: its rows, and the pages that it touched.
    pub(crate) async fn pages(&self, values: &str) -> Pages {
        let pages = self.explained(values).await;
        assert_eq!(pages.read_whole(), Vec::<String>::new(), "{:#}", pages.plan);
        pages
    }

    async fn explained(&self, values: &str) -> Pages {
        self.client.batch_execute("BEGIN").await.unwrap();
        let explain = format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE statement ({values})");
        let said = self.client.simple_query(&explain).await.unwrap();
        self.client.batch_execute("ROLLBACK").await.unwrap();
        let text = said.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        let plan: Value = serde_json::from_str(text.unwrap()).unwrap();
        let plan = &plan[0]["Plan"];
        let number = |name: &str| plan[name].as_u64().unwrap();
        let touched = number("Shared Hit Blocks") + number("Shared Read Blocks");
        Pages { rows: number("Actual Rows"), touched, plan: plan.clone() }
    }
}

pub(crate) struct Pages {
    rows: u64,
    pub(crate) touched: u64,
    plan: Value,
}

impl Pages {
    /// The tables that grow and were read from one end to the other.
    fn read_whole(&self) -> Vec<String> {
        let mut scans = Vec::new();
        collect(&self.plan, &mut scans);
        assert!(!scans.is_empty(), "{:#}", self.plan);
        let whole = scans.into_iter().filter(|(kind, table)| kind == "Seq Scan" && BIG.contains(&table.as_str()));
        whole.map(|(_, table)| table).collect()
    }

    #[track_caller]
    pub(crate) fn assert(&self, rows: u64, touched_at_most: u64) {
        assert_eq!(self.rows, rows, "{:#}", self.plan);
        assert!(self.touched <= touched_at_most, "{} pages, {touched_at_most} expected: {:#}", self.touched, self.plan);
    }
}

fn collect(plan: &Value, scans: &mut Vec<(String, String)>) {
    // What was not carried out touched nothing.
    let carried_out = plan["Actual Loops"].as_u64() != Some(0);
    if let (Some(kind), Some(table), true) = (plan["Node Type"].as_str(), plan["Relation Name"].as_str(), carried_out) {
        scans.push((kind.to_owned(), table.to_owned()));
    }
    plan["Plans"].as_array().into_iter().flatten().for_each(|plan| collect(plan, scans));
}

/// Few pages where the tables are analysed; no table is read whole where they were empty when the plan was made.
fn both_times(statement: &str, values: &str, check: impl Fn(&Prepared)) {
    check(&run(Prepared::new(statement)));
    let early = run(Prepared::early(statement, Some(values)));
    assert!(run(early.pages(values)).rows > 0);
}

pub(crate) fn scan(view: i64, field: u8, text: &str, known: Option<(i64, i64)>) -> String {
    let key = format!("('\\x0200{field:02x}'::bytea || convert_to('{text}', 'UTF8') || '\\x00'::bytea)");
    let (open, (from, to)) = (known.is_none(), known.unwrap_or((0, i64::MAX)));
    let first = "(-9223372036854775808)::bigint";
    format!(
        "0, {view}, ARRAY[{key}], ARRAY[-1], ARRAY['00000000-0000-0000-0000-000000000000'::uuid], ARRAY[{first}], \
         ARRAY[{first}], ARRAY[0::bigint], ARRAY[{key} || '\\x00'::bytea], ARRAY[5::bigint], ARRAY[6::bigint], \
         ARRAY[{open}], ARRAY[{from}::bigint], ARRAY[{to}::bigint], 513"
    )
}

/// What was known of objects from one instant on and before another, as a view shows it, one more than a page has.
pub(crate) fn window(view: i64, objects: &str, from: i64, to: i64, limit: i64) -> String {
    format!(
        "0, {}, {view}, array_fill(1, ARRAY[cardinality({objects})]), {objects}, \
         array_fill((-9223372036854775808)::bigint, ARRAY[cardinality({objects})]), {from}, {to}, {limit}",
        view * 100
    )
}

#[test]
fn a_search_for_a_value_reads_few_pages_now_and_in_the_past() {
    let any = scan(40_000, 4, "text 77", None);
    both_times(POSTINGS, &any, |prepared| {
        let pages = |view, field, text: &str, known| run(prepared.pages(&scan(view, field, text, known)));
        pages(40_000, 4, "text 77", None).assert(1, 10);
        pages(40_000, 1, "text 77", None).assert(10, 10);
        pages(40_000, 2, "text 7", None).assert(100, 10);
        // As known at an instant at which the registrations before the newest were known.
        pages(40_000, 1, "text 77", Some((2_000_000, 2_000_001))).assert(10, 12 + 10 / 4);
        pages(40_000, 2, "text 7", Some((2_000_000, 2_000_001))).assert(100, 12 + 100 / 4);
        // At a position long gone by, and at one since which a few hundred rectangles closed.
        pages(20_000, 1, "text 77", None).assert(10, 12 + 10 / 4);
        pages(39_990, 1, "text 77", None).assert(10, 20);
    });
}

#[test]
fn a_registration_is_two_descents() {
    let values = "0, 4000000, 40000, ARRAY[1], ARRAY[md5('7')::uuid], ARRAY[9223372036854775807]";
    both_times(REGISTRATIONS, values, |prepared| {
        run(prepared.pages(values)).assert(1, 8);
        let known = "0, 4000000, 40000, ARRAY[1], ARRAY[md5('7')::uuid], ARRAY[2000000]";
        run(prepared.pages(known)).assert(1, 8);
        let pinned = "0, 2000000, 20000, ARRAY[1], ARRAY[md5('7')::uuid], ARRAY[9223372036854775807]";
        run(prepared.pages(pinned)).assert(1, 8);
    });
}

#[test]
fn a_page_of_a_history_is_a_descent_and_a_look_at_each() {
    let values = "0, 4000000, 40000, 1, md5('7')::uuid, 1, 11";
    both_times(HISTORY, values, |prepared| run(prepared.pages(values)).assert(8, 4 + 8 * 3));
}

#[test]
fn a_window_is_three_descents_an_object_and_a_look_at_each_registration() {
    let one = "ARRAY[md5('7')::uuid]";
    let hundred: Vec<String> = (700..800).map(|object| format!("md5('{object}')::uuid")).collect();
    let hundred = &format!("ARRAY[{}]", hundred.join(", "));
    both_times(KNOWN_DURING, &window(40_000, one, 2_000_000, 2_500_000, 11), |prepared| {
        let pages = |view, objects, from, to, limit| run(prepared.pages(&window(view, objects, from, to, limit)));
        pages(40_000, one, 2_000_000, 2_500_000, 11).assert(2, 3 * 4 + 2 * 4);
        pages(40_000, one, 0, i64::MAX, 11).assert(8, 2 * 4 + 8 * 4);
        pages(20_000, one, 1_000_000, i64::MAX, 11).assert(3, 2 * 4 + 3 * 4);
        pages(40_000, "ARRAY[md5('nobody')::uuid]", 2_000_000, 2_500_000, 11).assert(0, 3 * 4);
        // Of many objects in one go, and no more of them than fill the page.
        pages(40_000, hundred, 2_000_000, 2_500_000, 1_000).assert(200, 100 * (3 * 4 + 2 * 4));
        pages(40_000, hundred, 2_000_000, 2_500_000, 11).assert(11, 6 * (3 * 4 + 2 * 4));
    });
}

#[test]
fn boundaries_are_read_in_their_order() {
    let values = "0, 40000, 9223372036854775807, 200, -1, '00000000-0000-0000-0000-000000000000'::uuid, 11";
    both_times(BOUNDARIES, values, |prepared| run(prepared.pages(values)).assert(11, 15));
}

#[test]
fn terms_are_found_by_their_beginning_or_by_trigrams() {
    let values = |from: &str, pattern: &str, by_trigram: bool| {
        let ranges = "ARRAY['\\x020004'::bytea], ARRAY['\\x020005'::bytea]";
        let begun =
            format!("ARRAY['\\x020004'::bytea || '{from}'], ARRAY['\\x020004'::bytea || '{from}' || '\\xff'::bytea]");
        let trigrams = if by_trigram { format!("'{pattern}'") } else { "NULL".to_owned() };
        format!("0, {ranges}, {begun}, '{pattern}', {trigrams}, 100")
    };
    let any = values("", "%77%", false);
    both_times(TERMS, &any, |prepared| {
        run(prepared.pages(&values("text 77", "text 77%", false))).assert(11, 10);
        run(prepared.pages(&values("", "%ext 77%", true))).assert(11, 150);
        // All texts of the field, in the index alone.
        run(prepared.pages(&values("", "%77%", false))).assert(95, 60);
    });
}

/// One registration whose three rectangles close, with a boundary, a guard and a term.
const STEP: &str = "0, 5000000, ARRAY[1], ARRAY[NULL::bigint], ARRAY[NULL::bigint], \
    ARRAY[1], ARRAY[1], ARRAY[md5('7')::uuid], ARRAY[8::bigint], \
    ARRAY[1], ARRAY['7'::bytea], ARRAY[40000::bigint], \
    ARRAY[1], ARRAY[1::smallint], ARRAY[1], ARRAY[md5('7')::uuid], ARRAY[9::bigint], ARRAY[NULL::bigint], \
    ARRAY['\\x01'::bytea], ARRAY['\\x02'::bytea], ARRAY['\\x03'::bytea], ARRAY[decode(repeat('05', 32), 'hex')], \
    ARRAY[1, 1, 1], ARRAY[key_of(4, 7), key_of(1, 7), key_of(2, 7)], ARRAY[0, 0, 0]::bigint[], \
    array_fill(9223372036854775807, ARRAY[3]), \
    ARRAY[1, 1, 1], ARRAY[key_of(4, 8), key_of(1, 8), key_of(2, 8)], ARRAY[0, 0, 0]::bigint[], \
    array_fill(9223372036854775807, ARRAY[3]), ARRAY[true, true, true], \
    ARRAY[1], ARRAY['\\x02000461'::bytea], ARRAY['a'], ARRAY[true], \
    ARRAY[1], ARRAY[70::bigint], ARRAY[1], ARRAY[71::bigint]";

/// What the other tests rely on: that a table which is read whole is seen.
#[test]
fn a_table_that_is_read_whole_is_noticed() {
    let values = "0, 40000, 9223372036854775807, 200, -1, '00000000-0000-0000-0000-000000000000'::uuid, 11";
    run(async {
        let options = "-c plan_cache_mode=force_generic_plan -c enable_indexscan=off -c enable_bitmapscan=off";
        let prepared = Prepared::early_with(options, BOUNDARIES, Some(values)).await;
        assert_eq!(prepared.explained(values).await.read_whole(), ["boundary"]);
    });
}

#[test]
fn a_commit_touches_what_it_changes() {
    run(async {
        let prepared = Prepared::new(COMMIT).await;
        let pages = prepared.pages(STEP).await;
        pages.assert(1, 140);
        // Who was too late changes nothing, and pays for two looks.
        let late = STEP.replace("ARRAY[8::bigint]", "ARRAY[7::bigint]");
        prepared.pages(&late).await.assert(1, 20);
    });
}
