//! `dlpscan scan` and `dlpscan gate`: look at everything the user named and write the report.

use crate::args::ScanArgs;
use crate::exit::{Account, Code};
use crate::output::Output;
use crate::progress::Progress;
use crate::say::{self, Trouble};
use crate::setup::{self, Errand, Plan};
use dlpscan::report::{Look, Summary, reporter};
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Items named when their books do not balance.
const MOST_NAMED: usize = 10;

pub fn run(args: &ScanArgs, errand: Errand) -> Result<Code, Trouble> {
    let plan = setup::plan(args, errand)?;
    let Plan {
        scanner, items, missing, remarks, level, fail_on, accepted, threads, colour, ..
    } = plan;
    let unconfined = plan.unconfined;
    if !args.quiet {
        remarks.iter().for_each(|remark| say::tell(remark));
    }
    let mut account = Account::new(fail_on, accepted);
    for path in &missing {
        say::tell(&path.to_string());
        account.trouble();
    }
    let cannot_write = |error: &io::Error| {
        Trouble::new(match &args.output {
            Some(path) => format!(
                "the report could not be written to {}: {error}; nothing there was changed",
                path.display()
            ),
            None => format!("the report could not be written: {error}; it is not complete"),
        })
    };
    let mut output = match &args.output {
        Some(path) => Output::file(path).map_err(|error| cannot_write(&error))?,
        None => Output::stdout(),
    };
    let look = Look { colour, fail_on };
    let format = args.format.as_deref().unwrap_or(errand.format());
    let Some(mut report) = reporter(format, look) else {
        return Err(Trouble::new(format!("there is no format called \"{format}\"")));
    };
    let mut summary = Summary::new(env!("CARGO_PKG_VERSION"), level);
    summary.missing = missing.len() as u64;
    summary.unconfined = unconfined;

    let mut unbalanced = Vec::new();
    let mut written = report.begin(output.writer());
    let scanner = Arc::new(scanner);
    let masks = scanner.clone();
    let progress = Progress::start(args.quiet, move |name| masks.shown_name(name));
    let next = progress.next();
    let items = items.inspect(move |item| next(item.name.as_str()));
    if written.is_ok() {
        scanner.run(items, threads, &mut |mut outcome| {
            account.add(&outcome);
            if outcome.ledger.unbalanced() > 0 && unbalanced.len() < MOST_NAMED {
                unbalanced.push(outcome.item.to_string());
            }
            summary.take(&mut outcome);
            written = progress.aside(|| {
                report.outcome(&outcome, output.writer())?;
                output.show()
            });
            progress.done(outcome.bytes);
            if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
    }
    drop(progress);
    written
        .and_then(|()| report.end(&summary, output.writer()))
        .and_then(|()| output.finish())
        .map_err(|error| cannot_write(&error))?;
    if args.verify && summary.unbalanced > 0 {
        for name in &unbalanced {
            say::tell(&format!("{name}: not every byte of it is accounted for"));
        }
        say::tell(&format!(
            "the books of {} items do not balance; this is a fault of dlpscan: please report it, \
             and do not rely on this result",
            summary.unbalanced
        ));
        account.trouble();
    }
    if let Some(scanner) = Arc::into_inner(scanner) {
        scanner.leave();
    }
    Ok(account.code())
}
