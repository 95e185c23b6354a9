#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| lora_embedded::testing::fuzz_rows(data));
