//! Times the engine over each workload: `cargo bench -p dlpscan-benches`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dlpscan::model::{Place, Segment};
use dlpscan_benches::minutes;
use std::hint::black_box;
use std::ops::ControlFlow;

fn engine(c: &mut Criterion) {
    let scanner = dlpscan::Scanner::builder().build().expect("the built-in detectors compile");
    let mut scratch = scanner.engine().scratch();
    let workload = minutes(1 << 20);
    let mut group = c.benchmark_group("engine");
    group.throughput(Throughput::Bytes(workload.text.len() as u64));
    group.bench_function(workload.name, |b| {
        b.iter(|| {
            let place = Place::Line { line: 1, column: 1 };
            let segment = Segment::new(black_box(workload.text.as_bytes()), place);
            let mut found = 0u64;
            let _ = scanner.engine().scan(&mut scratch, &segment, 40, &mut |_| {
                found += 1;
                ControlFlow::Continue(())
            });
            found
        });
    });
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
