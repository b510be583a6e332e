//! The client of the cloud: from a configured project to the bodies of its pages.
//!
//! [`sign`] signs requests, [`credentials`] supplies what they are signed with, [`http`] sends one request,
//! [`http_clients`] and [`proxies`] decide over which connection, [`client`] authenticates, rate-limits and retries
//! requests, [`pool`] builds clients that share credentials and connections, [`pages`] walks a list, [`exchanges`] keeps
//! what was answered, for a recording. [`voice_training`], [`user_quotas`], [`tenant_resources`] and [`iam`] hold the wire
//! types. Knows nothing of snapshots, metrics, polls and flags.

pub mod client;
mod clock;
pub mod credentials;
pub(crate) mod error;
pub(crate) mod error_response;
pub mod exchanges;
pub(crate) mod fuzzed;
pub mod http;
pub mod http_clients;
mod iam;
pub(crate) mod json;
pub(crate) mod pages;
pub mod pool;
pub mod proxies;
pub mod reason;
pub(crate) mod repair;
pub(crate) mod sign;
pub(crate) mod tenant_resources;
pub(crate) mod user_quotas;
pub(crate) mod voice_training;
