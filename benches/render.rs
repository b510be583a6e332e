//! From 10,000 users to compressed text: all of them, none and 1 percent of them changed since the last poll.
//! `text_alone` writes the samples of all users and compresses nothing.

#[allow(dead_code)]
mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use metastudio_exporter::measured::{self, Text, Users};

use support::{Simulation, run};

fn render(criterion: &mut Criterion) {
    let (before, same, changed) = run(async {
        let simulation = Simulation::new(10_000);
        let pages = simulation.pages().await;
        let before = Users::read(&pages, None).await.unwrap();
        let same = Users::read(&pages, Some(&before)).await.unwrap();
        simulation.change_one_percent().await;
        let changed = Users::read(&simulation.pages().await, Some(&before)).await.unwrap();
        (before, same, changed)
    });
    let text = Text::render(&before, None);
    let mut group = criterion.benchmark_group("render");
    group.sample_size(20);
    group.bench_function("text_alone", |bencher| bencher.iter(|| measured::write(black_box(&before))));
    group.bench_function("all_new", |bencher| bencher.iter(|| Text::render(black_box(&before), None)));
    for (name, users) in [("nothing_changed", &same), ("one_percent_changed", &changed)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| Text::render(black_box(users), Some((&before, &text))));
        });
    }
    group.finish();
}

criterion_group!(benches, render);
criterion_main!(benches);
