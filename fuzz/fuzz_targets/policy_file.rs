//! Any text as a policy file: it is read, or the error says where and why; what is read can judge.
#![no_main]

use dlpscan::model::{ItemName, Note, Origin, Outcome, PartPath, Reason};
use dlpscan::policy::Policy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| match Policy::parse("fuzz.toml", text) {
    Ok(policy) => {
        let note = Note::new(Reason::Damaged, PartPath::root());
        let mut outcome = Outcome::fault(ItemName::from("item"), Origin::Memory, note);
        policy.set_aside(&mut outcome);
        assert!(policy.judge(&outcome).rules.len() <= policy.rules().len());
    }
    Err(error) => assert!(error.to_string().starts_with("fuzz.toml"), "{error}"),
});
