//! `metastudio-exporter`: the resources and user quotas of Huawei Cloud MetaStudio for Prometheus.
//!
//! The data goes one way: [`poll`] asks [`cloud`] on an interval for all pages of both APIs, what they say becomes a
//! [`snapshot`], which [`exposition`] renders once, and [`web`] serves the rendered text to scrapes. [`app`] puts the
//! parts together. [`sim`] is a cloud to try it all on.
#![warn(clippy::unwrap_used, clippy::expect_used)]

pub(crate) mod advice;
pub mod app;
pub mod check;
pub mod cli;
pub mod cloud;
mod collect;
pub mod config;
pub mod exposition;
pub mod poll;
pub mod shard;
pub mod sim;
pub mod snapshot;
pub mod telemetry;
pub mod web;
