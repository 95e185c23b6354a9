//! The `lora` binary.
fn main() {}
