//! The signature of one request.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use metastudio_exporter::measured;

fn sign(criterion: &mut Criterion) {
    criterion.bench_function("sign", |bencher| {
        bencher.iter(|| {
            measured::authorization(
                black_box("FAKEACCESSKEY0000001"),
                black_box("FakeSecretKeyForBenchmarksOnly0000000001"),
                black_box("20260101T120000Z"),
                black_box("/v1/0123456789abcdef0123456789abcdef/user/quotas"),
                black_box("limit=100&offset=100"),
            )
        });
    });
}

criterion_group!(benches, sign);
criterion_main!(benches);
