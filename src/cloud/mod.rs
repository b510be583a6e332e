//! The client of the cloud.

pub mod sign;
