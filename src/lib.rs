//! metastudio-exporter.
#![warn(clippy::unwrap_used, clippy::expect_used)]

pub mod cloud;
pub mod sim;
