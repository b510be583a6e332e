//! The work whose instructions `tests/acceptance/test_instruction_counts.py` counts with callgrind.
//!
//! Only this program is optimized: it has the exporter's rooms that it measures as modules of its own, so that the rest of the exporter, which would take minutes, is compiled once, as the tests need it.
#![allow(warnings, clippy::all, clippy::pedantic)]

#[path = "../src/cloud/mod.rs"]
mod cloud;
#[path = "../src/collect/mod.rs"]
mod collect;
#[path = "../src/config/mod.rs"]
mod config;
#[path = "../src/exposition/mod.rs"]
mod exposition;
#[path = "../src/measured.rs"]
mod measured;
#[path = "../src/snapshot/mod.rs"]
mod snapshot;
mod support;

use std::hint::black_box;

use measured::{Text, Users};
use support::typed::Page;
use support::{Simulation, compressed, run};

/// Users, of which each page has 100.
const USERS: usize = 2_000;

/// Callgrind counts the instructions between the beginning and the end of this function, and dumps them after it.
#[inline(never)]
fn counted(name: &str, work: &mut dyn FnMut()) {
    work();
    println!("{name}");
}

fn main() {
    let simulation = Simulation::new(USERS);
    let pages = run(simulation.pages());
    run(simulation.change_one_percent());
    let changed_pages = run(simulation.pages());

    counted("decode", &mut || {
        for page in &pages {
            black_box(measured::decode_users(page));
        }
    });
    counted("serde_json_typed", &mut || {
        for page in &pages {
            drop(black_box(serde_json::from_slice::<Page>(page)));
        }
    });

    let users = run(Users::read(&pages, None)).unwrap();
    let changed = run(Users::read(&changed_pages, Some(&users))).unwrap();
    let mut text = None;
    counted("render_all_new", &mut || text = Some(Text::render(&users, None)));
    let text = text.unwrap();
    let before = Some((&users, &text));
    counted("render_one_percent_changed", &mut || drop(black_box(Text::render(&changed, before))));
    let plain = text.plain();
    counted("gzip_6", &mut || drop(black_box(compressed(&plain, 6))));
}
