//! The text of 10,000 users, compressed as a whole: what `render` would take if writing the text cost nothing.

#[allow(dead_code)]
mod support;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use metastudio_exporter::measured::{COMPRESSION_LEVEL, Text, Users};

use support::{Simulation, compressed, run};

fn compress(criterion: &mut Criterion) {
    let users = run(async { Users::read(&Simulation::new(10_000).pages().await, None).await.unwrap() });
    let text = Text::render(&users, None).plain();
    let mut group = criterion.benchmark_group("compress");
    group.sample_size(20).throughput(Throughput::Bytes(text.len() as u64));
    for (name, level) in [("level_of_exporter", COMPRESSION_LEVEL), ("level_6", 6)] {
        group.bench_function(name, |bencher| bencher.iter(|| compressed(black_box(&text), level)));
    }
    group.finish();
}

criterion_group!(benches, compress);
criterion_main!(benches);
