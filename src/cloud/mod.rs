//! The client of the cloud: from a configured project to the bodies of its pages.
//!
//! [`sign`] proves who calls, [`credentials`] says with what, [`http`] sends one request, [`client`] paces and repeats
//! them, [`pages`] walks a list. [`voice_training`], [`user_quotas`], [`iam_users`] and [`iam_projects`] are the wire
//! types, an API a file. Nothing here knows snapshots, metrics or polls.

pub mod client;
mod clock;
pub mod credentials;
pub mod error;
pub mod http;
pub(crate) mod iam_projects;
pub(crate) mod iam_users;
pub(crate) mod json;
pub mod pages;
pub mod reason;
pub mod refusal;
mod retry;
pub mod sign;
mod standing;
pub(crate) mod user_quotas;
pub(crate) mod voice_training;
