//! The fault `odd-fields`: responses that no document promises and every client meets one day.
//!
//! A row's position in the list decides what is odd about it. Except where noted, the true values stay readable.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Value, json};

use super::fault::MetaStudioApi;

/// Changes a response of `api` that starts at row `first_row` of the list.
pub(super) fn apply(api: MetaStudioApi, first_row: usize, body: &mut Value) {
    let (list, change_row): (_, fn(usize, &mut Value)) = match api {
        MetaStudioApi::VoiceTraining => ("resources", change_resource),
        MetaStudioApi::UserQuotas => ("assets", change_user),
        MetaStudioApi::TenantResources => ("resources", change_product),
    };
    for (index, row) in body[list].as_array_mut().into_iter().flatten().enumerate() {
        change_row(first_row + index, row);
    }
    if body[list].as_array().is_some_and(Vec::is_empty) {
        body[list] = Value::Null;
    }
    stringify(body, "/count");
    body["page_info"] = json!({"next_marker": null});
    if api == MetaStudioApi::VoiceTraining {
        let available = &mut body["resource_available_nums"];
        stringify(available, "/basic");
        available["advance"] = Value::Null;
        available["hologram"] = json!(4);
    }
}

fn change_user(row: usize, user: &mut Value) {
    match row % 10 {
        0 => {
            stringify(user, "/quota/voice_clone_basic");
            stringify(user, "/usage/voice_clone_basic");
        }
        // Both are unlimited.
        1 => user["quota"]["voice_clone_basic"] = json!(-1.0),
        2 => user["quota"]["voice_clone_middle"] = json!("-1"),
        3 => user["usage"] = Value::Null,
        4 => user["quota"]["voice_clone_flexus"] = Value::Null,
        5 => {
            user["quota"]["voice_clone_ultra"] = json!(7);
            user["usage"]["voice_clone_ultra"] = json!(3);
            user["quota"]["plan"] = json!("gold");
            user["labels"] = json!({"team": "dubbing"});
        }
        // Not readable.
        6 => {
            user["quota"]["modeling_count_2d_model"] = json!({"value": 3});
            user["usage"]["modeling_count_2d_model"] = json!([1]);
        }
        // Not readable.
        7 => {
            user["usage"]["video_time_2d_model"] = json!("NaN");
            user["quota"]["video_time_flexus_2d_model"] = json!("1e400");
        }
        8 => user["quota"] = Value::Null,
        _ => {}
    }
}

fn change_resource(row: usize, resource: &mut Value) {
    match row % 12 {
        0 => {
            stringify(resource, "/resource_nums");
            stringify(resource, "/resource_available_nums");
        }
        1 => reformat_expiry(resource, |time| {
            let zone = Offset::constant(8).to_time_zone();
            time.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
        }),
        2 => reformat_expiry(resource, |time| time.strftime("%Y-%m-%dT%H:%M:%S.000000Z").to_string()),
        3 => reformat_expiry(resource, |time| time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()),
        4 => reformat_expiry(resource, |time| time.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
        5 => resource["expire_time"] = json!(""),
        6 => resource["expire_time"] = Value::Null,
        7 => {
            resource["resource_type"] = json!("HOLOGRAM");
            resource["tags"] = json!(["beta"]);
            resource["order"] = json!({"order_id": "CS2601010000001"});
        }
        8 => {
            resource["resource_available_nums"] = Value::Null;
            resource["asset_id"] = Value::Null;
        }
        // Not readable.
        9 => {
            resource["resource_nums"] = json!(true);
            resource["status"] = json!("frozen");
        }
        // Not readable.
        10 => resource["expire_time"] = json!("soon"),
        _ => {}
    }
}

fn change_product(row: usize, product: &mut Value) {
    match row % 10 {
        0 => {
            stringify(product, "/amount");
            stringify(product, "/usage");
        }
        // Unlimited.
        1 => product["amount"] = json!(-1),
        2 => product["amount"] = Value::Null,
        3 => product["unit"] = Value::Null,
        4 => {
            product["business_type"] = json!("HOLOGRAM");
            product["unit"] = json!("LIGHT_YEAR");
        }
        5 => product["resource_expire_time"] = json!(""),
        // Not readable.
        6 => product["usage"] = json!([1]),
        7 => product["bound_asset"] = json!("none"),
        _ => {}
    }
}

/// Replaces the number at a JSON pointer, if there is one, by a string.
fn stringify(value: &mut Value, pointer: &str) {
    if let Some(number) = value.pointer_mut(pointer) {
        *number = json!(number.to_string());
    }
}

/// Writes the row's `expire_time`, if there is one, in another format.
fn reformat_expiry(resource: &mut Value, format: fn(Timestamp) -> String) {
    let time = resource.get("expire_time").and_then(Value::as_str).and_then(|text| text.parse().ok());
    if let Some(time) = time {
        resource["expire_time"] = json!(format(time));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_in_every_format() {
        let row = json!({"expire_time": "2021-01-10T08:43:17Z"});
        let formatted = [1, 2, 3, 4, 5, 6, 10, 11].map(|n| {
            let mut row = row.clone();
            change_resource(n, &mut row);
            row["expire_time"].clone()
        });
        assert_eq!(
            json!(formatted),
            json!([
                "2021-01-10T16:43:17+08:00",
                "2021-01-10T08:43:17.000000Z",
                "2021-01-10 08:43:17Z",
                "2021-01-10T08:43:17",
                "",
                null,
                "soon",
                "2021-01-10T08:43:17Z"
            ])
        );
    }

    #[test]
    fn users_change_by_their_position_in_the_whole_list() {
        let row = || json!({"quota": {"voice_clone_basic": 5}, "usage": {"voice_clone_basic": 2}});
        let mut body = json!({"count": 22, "assets": [row(), row()]});
        apply(MetaStudioApi::UserQuotas, 20, &mut body);
        assert_eq!(
            body,
            json!({
                "count": "22",
                "page_info": {"next_marker": null},
                "assets": [
                    {"quota": {"voice_clone_basic": "5"}, "usage": {"voice_clone_basic": "2"}},
                    {"quota": {"voice_clone_basic": -1.0}, "usage": {"voice_clone_basic": 2}},
                ]
            })
        );
    }

    #[test]
    fn absent_fields_stay_absent() {
        let (mut user, mut resource) = (json!({"quota": {}}), json!({}));
        change_user(0, &mut user);
        change_resource(1, &mut resource);
        assert_eq!((user, resource), (json!({"quota": {}}), json!({})));
    }

    #[test]
    fn an_empty_list_becomes_null() {
        let mut body =
            json!({"count": 0, "resources": [], "resource_available_nums": {"basic": 3, "advance": 1}});
        apply(MetaStudioApi::VoiceTraining, 0, &mut body);
        assert_eq!(body["resources"], Value::Null);
        assert_eq!(body["resource_available_nums"], json!({"basic": "3", "advance": null, "hologram": 4}));
    }
}
