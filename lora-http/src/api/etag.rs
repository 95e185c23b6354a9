//! Entity tags: what must be the same for two answers to be the same bytes.
//!
//! ```text
//! "UUID.SEQ.EPOCH.FROM.TO.UNTIL.json"
//! ```
//!
//! The object, the number of its registration, and how often something of it was erased; then the window in which the same
//! rows are in effect as in the one asked about, and until when the registration is the newest. So the tag stays the same
//! while nothing changes, although *now* is another instant with every request.

use axum::http::{HeaderMap, HeaderValue, header};
use lora_core::object::slice::unchanging;
use lora_core::query::TimeContext;
use lora_core::service::Answered;
use lora_core::time::Timestamp;

/// Nothing can be erased yet.
const EPOCH: u32 = 0;

/// The tag of an object as JSON, whose content is not yet cut to what is in effect.
pub(super) fn of_object(answered: &Answered, context: &TimeContext) -> HeaderValue {
    let registration = &answered.registration;
    let (from, to) = match context.valid.map(|window| unchanging(&registration.content, window)) {
        Some(window) => (window.from(), window.to()),
        None => (Timestamp::INFINITY, Timestamp::INFINITY),
    };
    let [from, to, until] = [from.sort_key(), to.sort_key(), answered.registered.to().sort_key()];
    let (uuid, seq) = (registration.object.uuid, registration.seq.0);
    let tag = format!("\"{uuid}.{seq}.{EPOCH}.{from:x}.{to:x}.{until:x}.json\"");
    HeaderValue::try_from(tag).expect("digits, letters and dots")
}

/// Whether the client has what the tag stands for (`If-None-Match`, RFC 9110 §13.1.2).
pub(super) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = given.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|given| given == "*" || given.strip_prefix("W/").unwrap_or(given).as_bytes() == tag.as_bytes())
}
