//! History as an answer: what an object states over valid time, how that came to be, and when it was learned.
//!
//! ```text
//! timeline       a registration over valid time           stages, and the timeline of each part
//! changes        a registration against the one before    by part, the instants about which it states something else
//! registrations  the chain of an object                   in pages, each with its changes
//! difference     one point (known, valid) against another  by object and part, with the registrations that brought it
//! learned        what holds at an instant                 when that was believed, and how late it was known
//! undo           a registration taken back                what the next content is, or which later ones stand against it
//! picture        the plane of both axes                   as text and as SVG
//! ```
//!
//! Everything is computed from a view, so the same question has the same answer for ever.
//! [`Service`](crate::Service) has these as its operations.

mod chains;
mod changes;
mod difference;
mod exposures;
mod learned;
mod lineage;
mod names;
mod owners;
pub mod picture;
mod registrations;
mod sets;
mod statement;
mod taken_back;
mod timeline;
mod undo;

pub use changes::Changes;
pub use difference::{Became, Between, Cause, Difference, Point, differences};
pub use exposures::{Exposed, Exposures, Ranking, Standing, league};
pub use learned::{Exposure, Learned, Matter, learned};
pub use lineage::{Lineage, lineage};
pub use names::Names;
pub use registrations::{Chronology, Registered, registrations};
pub use sets::Differences;
pub use statement::{Stated, Statement, Statements};
pub use timeline::{Belief, Stage, Stages, beliefs};
pub use undo::Obstacle;
pub(crate) use undo::{restore, undo};

/// How many objects are looked at together.
const PART: usize = 64;
