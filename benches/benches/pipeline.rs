//! Times what lies around the engine, with one detector that finds nothing: decoding, looking for
//! encoded text, windows, files. `cargo bench -p dlpscan-benches --bench pipeline`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dlpscan::detector::DetectorFile;
use dlpscan::source;
use dlpscan_benches::{NOTHING, workload};
use std::hint::black_box;
use std::ops::ControlFlow;

fn scanner() -> dlpscan::Scanner {
    let file = DetectorFile::parse("nothing.toml", NOTHING).expect("it is a detector");
    let builder = dlpscan::Scanner::builder().without_builtin().detector_files(vec![file]);
    builder.build().expect("it compiles")
}

fn texts(c: &mut Criterion) {
    let scanner = scanner();
    let mut group = c.benchmark_group("text");
    for workload in workload::all(4 << 20) {
        group.throughput(Throughput::Bytes(workload.text.len() as u64));
        group.bench_function(workload.name, |b| {
            b.iter(|| scanner.scan_bytes("a.txt", black_box(workload.text.as_bytes())).found);
        });
    }
    group.finish();
}

fn files(c: &mut Criterion) {
    let scanner = scanner();
    let files: Vec<_> = workload::small_files(2000).collect();
    let mut group = c.benchmark_group("small files");
    group.throughput(Throughput::Elements(files.len() as u64));
    group.bench_function("in memory", |b| {
        b.iter(|| {
            let items =
                files.iter().map(|(name, bytes)| source::memory(name.as_str(), bytes.clone()));
            let mut seen = 0;
            scanner.run(items.collect::<Vec<_>>().into_iter(), 1, &mut |outcome| {
                seen += outcome.ledger.sum().size;
                ControlFlow::Continue(())
            });
            seen
        });
    });
    group.finish();
}

criterion_group!(benches, texts, files);
criterion_main!(benches);
