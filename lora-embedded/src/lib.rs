//! The embedded store: files of one folder, nothing to install, nothing lost.
//!
//! # A register of one's own, in four steps
//!
//! **One: put and get.** Say what there is, open a folder, and use it like any store of values. Nothing has to be installed,
//! there is no runtime, and what a call returned from is on disk.
//!
//! ```
//! use lora_core::register::Fields;
//! use lora_core::schema::{ClassDeclaration, FieldDeclaration as Field};
//! use uuid::Uuid;
//!
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let unit = ClassDeclaration::new("unit")
//!     .group("properties", [Field::text("name").mandatory(), Field::integer("cost_centre")])
//!     .to_one("parent", ["unit"]);
//! let register = lora_embedded::open(folder, vec![unit])?;
//!
//! let [root, finance] = [Uuid::new_v4(), Uuid::new_v4()];
//! register.put("unit", root, Fields::new().set("name", "Municipality"))?;
//! register.put("unit", finance, Fields::new().set("name", "Finance").set("cost_centre", 4711).relate("parent", root))?;
//! register.update("unit", finance, Fields::new().set("cost_centre", 4712))?;
//!
//! let record = register.get("unit", finance)?.expect("it was just put there");
//! assert_eq!((record.text("name")?, record.integer("cost_centre")?), (Some("Finance"), Some(4712)));
//! let slip = record.text("nam").unwrap_err();
//! assert_eq!(slip.to_string(), "`unit` has no field `nam` (did you mean `name`?): it has `name` and `cost_centre`");
//!
//! // Two: find. Conditions are put together with `&`, `|` and `!`, and lead along relations.
//! let below = register.ask("unit").filter(|unit| {
//!     unit.field("name").like("fin%") & unit.relation("parent").which(|parent| parent.field("name").is("Municipality"))
//! });
//! assert_eq!(register.ids(below.clone())?, [finance]);
//!
//! // Three: history, when it is needed. A change can be said to hold from another time than now, and until another.
//! let reform = "2100-01-01T00:00:00Z".parse()?;
//! register.update("unit", finance, Fields::new().set("name", "Economy").from(reform))?;
//! assert_eq!(register.get("unit", finance)?.expect("there").text("name")?, Some("Finance"), "now nothing has changed");
//! assert_eq!(register.at(reform).get("unit", finance)?.expect("there").text("name")?, Some("Economy"));
//! assert_eq!(register.at(reform).count(below)?, 0, "the same question at another time");
//!
//! // Four: what was known. The reform is put off; before that, another date was known.
//! let planned = register.get("unit", finance)?.expect("there").registered().from();
//! register.update("unit", finance, Fields::new().set("name", "Finance").valid(reform.."2101-01-01T00:00:00Z".parse()?))?;
//! assert_eq!(register.at(reform).get("unit", finance)?.expect("there").text("name")?, Some("Finance"));
//! let then = register.at(reform).as_known(planned).get("unit", finance)?.expect("there");
//! assert_eq!(then.text("name")?, Some("Economy"), "nothing that was registered is ever lost");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`lora_core::register`] has the rules: when what is said holds, and what is read. On PostgreSQL the same register is
//! opened by `lora_postgres::open_blocking(url, classes)`; no other line changes.
//!
//! # A small service
//!
//! Cases, who handles them and when, as it was and as it was known:
//!
//! ```
//! use std::error::Error;
//! use std::path::Path;
//!
//! use lora_core::register::{Fields, RegisterError};
//! use lora_core::schema::{ClassDeclaration, FieldDeclaration as Field};
//! use lora_core::time::{Timestamp, TransactionTime, ValidTime};
//! use uuid::Uuid;
//!
//! type Known = Timestamp<TransactionTime>;
//! type Valid = Timestamp<ValidTime>;
//!
//! struct Cases(lora_embedded::BlockingRegister);
//!
//! impl Cases {
//!     fn open(folder: &Path) -> Result<Self, Box<dyn Error>> {
//!         let person = ClassDeclaration::new("person").group("properties", [Field::text("name").mandatory()]);
//!         let case = ClassDeclaration::new("case")
//!             .group("properties", [Field::text("number").mandatory(), Field::text("title").mandatory()])
//!             .state("status", ["open", "closed"])
//!             .to_one("handler", ["person"]);
//!         Ok(Self(lora_embedded::open(folder, vec![person, case])?))
//!     }
//!
//!     fn hire(&self, name: &str, from: Valid) -> Result<Uuid, RegisterError> {
//!         let person = Uuid::new_v4();
//!         self.0.create("person", person, Fields::new().set("name", name).from(from))?;
//!         Ok(person)
//!     }
//!
//!     fn receive(&self, number: &str, title: &str, handler: Uuid, at: Valid) -> Result<Uuid, RegisterError> {
//!         let (case, fields) = (Uuid::new_v4(), Fields::new().set("number", number).set("title", title));
//!         self.0.create("case", case, fields.state("status", "open").relate("handler", handler).from(at))?;
//!         Ok(case)
//!     }
//!
//!     fn hand_over(&self, case: Uuid, to: Uuid, from: Valid) -> Result<(), RegisterError> {
//!         self.0.note("handed over").update("case", case, Fields::new().relate("handler", to).from(from))?;
//!         Ok(())
//!     }
//!
//!     fn open_cases(&self, of: &str, at: Valid, known: Known) -> Result<Vec<Uuid>, RegisterError> {
//!         let handled = self.0.ask("case").order_by("number").filter(|case| {
//!             case.state("status").is("open") & case.relation("handler").which(|person| person.field("name").is(of))
//!         });
//!         self.0.at(at).as_known(known).ids(handled)
//!     }
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let [january, april, may] = ["01", "04", "05"].map(|month| format!("2024-{month}-01T00:00:00Z").parse::<Valid>());
//! let (january, april, may) = (january?, april?, may?);
//! let cases = Cases::open(folder)?;
//! let (anna, bo) = (cases.hire("Anna", january)?, cases.hire("Bo", january)?);
//! let case = cases.receive("24-0017", "A new bus stop", anna, january)?;
//! // In May somebody finds out that Bo has handled it since April.
//! cases.hand_over(case, bo, april)?;
//! let known = cases.0.get("case", case)?.expect("it was received").registered().from();
//! let before = Known::from_micros(known.micros().unwrap_or(0) - 1)?;
//! assert_eq!((cases.open_cases("Bo", may, known)?, cases.open_cases("Anna", may, known)?), (vec![case], vec![]));
//! assert_eq!(cases.open_cases("Anna", may, before)?, [case], "nobody knew");
//! assert_eq!(cases.open_cases("Anna", january, known)?, [case], "so it was before");
//! # Ok::<(), Box<dyn Error>>(())
//! ```
//!
//! # What is on disk
//!
//! An append-only **log** of entries is the truth: what a commit acknowledges is in it, and synced.
//! An **index** behind it answers questions; it can be lost, because it is computed from the log.

mod blocking;
mod clock;
mod contents;
mod error;
pub mod files;
pub mod home;
mod index;
pub mod log;
mod open;
mod read;
mod rebuild;
mod register;
mod rows;
mod store;
#[cfg(feature = "test-support")]
pub mod testing;
mod writer;

pub use blocking::BlockingService;
pub use clock::SystemClock;
pub use error::OpenError;
pub use index::IndexOptions;
pub use read::EmbeddedView;
pub use register::{BlockingRegister, OnThisThread, OpenRegisterError, open};
pub use store::{EmbeddedStore, Options};
