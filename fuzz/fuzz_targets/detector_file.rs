//! Any text as a detector file: it compiles, or the error says where.
#![no_main]

use dlpscan::detector::DetectorFile;
use dlpscan::scan::Engine;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(file) = DetectorFile::parse("fuzz.toml", text)
        && let Err(errors) = Engine::build(&[file], &dlpscan_detectors::checks(), &|_| true)
    {
        assert!(!errors.is_empty());
    }
});
