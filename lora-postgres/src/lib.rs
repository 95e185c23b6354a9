//! The store on PostgreSQL: the same answers as any store, in one order, for any number of servers on one database.

#[cfg(feature = "test-support")]
pub mod testing;
