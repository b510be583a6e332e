//! The work whose instructions `tests/acceptance/test_instruction_counts.py` counts.
//!
//! It has the rooms that it measures as modules of its own, so that only they are optimized for it: the whole exporter
//! would take minutes. The simulation is that of the exporter's library, as built for the tests.
#![allow(warnings, clippy::all, clippy::pedantic)]

#[path = "../src/blocking.rs"]
mod blocking;
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

use axum::body::Bytes;
use measured::{Text, Users};
use support::typed::Page;
use support::{Simulation, compressed, run};

/// Users, of which each page has 100.
const USERS: usize = 1_000;

/// callgrind counts the instructions of each of these functions, and what they call.
mod counted {
    use super::*;

    #[inline(never)]
    pub fn decode(pages: &[Bytes]) {
        for page in pages {
            black_box(measured::decode_users(page));
        }
    }

    #[inline(never)]
    pub fn serde_json_typed(pages: &[Bytes]) {
        for page in pages {
            drop(black_box(serde_json::from_slice::<Page>(page)));
        }
    }

    #[inline(never)]
    pub fn write_samples(users: &Users) {
        black_box(measured::write(users));
    }

    #[inline(never)]
    pub fn render_all_new(users: &Users) -> Text {
        Text::render(users, None)
    }

    #[inline(never)]
    pub fn render_one_percent_changed(users: &Users, before: (&Users, &Text)) -> Text {
        Text::render(users, Some(before))
    }

    #[inline(never)]
    pub fn gzip_6(text: &[u8]) -> Vec<u8> {
        compressed(text, 6)
    }
}

fn main() {
    let simulation = Simulation::new(USERS);
    let pages = run(simulation.pages());
    run(simulation.change_one_percent());
    let changed_pages = run(simulation.pages());

    counted::decode(&pages);
    counted::serde_json_typed(&pages);
    let users = run(Users::read(&pages, None)).unwrap();
    counted::write_samples(&users);
    let text = counted::render_all_new(&users);
    let changed = run(Users::read(&changed_pages, Some(&users))).unwrap();
    black_box(counted::render_one_percent_changed(&changed, (&users, &text)));
    black_box(counted::gzip_6(&text.plain()));
}
