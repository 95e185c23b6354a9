//! What tests need: a disk that fails where they say (feature `test-support`).
