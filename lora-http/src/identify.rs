//! Who makes a request.

use axum::http::{HeaderMap, HeaderName};
use lora_core::object::ActorId;
use uuid::Uuid;

use crate::params::read_uuid;

/// Tells from a request's headers who makes it.
pub trait Identify: Send + Sync + 'static {
    /// The actor.
    ///
    /// # Errors
    /// [`Unidentified`] where the headers name somebody, but not in a way that can be accepted; answered with 400.
    fn identify(&self, headers: &HeaderMap) -> Result<ActorId, Unidentified>;
}

/// A request names an actor in a way that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unidentified {
    /// The header in question.
    pub header: HeaderName,
    /// What is wrong.
    pub message: String,
}

/// Nobody is known: every actor is all zeros.
#[derive(Debug, Clone, Copy, Default)]
pub struct Anonymous;

impl Identify for Anonymous {
    fn identify(&self, _: &HeaderMap) -> Result<ActorId, Unidentified> {
        Ok(Uuid::nil())
    }
}

/// Believes a header that holds the actor's UUID; all zeros without it.
///
/// Whoever can reach the server can claim to be anybody: for servers that only listen on a loopback address.
#[derive(Debug, Clone)]
pub struct TrustedHeader(pub HeaderName);

impl Identify for TrustedHeader {
    fn identify(&self, headers: &HeaderMap) -> Result<ActorId, Unidentified> {
        let mut values = headers.get_all(&self.0).iter();
        let refused = |message: &str| Unidentified { header: self.0.clone(), message: message.to_owned() };
        match (values.next(), values.next()) {
            (None, _) => Ok(Uuid::nil()),
            (Some(_), Some(_)) => Err(refused("the header that names the actor is there twice")),
            (Some(value), None) => {
                let text = value.to_str().ok().map(str::trim);
                text.and_then(read_uuid).ok_or_else(|| refused("the header that names the actor holds no UUID"))
            }
        }
    }
}
