use crate::record::{Record, SummaryRecord};
use crate::reporter::Reporter;
use crate::summary::Summary;
use dlpscan_core::model::Outcome;
use std::io::{self, Write};

/// One JSON object a line: findings and item of each outcome, the summary last.
#[derive(Debug, Clone, Copy, Default)]
pub struct Jsonl;

impl Reporter for Jsonl {
    fn outcome(&mut self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        Record::of(outcome).try_for_each(|record| record.write_line(out))
    }

    fn end(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        Record::Summary(SummaryRecord::new(summary)).write_line(out)
    }
}
