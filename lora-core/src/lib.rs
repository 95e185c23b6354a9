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
//! # An example
//!
//! ```
//! use std::sync::Arc;
//! use lora_core::object::ObjectId;
//! use lora_core::oio::{Document, read_new_object, read_update, shipped_classes};
//! use lora_core::query::{Known, TimeContext};
//! use lora_core::service::By;
//! use lora_core::storage::MemoryStore;
//! use lora_core::time::{Clock, ManualClock, Period};
//! use lora_core::Service;
//!
//! # pollster::block_on(async {
//! let clock = Arc::new(ManualClock::at(1_700_000_000_000_000)?);
//! let service = Service::open(MemoryStore::new(clock.clone()), shipped_classes(), || [0; 16]).await?;
//! let schema = service.schema().clone();
//! let facet = schema.class_named("facet").expect("shipped");
//! let object = ObjectId { class: facet.id, uuid: uuid::uuid!("5e2ae0f2-5b33-4d8a-9a20-fd9f1a4e1b7c") };
//!
//! // A facet from 2020 on …
//! let body = Document::parse(br#"{
//!   "attributter": {"facetegenskaber": [{"brugervendtnoegle": "org_unit_type", "beskrivelse": "Type",
//!                                        "virkning": {"from": "2020-01-01", "to": "infinity"}}]},
//!   "tilstande": {"facetpubliceret": [{"publiceret": "Publiceret",
//!                                      "virkning": {"from": "2020-01-01", "to": "infinity"}}]}}"#)?;
//! let written = service.create(object, read_new_object(facet, &body)?.content, By::default()).await?;
//! let first_known = written.receipt().expect("new").instant;
//!
//! // … described otherwise during 2022: the end is exclusive.
//! let body = Document::parse(br#"{"attributter": {"facetegenskaber": [
//!     {"beskrivelse": "Unit type", "virkning": {"from": "2022-01-01", "to": "2023-01-01"}}]}}"#)?;
//! service.update(object, read_update(facet, &body)?.patch, By::default()).await?;
//!
//! let view = service.view(None).await?;
//! let always = TimeContext::now(clock.now()).always();
//! let now = service.read(&view, object, &always).await?.expect("it exists");
//! assert_eq!(now.registrations[0].registration.content.attributes(facet.groups[0].id).len(), 3, "before, during, after");
//!
//! let then = TimeContext { known: Known::at(first_known), ..always };
//! let then = service.read(&view, object, &then).await?.expect("it was known");
//! assert_eq!(then.registrations[0].registration.content.attributes(facet.groups[0].id).len(), 1, "what we believed");
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
