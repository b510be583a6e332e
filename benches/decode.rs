//! From the body of a page of 100 users to packed rows, and the same body into plain types of serde.

#[allow(dead_code)]
mod support;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use metastudio_exporter::measured;

use support::typed::Page;
use support::{Simulation, run};

fn decode(criterion: &mut Criterion) {
    let body = run(Simulation::new(100).pages()).remove(0);
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group
        .bench_function("rows", |bencher| bencher.iter(|| measured::decode_users(black_box(&body)).unwrap()));
    group.bench_function("serde_json_typed", |bencher| {
        bencher.iter(|| serde_json::from_slice::<Page>(black_box(&body)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
