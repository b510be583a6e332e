//! The fault `odd-fields`: answers as no document promises and every client meets one day.
//!
//! Which row has what, by its place `n` in the list. Where nothing else is said, the true values stay readable.
//!
//! | `n % 10` | of `user/quotas` |
//! |---|---|
//! | 0 | `voice_clone_basic`: limit and usage are numbers in strings |
//! | 1 | `voice_clone_basic`: limit `-1.0` (unlimited) |
//! | 2 | `voice_clone_middle`: limit `"-1"` (unlimited) |
//! | 3 | `usage` is null |
//! | 4 | `voice_clone_flexus`: limit null |
//! | 5 | a new item `voice_clone_ultra`, limit 7, usage 3, and an unknown text and object |
//! | 6 | `modeling_count_2d_model`: limit is an object, usage a list (unreadable) |
//! | 7 | `video_time_2d_model`: usage `"NaN"`; `video_time_flexus_2d_model`: limit `"1e400"` (unreadable) |
//! | 8 | `quota` is null |
//! | 9 | nothing |
//!
//! | `n % 12` | of `voice-training-manage/quotas` |
//! |---|---|
//! | 0 | `resource_nums` and `resource_available_nums` are numbers in strings |
//! | 1 | `expire_time` with the offset `+08:00` |
//! | 2 | `expire_time` with fractions of a second |
//! | 3 | `expire_time` with a space for the `T` |
//! | 4 | `expire_time` without a zone |
//! | 5 | `expire_time` is an empty string |
//! | 6 | `expire_time` is null |
//! | 7 | a new `resource_type` `HOLOGRAM` and unknown fields |
//! | 8 | `resource_available_nums` and `asset_id` are null |
//! | 9 | `resource_nums` is true, `status` is `"frozen"` (unreadable) |
//! | 10 | `expire_time` is `"soon"` (unreadable) |
//! | 11 | nothing |
//!
//! Around the rows: `count` is a number in a string; an empty list is null; there is an unknown object; among the
//! `resource_available_nums`, `basic` is a number in a string, `advance` is null and `hologram` is a new key with 4.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Value, json};

use super::fault::Api;

/// Spoils an answer of `api` whose first row is row `first` of the list.
pub(super) fn spoil(api: Api, first: usize, body: &mut Value) {
    let (list, row_spoiler): (_, fn(usize, &mut Value)) = match api {
        Api::VoiceTraining => ("resources", resource),
        Api::UserQuotas => ("assets", user),
    };
    for (index, row) in body[list].as_array_mut().into_iter().flatten().enumerate() {
        row_spoiler(first + index, row);
    }
    if body[list].as_array().is_some_and(Vec::is_empty) {
        body[list] = Value::Null;
    }
    stringify(body, "/count");
    body["page_info"] = json!({"next_marker": null});
    if api == Api::VoiceTraining {
        let available = &mut body["resource_available_nums"];
        stringify(available, "/basic");
        available["advance"] = Value::Null;
        available["hologram"] = json!(4);
    }
}

fn user(row: usize, user: &mut Value) {
    match row % 10 {
        0 => {
            stringify(user, "/quota/voice_clone_basic");
            stringify(user, "/usage/voice_clone_basic");
        }
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
        6 => {
            user["quota"]["modeling_count_2d_model"] = json!({"value": 3});
            user["usage"]["modeling_count_2d_model"] = json!([1]);
        }
        7 => {
            user["usage"]["video_time_2d_model"] = json!("NaN");
            user["quota"]["video_time_flexus_2d_model"] = json!("1e400");
        }
        8 => user["quota"] = Value::Null,
        _ => {}
    }
}

fn resource(row: usize, resource: &mut Value) {
    match row % 12 {
        0 => {
            stringify(resource, "/resource_nums");
            stringify(resource, "/resource_available_nums");
        }
        1 => respell(resource, |time| {
            let zone = Offset::constant(8).to_time_zone();
            time.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
        }),
        2 => respell(resource, |time| time.strftime("%Y-%m-%dT%H:%M:%S.000000Z").to_string()),
        3 => respell(resource, |time| time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()),
        4 => respell(resource, |time| time.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
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
        9 => {
            resource["resource_nums"] = json!(true);
            resource["status"] = json!("frozen");
        }
        10 => resource["expire_time"] = json!("soon"),
        _ => {}
    }
}

/// Writes the number at a JSON pointer as a string; what is absent stays absent.
fn stringify(value: &mut Value, pointer: &str) {
    if let Some(number) = value.pointer_mut(pointer) {
        *number = json!(number.to_string());
    }
}

/// Writes the row's `expire_time`, where it has one, in another spelling of the same instant.
fn respell(resource: &mut Value, spelling: fn(Timestamp) -> String) {
    let time = resource.get("expire_time").and_then(Value::as_str).and_then(|text| text.parse().ok());
    if let Some(time) = time {
        resource["expire_time"] = json!(spelling(time));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_instant_in_every_spelling() {
        let row = json!({"expire_time": "2021-01-10T08:43:17Z"});
        let spelt = [1, 2, 3, 4, 5, 6, 10, 11].map(|n| {
            let mut row = row.clone();
            resource(n, &mut row);
            row["expire_time"].clone()
        });
        assert_eq!(
            json!(spelt),
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
    fn users_by_their_place_in_the_whole_list() {
        let row = || json!({"quota": {"voice_clone_basic": 5}, "usage": {"voice_clone_basic": 2}});
        let mut body = json!({"count": 22, "assets": [row(), row()]});
        spoil(Api::UserQuotas, 20, &mut body);
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
    fn what_is_absent_stays_absent() {
        let (mut silent, mut bought_once) = (json!({"quota": {}}), json!({}));
        user(0, &mut silent);
        resource(1, &mut bought_once);
        assert_eq!((silent, bought_once), (json!({"quota": {}}), json!({})));
    }

    #[test]
    fn an_empty_list_is_null() {
        let mut body =
            json!({"count": 0, "resources": [], "resource_available_nums": {"basic": 3, "advance": 1}});
        spoil(Api::VoiceTraining, 0, &mut body);
        assert_eq!(body["resources"], Value::Null);
        assert_eq!(body["resource_available_nums"], json!({"basic": "3", "advance": null, "hologram": 4}));
    }
}
