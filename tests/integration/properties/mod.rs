//! Properties that hold for any cloud, found with random worlds and random faults.
//!
//! A batch is one exporter with many projects, one case each. `PROPTEST_CASES` sets the number of all cases. The seed of a
//! batch that fails is kept next to the test in `*.regressions`, and is tried first from then on.

mod exposition;
mod field;
mod judge;
mod numbers;
mod rows;
mod schedule;
mod server;
mod texts;
mod worlds;
