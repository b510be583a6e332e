//! The data metrics, in the order of the body: a row has a name, its help, and the lines that a part has of it.

use std::time::{SystemTime, UNIX_EPOCH};

use super::lines::Lines;
use super::{Family, Part};
use crate::snapshot::{Collector, ProjectInfo, Unit, UserQuotas, VoiceResource, VoiceTraining};

/// All data metrics.
pub const FAMILIES: &[Family] = &[
    Family {
        name: "metastudio_voice_training_available",
        help: "Available voice training resources by type, as of the last poll.",
        write: |lines, part| {
            for (resource_type, number) in voice(part).iter().flat_map(|voice| &voice.available) {
                lines.sample(&[("resource_type", resource_type)], *number);
            }
        },
    },
    Family {
        name: "metastudio_voice_training_resources",
        help: "Voice training resources of the project.",
        write: |lines, part| lines.optional(&[], voice(part).map(|voice| float(voice.listed))),
    },
    Family {
        name: "metastudio_voice_training_resource_models",
        help: "Voice models that can be trained with the resource in all.",
        write: |lines, part| each_resource(lines, part, |resource| resource.models),
    },
    Family {
        name: "metastudio_voice_training_resource_models_available",
        help: "Voice models that can still be trained with the resource.",
        write: |lines, part| each_resource(lines, part, |resource| resource.models_available),
    },
    Family {
        name: "metastudio_voice_training_resource_expiry_timestamp_seconds",
        help: "When the resource expires; no series where it does not.",
        write: |lines, part| each_resource(lines, part, |resource| resource.expiry),
    },
    Family {
        name: "metastudio_voice_training_resource_status",
        help: "The resource's status as the API tells it: 0 normal, 1 frozen.",
        write: |lines, part| each_resource(lines, part, |resource| resource.status),
    },
    Family {
        name: "metastudio_voice_training_resource_info",
        help: "The resource's attributes; always 1.",
        write: |lines, part| {
            for resource in voice(part).iter().flat_map(|voice| &voice.resources) {
                let labels = [
                    ("resource_id", resource.id.as_str()),
                    ("resource_type", &resource.resource_type),
                    ("asset_id", &resource.asset_id),
                    ("charge_mode", &resource.charge_mode),
                    ("resource_source", &resource.resource_source),
                    ("operation_type", &resource.operation_type),
                ];
                lines.sample(&labels, 1.0);
            }
        },
    },
    Family {
        name: "metastudio_users",
        help: "Sub-accounts of the project.",
        write: |lines, part| lines.optional(&[], users(part).map(|users| float(users.listed))),
    },
    Family {
        name: "metastudio_user_quota_limit",
        help: "The user's quota of the item; +Inf where it is unlimited.",
        write: |lines, part| each_quota(lines, part, |quota| quota.limit),
    },
    Family {
        name: "metastudio_user_quota_usage",
        help: "What the user has used of the item; no series where the API does not tell.",
        write: |lines, part| each_quota(lines, part, |quota| quota.usage),
    },
    Family {
        name: "metastudio_user_info",
        help: "The user's name at IAM; always 1.",
        write: |lines, part| {
            for user in users(part).iter().flat_map(|users| &users.users) {
                if let Some(name) = &user.name {
                    lines.sample(&[("user_id", &user.id), ("user_name", name)], 1.0);
                }
            }
        },
    },
    Family {
        name: "metastudio_users_omitted",
        help: "Sub-accounts left out by the limit on users.",
        write: |lines, part| lines.optional(&[], users(part).map(|users| float(users.omitted))),
    },
    Family {
        name: "metastudio_project_info",
        help: "The project's attributes; always 1.",
        write: |lines, part| {
            if let Part::Project(project) = part {
                let ProjectInfo { id, region, endpoint, .. } = project;
                lines.sample(&[("project_id", id), ("region", region), ("endpoint", endpoint)], 1.0);
            }
        },
    },
    Family {
        name: "metastudio_up",
        help: "Whether the last poll of this API of the project succeeded.",
        write: |lines, part| {
            if let Part::Poll(collector, state) = part {
                lines.sample(&[label(collector)], f64::from(u8::from(state.up)));
            }
        },
    },
    Family {
        name: "metastudio_last_success_timestamp_seconds",
        help: "When the shown data was fetched. The exporter polls on an interval, because reading all pages takes \
               longer than a scrape may; scrapes never call the cloud.",
        write: |lines, part| {
            if let Part::Poll(collector, state) = part {
                lines.optional(&[label(collector)], state.last_success.map(timestamp));
            }
        },
    },
    Family {
        name: "metastudio_poll_duration_seconds",
        help: "How long the last poll of this API took, whether it succeeded or not.",
        write: |lines, part| {
            if let Part::Poll(collector, state) = part {
                lines.sample(&[label(collector)], state.duration.as_secs_f64());
            }
        },
    },
    Family {
        name: "metastudio_snapshot_consistent",
        help: "0 when the list kept moving while it was read, so that rows may be missing, else 1.",
        write: |lines, part| {
            if let Some((collector, consistent, _)) = quality(part) {
                lines.sample(&[label(collector)], f64::from(u8::from(consistent)));
            }
        },
    },
    Family {
        name: "metastudio_invalid_values",
        help: "Fields of the last answer that could not be read and were left out.",
        write: |lines, part| {
            if let Some((collector, _, invalid_values)) = quality(part) {
                lines.sample(&[label(collector)], float(invalid_values));
            }
        },
    },
];

fn voice(part: Part<'_>) -> Option<&VoiceTraining> {
    if let Part::VoiceTraining(snapshot) = part { Some(&snapshot.data) } else { None }
}

fn users(part: Part<'_>) -> Option<&UserQuotas> {
    if let Part::UserQuotas(snapshot) = part { Some(&snapshot.data) } else { None }
}

fn each_resource(lines: &mut Lines<'_>, part: Part<'_>, value: fn(&VoiceResource) -> Option<f64>) {
    for resource in voice(part).iter().flat_map(|voice| &voice.resources) {
        let labels = [("resource_id", resource.id.as_str()), ("resource_type", &resource.resource_type)];
        lines.optional(&labels, value(resource));
    }
}

fn each_quota(lines: &mut Lines<'_>, part: Part<'_>, value: fn(&crate::snapshot::Quota) -> Option<f64>) {
    for user in users(part).iter().flat_map(|users| &users.users) {
        for quota in &user.quotas {
            let unit = Unit::of(&quota.item).as_str();
            let labels = [("user_id", user.id.as_str()), ("item", &quota.item), ("unit", unit)];
            lines.optional(&labels, value(quota));
        }
    }
}

/// What an answer says of itself: whether its list stood still, and how many of its fields could not be read.
fn quality(part: Part<'_>) -> Option<(Collector, bool, u64)> {
    match part {
        Part::VoiceTraining(snapshot) => {
            Some((Collector::VoiceTraining, snapshot.consistent, snapshot.invalid_values))
        }
        Part::UserQuotas(snapshot) => {
            Some((Collector::UserQuotas, snapshot.consistent, snapshot.invalid_values))
        }
        Part::Poll(..) | Part::Project(_) => None,
    }
}

fn label(collector: Collector) -> (&'static str, &'static str) {
    ("collector", collector.as_str())
}

/// Seconds since the Unix epoch; a clock set before 1970 reads 0.
fn timestamp(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Counts of rows stay far below 2^53, where the conversion would begin to round.
fn float(count: u64) -> f64 {
    count as f64
}
