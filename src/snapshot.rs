//! What the cloud said, as plain data: no HTTP, no JSON, no text format.
//!
//! A snapshot is built whole, never changed, and replaced by the next. Numbers are `f64` because that is what a
//! Prometheus sample is; units are Prometheus' base units (seconds, not minutes).

use std::borrow::Cow;
use std::time::SystemTime;

/// One MetaStudio project as it appears in labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectInfo {
    /// Label `project`: the configured name, or the project ID where none is given.
    pub name: String,
    /// The project ID that the API is asked about.
    pub id: String,
    /// The region; empty where only an endpoint is configured.
    pub region: String,
    /// The base URL of the MetaStudio API.
    pub endpoint: String,
}

/// One of the two APIs, each polled, failing and going stale on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collector {
    /// `ShowVoiceTrainingQuotas`
    VoiceTraining,
    /// `ListUserQuotas`
    UserQuotas,
}

impl Collector {
    /// Both, in the order of the metrics.
    pub const ALL: [Self; 2] = [Self::VoiceTraining, Self::UserQuotas];

    /// The value of label `collector`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VoiceTraining => "voice_training",
            Self::UserQuotas => "user_quotas",
        }
    }
}

/// The whole answer of one API for one project.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot<T> {
    /// The rows, and what stands beside them.
    pub data: T,
    /// When the last page had been read.
    pub fetched_at: SystemTime,
    /// False when the list kept moving under every walk, so that rows may be missing.
    pub consistent: bool,
    /// Fields that could not be read and were left out.
    pub invalid_values: u64,
}

impl<T: PartialEq> Snapshot<T> {
    /// Whether both would show the same numbers, whenever they were fetched.
    #[must_use]
    pub fn shows_the_same_as(&self, other: &Self) -> bool {
        self.data == other.data
            && self.consistent == other.consistent
            && self.invalid_values == other.invalid_values
    }
}

/// What `ShowVoiceTrainingQuotas` lists.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VoiceTraining {
    /// `resource_available_nums`: available resources by type, the API's own keys, unknown ones included.
    pub available: Vec<(String, f64)>,
    /// How many resources the API listed, those without a readable ID included.
    pub listed: u64,
    /// The resources that have an ID, sorted by it.
    pub resources: Vec<VoiceResource>,
}

/// One `VoiceTrainingResource`. Texts are the API's own, empty where it gives none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VoiceResource {
    /// `resource_id`
    pub id: String,
    /// `resource_type`: `BASIC`, `MIDDLE`, `FLEXUS`, ...; the list grows.
    pub resource_type: String,
    /// `asset_id`
    pub asset_id: String,
    /// `charge_mode`: `ON_DEMAND`, `PERIODIC`, `ONE_TIME`.
    pub charge_mode: String,
    /// `resource_source`: `PURCHASED`, `SP_ALLOCATED`, `ADMIN_ALLOCATED`.
    pub resource_source: String,
    /// `operation_type`: `ADD`, `UPDATE`, `FREEZE`, `UNFREEZE`, `REBIND`.
    pub operation_type: String,
    /// `resource_nums`: voice models that can be trained with it.
    pub models: Option<f64>,
    /// `resource_available_nums` of the resource: voice models still to be trained.
    pub models_available: Option<f64>,
    /// `expire_time` in seconds since the Unix epoch.
    pub expiry: Option<f64>,
    /// `status` as sent: 0 normal, 1 frozen.
    pub status: Option<f64>,
}

/// What `ListUserQuotas` lists.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserQuotas {
    /// How many sub-accounts the API listed, those without a readable ID and those left out included.
    pub listed: u64,
    /// Users left out by the limit on their number (`max_users`) alone. Whom `include` and `exclude` leave out is not
    /// missed and not counted.
    pub omitted: u64,
    /// The users that have an ID and are shown, sorted by it.
    pub users: Vec<User>,
}

/// One `UserQuotaInfo`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct User {
    /// `user_id`
    pub id: String,
    /// The IAM user's name, where it was looked up.
    pub name: Option<String>,
    /// Quota and usage by item, sorted by item.
    pub quotas: Vec<Quota>,
}

/// One item of a user's quota and usage, in the item's [`Unit`].
#[derive(Debug, Clone, PartialEq)]
pub struct Quota {
    /// The API's field name, unknown ones included.
    pub item: Cow<'static, str>,
    /// The quota; infinite where the API says -1.
    pub limit: Option<f64>,
    /// The usage.
    pub usage: Option<f64>,
}

/// What a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Models.
    Count,
    /// Video time. The API speaks of minutes; everything past the wire types of seconds.
    Seconds,
}

impl Unit {
    /// The unit of an item, from its name: the API's `video_time_*` are times, all others counts.
    #[must_use]
    pub fn of(item: &str) -> Self {
        if item.starts_with("video_time_") { Self::Seconds } else { Self::Count }
    }

    /// The value of label `unit`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Seconds => "seconds",
        }
    }
}
