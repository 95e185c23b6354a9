//! What is to be done to a database.

use tokio_postgres::Client;

use super::facts::{Access, Applied, Facts};
use super::{MigrateError, Migration};

/// What a database lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The database.
    pub database: String,
    /// Whether there is nothing in it.
    pub is_empty: bool,
    /// The migrations to apply, in order.
    pub pending: Vec<Migration>,
}

/// What a database lacks of these migrations; changes nothing.
///
/// # Errors
/// [`MigrateError`] where it cannot be a store's.
pub async fn plan_to(client: &Client, migrations: &[Migration]) -> Result<Plan, MigrateError> {
    let facts = Facts::of(client).await?;
    planned(&facts, migrations)
}

pub(super) fn planned(facts: &Facts, migrations: &[Migration]) -> Result<Plan, MigrateError> {
    let pending = pending(&facts.database, facts.applied.as_deref().unwrap_or_default(), migrations)?;
    Ok(Plan { database: facts.database.clone(), is_empty: facts.applied.is_none(), pending })
}

impl Plan {
    /// Whether the store can be used as it is: what it lacks is optional.
    ///
    /// # Errors
    /// [`MigrateError::Empty`] and [`MigrateError::Older`].
    pub fn is_usable(&self) -> Result<(), MigrateError> {
        let database = self.database.clone();
        match self.pending.iter().find(|migration| migration.optional().is_none()) {
            _ if self.is_empty => Err(MigrateError::Empty { database }),
            Some(missing) => Err(MigrateError::Older { database, missing: format!("migration {missing}") }),
            None => Ok(()),
        }
    }
}

/// The migrations that were not applied. Optional ones may be missing anywhere, others at the end only.
fn pending(database: &str, applied: &[Applied], migrations: &[Migration]) -> Result<Vec<Migration>, MigrateError> {
    let database = || database.to_owned();
    let known = migrations.last().map_or(0, |migration| migration.number);
    if let Some(newer) = applied.iter().find(|applied| migrations.iter().all(|ours| ours.number != applied.number)) {
        let found = format!("{:04} {}", newer.number, newer.name);
        return Err(MigrateError::Newer { database: database(), found, known });
    }
    let last = applied.last().map_or(0, |applied| applied.number);
    let mut pending = Vec::new();
    for migration in migrations {
        match applied.iter().find(|applied| applied.number == migration.number) {
            Some(there) if there.digest == migration.digest() => {}
            Some(there) => {
                return Err(MigrateError::Changed {
                    database: database(),
                    migration: migration.to_string(),
                    found: there.digest.clone(),
                    expected: migration.digest(),
                });
            }
            None if migration.number < last && migration.optional().is_none() => {
                return Err(MigrateError::Gap { database: database(), missing: migration.to_string() });
            }
            None => pending.push(*migration),
        }
    }
    Ok(pending)
}

/// Looks whether a store can be opened, and what for.
///
/// # Errors
/// [`MigrateError`] where it cannot, with what is needed.
pub(super) async fn usable(client: &Client, access: Access, migrations: &[Migration]) -> Result<(), MigrateError> {
    let facts = Facts::of(client).await?;
    planned(&facts, migrations)?.is_usable()?;
    facts.may_access(client, access).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn migration(number: i32, text: &'static str) -> Migration {
        Migration { number, name: "test", text }
    }

    const OURS: [Migration; 3] =
        [migration(1, "SELECT 1"), migration(2, "-- optional: slower\nSELECT 2"), migration(3, "SELECT 3")];

    fn applied(number: i32) -> Applied {
        let digest = OURS.get(number as usize - 1).map_or_else(String::new, Migration::digest);
        Applied { number, name: "test".to_owned(), digest }
    }

    fn numbers(of: &[i32]) -> Result<Vec<i32>, String> {
        let applied: Vec<_> = of.iter().copied().map(applied).collect();
        let pending = pending("mine", &applied, &OURS).map_err(|error| error.to_string())?;
        Ok(pending.iter().map(|migration| migration.number).collect())
    }

    #[test]
    fn what_is_missing_is_pending_in_order() {
        assert_eq!(numbers(&[]), Ok(vec![1, 2, 3]));
        assert_eq!(numbers(&[1]), Ok(vec![2, 3]));
        assert_eq!(numbers(&[1, 3]), Ok(vec![2]), "what is optional may come later");
        assert_eq!(numbers(&[1, 2, 3]), Ok(vec![]));
    }

    #[test]
    fn gaps_and_what_is_not_known_are_refused() {
        let gap = numbers(&[2, 3]).unwrap_err();
        assert!(gap.contains("`mine` lacks migration 0001 test"), "{gap}");
        let newer = numbers(&[1, 2, 3, 7]).unwrap_err();
        assert!(newer.contains("migration 0007 test") && newer.contains("up to 3"), "{newer}");
    }

    #[test]
    fn another_text_is_refused() {
        let other = Applied { digest: "00".to_owned(), ..applied(1) };
        let error = pending("mine", &[other], &OURS).unwrap_err();
        assert!(matches!(error, MigrateError::Changed { .. }), "{error}");
    }

    #[test]
    fn a_store_is_usable_without_what_is_optional() {
        let plan =
            |is_empty, pending: &[Migration]| Plan { database: "mine".into(), is_empty, pending: pending.into() };
        plan(false, &[]).is_usable().unwrap();
        plan(false, &OURS[1..2]).is_usable().unwrap();
        assert!(matches!(plan(false, &OURS[1..]).is_usable(), Err(MigrateError::Older { .. })));
        assert!(matches!(plan(true, &OURS).is_usable(), Err(MigrateError::Empty { .. })));
    }
}
