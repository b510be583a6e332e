//! The answers of the cloud as plain data: no HTTP, no JSON, no text format.
//!
//! A snapshot is built whole, never changed, and replaced by the next one. Numbers are `f64` like Prometheus' samples;
//! units are Prometheus' base units (seconds, not minutes).

mod amounts;
mod packed_users;
mod ranking;
mod tenant_resources;
mod utilisation;

use std::time::SystemTime;

pub(crate) use packed_users::{Item, PackedQuotas, PackedUsers, UserAmount, UserBlock};
pub(crate) use ranking::{LevelCounts, Ranking, UserRank};
pub(crate) use tenant_resources::{TenantResource, TenantResources};
pub(crate) use utilisation::{Level, Utilisation, most_used_quota};

/// An API. Each is polled, fails and becomes stale independently of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collector {
    /// `ShowVoiceTrainingQuotas`
    VoiceTraining,
    /// `ListUserQuotas`
    UserQuotas,
    /// `ListTenantResources`
    TenantResources,
}

impl Collector {
    /// All collectors, in the order of the metrics.
    pub const ALL: [Self; 3] = [Self::VoiceTraining, Self::UserQuotas, Self::TenantResources];

    /// The collectors of a project that chooses none: the others need a choice, because they are not in every account's
    /// rights.
    pub const DEFAULT: [Self; 2] = [Self::VoiceTraining, Self::UserQuotas];

    /// The value of label `collector`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VoiceTraining => "voice_training",
            Self::UserQuotas => "user_quotas",
            Self::TenantResources => "tenant_resources",
        }
    }
}

/// The value of label `collector` of the look-up of user names at IAM. It belongs to the poll of user quotas, but
/// succeeds or fails on its own, and has no snapshot.
pub(crate) const USER_NAMES: &str = "user_names";

/// The complete answer of one API for one project.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Snapshot {
    /// The rows, and the numbers that come with them.
    pub(crate) data: CollectorData,
    pub(crate) fetched_at: SystemTime,
    /// Whether the list stayed the same during a walk. If not, rows may be missing.
    pub(crate) consistent: bool,
    /// Fields that could not be read and were left out.
    pub(crate) invalid_values: u64,
}

/// The data of each API.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CollectorData {
    VoiceTraining(VoiceTraining),
    UserQuotas(UserQuotas),
    TenantResources(TenantResources),
}

impl Snapshot {
    /// Whether both snapshots have the same samples, regardless of when they were fetched.
    pub(crate) fn has_same_samples(&self, other: &Self) -> bool {
        self.data == other.data
            && self.consistent == other.consistent
            && self.invalid_values == other.invalid_values
    }

    pub(crate) fn collector(&self) -> Collector {
        match self.data {
            CollectorData::VoiceTraining(_) => Collector::VoiceTraining,
            CollectorData::UserQuotas(_) => Collector::UserQuotas,
            CollectorData::TenantResources(_) => Collector::TenantResources,
        }
    }

    pub(crate) fn voice_training(&self) -> Option<&VoiceTraining> {
        if let CollectorData::VoiceTraining(data) = &self.data { Some(data) } else { None }
    }

    pub(crate) fn user_quotas(&self) -> Option<&UserQuotas> {
        if let CollectorData::UserQuotas(data) = &self.data { Some(data) } else { None }
    }

    pub(crate) fn tenant_resources(&self) -> Option<&TenantResources> {
        if let CollectorData::TenantResources(data) = &self.data { Some(data) } else { None }
    }
}

/// The data of `ShowVoiceTrainingQuotas`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct VoiceTraining {
    /// `resource_available_nums`: available resources by type. Keys are the API's own, unknown ones included.
    pub(crate) available: Vec<(String, f64)>,
    /// Number of resources listed by the API, including those without a readable ID.
    pub(crate) listed: u64,
    /// The resources that have an ID, sorted by it.
    pub(crate) resources: Vec<VoiceResource>,
}

/// One `VoiceTrainingResource`. Texts are the API's own, and empty if it gives none.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct VoiceResource {
    pub(crate) id: String,
    /// `resource_type`: `BASIC`, `MIDDLE`, `FLEXUS`, or another one.
    pub(crate) resource_type: String,
    pub(crate) asset_id: String,
    /// `charge_mode`: `ON_DEMAND`, `PERIODIC`, `ONE_TIME`.
    pub(crate) charge_mode: String,
    /// `resource_source`: `PURCHASED`, `SP_ALLOCATED`, `ADMIN_ALLOCATED`.
    pub(crate) resource_source: String,
    /// `operation_type`: `ADD`, `UPDATE`, `FREEZE`, `UNFREEZE`, `REBIND`.
    pub(crate) operation_type: String,
    /// `resource_nums`: voice models that can be trained with the resource in total.
    pub(crate) models: Option<f64>,
    /// `resource_available_nums` of the resource: voice models that can still be trained.
    pub(crate) models_available: Option<f64>,
    /// `expire_time` in seconds since the Unix epoch.
    pub(crate) expiry: Option<f64>,
    /// `status` as sent: 0 normal, 1 frozen.
    pub(crate) status: Option<f64>,
}

/// The data of `ListUserQuotas`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct UserQuotas {
    /// Number of sub-accounts listed by the API, including those without a readable ID and those left out.
    pub(crate) listed: u64,
    /// Users left out because of `max_users`. Users left out by `include` and `exclude` do not count.
    pub(crate) omitted: u64,
    /// The exported users, sorted by ID.
    pub(crate) users: PackedUsers,
}

/// One `UserQuotaInfo`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct User {
    pub(crate) id: String,
    /// The IAM user name, if it was looked up.
    pub(crate) name: Option<String>,
    /// Quota and usage by item, sorted by item.
    pub(crate) quotas: Vec<Quota>,
}

/// One item of a user's quota and usage, in the item's [`Unit`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quota {
    /// The API's field name, unknown ones included.
    pub(crate) item: Item,
    /// The quota; infinite if the API sends -1.
    pub(crate) limit: Option<f64>,
    pub(crate) usage: Option<f64>,
}

/// The unit of a quota and its usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Count,
    /// The API sends minutes; snapshots hold seconds.
    Seconds,
}

impl Unit {
    /// Returns the unit of an item: seconds for the API's `video_time_*`, else a count.
    pub(crate) fn from_item(item: &str) -> Self {
        if item.starts_with("video_time_") { Self::Seconds } else { Self::Count }
    }

    /// The value of label `unit`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Seconds => "seconds",
        }
    }
}
