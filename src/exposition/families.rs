//! The data metrics, one row each, in the order of the body.

use std::time::{SystemTime, UNIX_EPOCH};

use super::Part;
use super::samples::ProjectSamples;
use crate::snapshot::{
    TenantResource, TenantResources, Unit, UserAmount, UserBlock, UserQuotas, VoiceResource, VoiceTraining,
};

/// A metric. All data metrics are gauges.
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) samples: Samples,
}

/// How the samples of a metric are written.
pub(super) enum Samples {
    /// All that a part has of the metric.
    OfPart(fn(&mut ProjectSamples<'_>, Part<'_>)),
    /// Those of users, block by block.
    OfUsers(UserSamples),
}

/// The samples that a block of users has of a metric.
pub(super) struct UserSamples {
    pub(super) write: fn(&mut ProjectSamples<'_>, &UserBlock),
    /// Whether two blocks have the same samples.
    pub(super) are_same: fn(&UserBlock, &UserBlock) -> bool,
}

/// All data metrics.
pub(super) const FAMILIES: &[Family] = &[
    Family {
        name: "metastudio_voice_training_available",
        help: "Available voice training resources by type, as of the last poll.",
        samples: Samples::OfPart(|samples, part| {
            for (resource_type, number) in voice(part).iter().flat_map(|voice| &voice.available) {
                samples.sample(&[("resource_type", resource_type)], Some(*number));
            }
        }),
    },
    Family {
        name: "metastudio_voice_training_resources",
        help: "Voice training resources of the project.",
        samples: Samples::OfPart(|samples, part| {
            samples.sample(&[], voice(part).map(|voice| float(voice.listed)));
        }),
    },
    Family {
        name: "metastudio_voice_training_resource_models",
        help: "Voice models that can be trained with the resource in all.",
        samples: Samples::OfPart(|samples, part| each_resource(samples, part, |resource| resource.models)),
    },
    Family {
        name: "metastudio_voice_training_resource_models_available",
        help: "Voice models that can still be trained with the resource.",
        samples: Samples::OfPart(|samples, part| {
            each_resource(samples, part, |resource| resource.models_available);
        }),
    },
    Family {
        name: "metastudio_voice_training_resource_expiry_timestamp_seconds",
        help: "When the resource expires; no series where it does not.",
        samples: Samples::OfPart(|samples, part| each_resource(samples, part, |resource| resource.expiry)),
    },
    Family {
        name: "metastudio_voice_training_resource_status",
        help: "The resource's status as the API tells it: 0 normal, 1 frozen.",
        samples: Samples::OfPart(|samples, part| each_resource(samples, part, |resource| resource.status)),
    },
    Family {
        name: "metastudio_voice_training_resource_info",
        help: "The resource's attributes; always 1.",
        samples: Samples::OfPart(|samples, part| {
            for resource in voice(part).iter().flat_map(|voice| &voice.resources) {
                let labels = [
                    ("resource_id", resource.id.as_str()),
                    ("resource_type", &resource.resource_type),
                    ("asset_id", &resource.asset_id),
                    ("charge_mode", &resource.charge_mode),
                    ("resource_source", &resource.resource_source),
                    ("operation_type", &resource.operation_type),
                ];
                samples.sample(&labels, Some(1.0));
            }
        }),
    },
    Family {
        name: "metastudio_users",
        help: "Sub-accounts of the project.",
        samples: Samples::OfPart(|samples, part| {
            samples.sample(&[], users(part).map(|users| float(users.listed)));
        }),
    },
    Family {
        name: "metastudio_user_quota_limit",
        help: "The user's quota of the item; +Inf where it is unlimited.",
        samples: Samples::OfUsers(UserSamples {
            write: |samples, block| each_amount(samples, block.limits()),
            are_same: UserBlock::has_same_limits,
        }),
    },
    Family {
        name: "metastudio_user_quota_usage",
        help: "What the user has used of the item; no series where the API does not tell.",
        samples: Samples::OfUsers(UserSamples {
            write: |samples, block| each_amount(samples, block.usages()),
            are_same: UserBlock::has_same_usages,
        }),
    },
    Family {
        name: "metastudio_user_info",
        help: "The user's name at IAM; always 1.",
        samples: Samples::OfUsers(UserSamples {
            write: |samples, block| {
                for (id, name) in block.names() {
                    if let Some(name) = name {
                        samples.sample(&[("user_id", id), ("user_name", name)], Some(1.0));
                    }
                }
            },
            are_same: UserBlock::has_same_names,
        }),
    },
    Family {
        name: "metastudio_users_omitted",
        help: "Sub-accounts left out by the limit on users.",
        samples: Samples::OfPart(|samples, part| {
            samples.sample(&[], users(part).map(|users| float(users.omitted)));
        }),
    },
    Family {
        name: "metastudio_resources",
        help: "Resources of every product of the account, with the sub-resources of packages.",
        samples: Samples::OfPart(|samples, part| {
            samples.sample(&[], tenant(part).map(|tenant| float(tenant.listed)));
        }),
    },
    Family {
        name: "metastudio_resource_amount",
        help: "How much the resource has in all, in its unit; +Inf where it is unlimited.",
        samples: Samples::OfPart(|samples, part| {
            each_amount_of_resource(samples, part, |resource| resource.amount);
        }),
    },
    Family {
        name: "metastudio_resource_usage",
        help: "How much of the resource is used, in its unit; no series where the API does not tell.",
        samples: Samples::OfPart(|samples, part| {
            each_amount_of_resource(samples, part, |resource| resource.usage);
        }),
    },
    Family {
        name: "metastudio_resource_expiry_timestamp_seconds",
        help: "When the resource expires; no series where it does not.",
        samples: Samples::OfPart(|samples, part| each_product(samples, part, |resource| resource.expiry)),
    },
    Family {
        name: "metastudio_resource_status",
        help: "The resource's status as the API tells it: 0 normal, 1 frozen.",
        samples: Samples::OfPart(|samples, part| each_product(samples, part, |resource| resource.status)),
    },
    Family {
        name: "metastudio_resource_info",
        help: "The resource's attributes; always 1.",
        samples: Samples::OfPart(|samples, part| {
            for resource in tenant(part).iter().flat_map(|tenant| &tenant.resources) {
                let [id, resource_type, business_type, sub_resource_type] = resource_labels(resource);
                let labels = [
                    id,
                    resource_type,
                    business_type,
                    sub_resource_type,
                    ("charging_mode", &*resource.charging_mode),
                    ("resource_source", &resource.resource_source),
                    ("order_id", &resource.order_id),
                ];
                samples.sample(&labels, Some(1.0));
            }
        }),
    },
    Family {
        name: "metastudio_project_info",
        help: "The project's attributes; always 1.",
        samples: Samples::OfPart(|samples, part| {
            if let Part::Project { id, region, endpoint } = part {
                let labels = [("project_id", id), ("region", region), ("endpoint", endpoint)];
                samples.sample(&labels, Some(1.0));
            }
        }),
    },
    Family {
        name: "metastudio_up",
        help: "Whether the last poll of this API of the project succeeded.",
        samples: Samples::OfPart(|samples, part| {
            if let Part::Poll { collector, up, .. } = part {
                samples.sample(&[("collector", collector)], Some(flag(up)));
            }
        }),
    },
    Family {
        name: "metastudio_last_success_timestamp_seconds",
        help: "When the shown data was fetched. The exporter polls on an interval, because reading all pages takes \
               longer than a scrape may; scrapes never call the cloud.",
        samples: Samples::OfPart(|samples, part| {
            if let Part::Poll { collector, last_success, .. } = part {
                samples.sample(&[("collector", collector)], last_success.map(timestamp));
            }
        }),
    },
    Family {
        name: "metastudio_poll_duration_seconds",
        help: "How long the last poll of this API took, whether it succeeded or not.",
        samples: Samples::OfPart(|samples, part| {
            if let Part::Poll { collector, duration, .. } = part {
                samples.sample(&[("collector", collector)], Some(duration.as_secs_f64()));
            }
        }),
    },
    Family {
        name: "metastudio_snapshot_consistent",
        help: "0 when the list kept moving while it was read, so that rows may be missing, else 1.",
        samples: Samples::OfPart(|samples, part| {
            if let Part::Answer(snapshot) = part {
                samples
                    .sample(&[("collector", snapshot.collector().as_str())], Some(flag(snapshot.consistent)));
            }
        }),
    },
    Family {
        name: "metastudio_invalid_values",
        help: "Fields of the last answer that could not be read and were left out.",
        samples: Samples::OfPart(|samples, part| {
            if let Part::Answer(snapshot) = part {
                samples.sample(
                    &[("collector", snapshot.collector().as_str())],
                    Some(float(snapshot.invalid_values)),
                );
            }
        }),
    },
];

fn voice(part: Part<'_>) -> Option<&VoiceTraining> {
    if let Part::Answer(snapshot) = part { snapshot.voice_training() } else { None }
}

fn users(part: Part<'_>) -> Option<&UserQuotas> {
    if let Part::Answer(snapshot) = part { snapshot.user_quotas() } else { None }
}

fn tenant(part: Part<'_>) -> Option<&TenantResources> {
    if let Part::Answer(snapshot) = part { snapshot.tenant_resources() } else { None }
}

fn resource_labels(resource: &TenantResource) -> [(&'static str, &str); 4] {
    [
        ("resource_id", &resource.id),
        ("resource_type", &resource.resource_type),
        ("business_type", &resource.business_type),
        ("sub_resource_type", &resource.sub_resource_type),
    ]
}

fn each_product(samples: &mut ProjectSamples<'_>, part: Part<'_>, value: fn(&TenantResource) -> Option<f64>) {
    for resource in tenant(part).iter().flat_map(|tenant| &tenant.resources) {
        samples.sample(&resource_labels(resource), value(resource));
    }
}

fn each_amount_of_resource(
    samples: &mut ProjectSamples<'_>,
    part: Part<'_>,
    value: fn(&TenantResource) -> Option<f64>,
) {
    for resource in tenant(part).iter().flat_map(|tenant| &tenant.resources) {
        let [id, resource_type, business_type, sub_resource_type] = resource_labels(resource);
        let labels = [id, resource_type, business_type, sub_resource_type, ("unit", &*resource.unit)];
        samples.sample(&labels, value(resource));
    }
}

fn each_resource(samples: &mut ProjectSamples<'_>, part: Part<'_>, value: fn(&VoiceResource) -> Option<f64>) {
    for resource in voice(part).iter().flat_map(|voice| &voice.resources) {
        let labels = [("resource_id", resource.id.as_str()), ("resource_type", &resource.resource_type)];
        samples.sample(&labels, value(resource));
    }
}

fn each_amount<'a>(samples: &mut ProjectSamples<'_>, amounts: impl Iterator<Item = UserAmount<'a>>) {
    for UserAmount { user_id, item, value } in amounts {
        let unit = Unit::from_item(item).as_str();
        samples.sample(&[("user_id", user_id), ("item", item), ("unit", unit)], value);
    }
}

fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}

/// Seconds since the Unix epoch; 0 for a time before 1970.
fn timestamp(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Converts a number of rows, which is far less than 2^53: the conversion is exact.
fn float(count: u64) -> f64 {
    count as f64
}
