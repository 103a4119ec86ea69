//! Times the engine over each workload: `cargo bench -p dlpscan-benches --bench engine`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dlpscan_benches::{RULES, engine, workload};
use std::hint::black_box;
use std::ops::ControlFlow;

fn engines(c: &mut Criterion) {
    let rules = engine::of_rules(RULES).expect("the rules compile");
    let builtin = engine::of_builtin().expect("the built-in detectors compile");
    for (name, engine) in [("28 rules", rules), ("built-in detectors", builtin)] {
        let mut scratch = engine.scratch();
        let mut group = c.benchmark_group(name);
        for workload in workload::all(1 << 20) {
            group.throughput(Throughput::Bytes(workload.text.len() as u64));
            group.bench_function(workload.name, |b| {
                b.iter(|| {
                    let mut found = 0_u64;
                    engine::windows(black_box(workload.text.as_bytes()), |segment| {
                        let _ = engine.scan(&mut scratch, segment, 40, &mut |_| {
                            found += 1;
                            ControlFlow::Continue(())
                        });
                    });
                    found
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, engines);
criterion_main!(benches);
