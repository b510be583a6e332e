//! `metastudio-exporter`: the resources and user quotas of Huawei Cloud MetaStudio for Prometheus.
//!
//! Data flows in one direction: `poll` fetches all pages of each API on an interval through [`cloud`], the rows become
//! a [`snapshot`], `exposition` renders it once, and [`web`] serves the rendered text to scrapes. [`app`] starts all of
//! this. [`sim`] is a simulated cloud for tests and demonstrations, [`measured`] is for
//! benchmarks, and [`fuzzed`] for fuzzing.
#![warn(clippy::unwrap_used, clippy::expect_used)]

mod advice;
pub mod app;
mod blocking;
pub mod check;
pub mod cli;
pub mod cloud;
mod collect;
pub mod config;
mod exposition;
pub mod fuzzed;
pub mod measured;
mod poll;
mod record;
mod shard;
pub mod sim;
pub mod snapshot;
mod telemetry;
pub mod web;
