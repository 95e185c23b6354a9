//! A bitemporal object store for organisational master data: the model, its rules and the query executor.
//!
//! # The idea
//!
//! A register is asked two different questions about time.
//! *When does this hold?* is **valid time** (OIO: *virkning*): a unit is called Finance from 1 January.
//! *When did we know?* is **transaction time** (OIO: *registrering*): that was entered in November.
//! Each fact has a place on both axes, and the axes are never mixed: they are different types
//! ([`time::Timestamp`], [`time::Period`]), half-open, in microseconds, with infinity as a value.
//!
//! An **object** is a UUID in a class. What was ever stated about it is a gapless chain of **registrations**, each the
//! whole content as believed from then on; the newest is what we believe now, and no older one ever changes.
//! A **content** is rows of attributes, states and relations, each with the **effect** during which it holds.
//! An update is a [`object::Patch`]: [`object::merge`] lays it over the newest content, and the rest shows through.
//!
//! **Classes are data.** A TOML file declares attribute groups, states and relations with English and wire names
//! ([`schema`]); the shipped ones are OIO's ([`oio::shipped_classes`]).
//!
//! **Stores are behind one seam.** [`storage::Storage`] keeps entries in one order, [`storage::Read`] gives sets of
//! them back at a position of that order; neither merges, filters by meaning or validates. [`storage::MemoryStore`] is
//! the reference. The position is what makes answers repeatable: for a fixed (known, position) an answer never changes.
//!
//! **One meaning.** [`query::execute`] answers over any store, with an index; [`query::eval`] says what the right
//! answer is, instant by instant and without one, and is what everything else is judged by.
//!
//! This crate does no I/O, has no clock and needs no particular runtime: clocks, ids and salts come in.
//!
//! # Where to begin
//!
//! With [`register`], if you have a program that wants to keep things: values by their names, the present for a default,
//! time where you ask about it. `lora_embedded::open(folder, classes)` opens one without a clock, a runtime or a store to
//! bring along.
//! With [`service`], if you speak OIO, or want everything by ids and rows: the register is a thin layer over it.
//!
//! # An example
//!
//! ```
//! use std::sync::Arc;
//! use lora_core::register::{Fields, Register};
//! use lora_core::schema::{ClassDeclaration, FieldDeclaration as Field};
//! use lora_core::storage::MemoryStore;
//! use lora_core::time::ManualClock;
//! use uuid::uuid;
//!
//! # pollster::block_on(async {
//! let unit = ClassDeclaration::new("unit").group("properties", [Field::text("name"), Field::integer("size")]);
//! let clock = Arc::new(ManualClock::at(1_700_000_000_000_000)?);
//! let register = Register::open(MemoryStore::new(clock.clone()), vec![unit], clock, || [0; 16]).await?;
//!
//! // One: put and get.
//! let id = uuid!("5e2ae0f2-5b33-4d8a-9a20-fd9f1a4e1b7c");
//! register.put("unit", id, Fields::new().set("name", "Finance").set("size", 20)).await?;
//! let unit = register.get("unit", id).await?.expect("it was just put there");
//! assert_eq!(unit.text("name")?, Some("Finance"));
//!
//! // Two: find.
//! let large = register.ask("unit").filter(|unit| unit.field("size").at_least(10)).order_by("name");
//! assert_eq!(register.ids(large.clone()).await?, [id]);
//!
//! // Three: what holds at another time. The end of a period is exclusive.
//! let [from, to] = ["2030-01-01T00:00:00Z".parse()?, "2031-01-01T00:00:00Z".parse()?];
//! register.update("unit", id, Fields::new().set("size", 3).valid(from..to)).await?;
//! assert_eq!(register.at(from).count(large.clone()).await?, 0);
//! assert_eq!(register.at(to).count(large.clone()).await?, 1);
//!
//! // Four: what was known of that before.
//! let before = unit.registered().from();
//! assert_eq!(register.at(from).as_known(before).count(large).await?, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

pub mod check;
pub mod codec;
pub mod error;
pub mod history;
pub mod native;
pub mod object;
pub mod oio;
pub mod paths;
pub mod query;
pub mod register;
pub mod schema;
pub mod service;
pub mod storage;
#[cfg(feature = "test-support")]
pub mod testing;
pub mod time;

pub use error::{Error, ErrorKind};
pub use register::Register;
pub use service::Service;
