//! From when on a resource, a type of resources and a user need a person.

use super::attention::{in_chinese, lines, spare, used, voice, with_spare};
use super::*;

#[test]
fn resources_are_listed_within_the_bounds_of_the_alerts_if_something_is_lost() {
    let week = 7 * DAY;
    let month = 30 * DAY;
    let expired = "Critical 1 resource expired in the last 30 days, with 3 models left.";
    let frozen = "Warning 1 resource is frozen, with 3 models left.";
    for (seconds, status, expected) in [
        (-month, 0.0, None),
        (1 - month, 0.0, Some(expired)),
        (0, 0.0, Some(expired)),
        (1, 0.0, Some("Critical 1 resource expires in 1 second, with 3 models left.")),
        (week - 1, 0.0, Some("Critical 1 resource expires in 6 days, with 3 models left.")),
        (week, 0.0, Some("Warning 1 resource expires in 7 days, with 3 models left.")),
        (month - 1, 0.0, Some("Warning 1 resource expires in 29 days, with 3 models left.")),
        (month, 0.0, None),
        (month, 1.0, Some(frozen)),
    ] {
        let listed = |left| {
            let row = spare("1", seconds, status, left);
            lines(&facts(vec![ProjectFacts { voice_training: Some(with_spare(vec![row])), ..project("p") }]))
        };
        assert_eq!(listed(Some(3.0)), expected.into_iter().collect::<Vec<_>>(), "{seconds}");
        assert!(listed(Some(0.0)).is_empty(), "nothing is lost after {seconds}");
        let unknown = expected.map(|line| line.replace("with 3 models", "with an unknown number of models"));
        assert_eq!(listed(None), unknown.into_iter().collect::<Vec<_>>(), "{seconds}");
    }
}

#[test]
fn some_unknown_numbers_make_a_lower_bound() {
    let rows = vec![spare("1", 1, 1.0, None), spare("2", 99 * DAY, 1.0, Some(1.0))];
    let facts = facts(vec![ProjectFacts { voice_training: Some(with_spare(rows)), ..project("p") }]);
    assert_eq!(lines(&facts)[1], "Warning 2 resources are frozen, with at least 1 model left.");
    assert_eq!(in_chinese(&facts)[1], "警告 2 个资源已冻结，还有至少 1 个声音模型未训练。");
}

#[test]
fn a_type_is_listed_if_all_its_resources_are_used_up_frozen_or_expired() {
    let line = Some("Critical No voice model can be trained: Basic edition.");
    let used_up = || spare("1", 99 * DAY, 0.0, Some(0.0));
    for (other, expected) in [
        (used_up(), line),
        (spare("2", 99 * DAY, 0.0, Some(1.0)), None),
        (spare("2", 99 * DAY, 1.0, Some(1.0)), line),
        (spare("2", 0, 0.0, Some(1.0)), line),
        (spare("2", 1, 0.0, Some(1.0)), None),
        (spare("2", 99 * DAY, 0.0, None), None),
        (spare("2", 99 * DAY, 1.0, None), None),
    ] {
        let facts = facts(vec![ProjectFacts {
            voice_training: Some(voice(vec![used_up(), other.clone()])),
            ..project("p")
        }]);
        let found = lines(&facts).into_iter().find(|line| line.contains("trained"));
        assert_eq!(found.as_deref(), expected, "{other:?}");
    }
    for (row, expected) in [
        (spare("1", 1 - 30 * DAY, 0.0, Some(0.0)), line),
        (spare("1", -30 * DAY, 0.0, Some(0.0)), None),
        (VoiceResource { models: Some(0.0), ..used_up() }, None),
        (VoiceResource { models: None, ..used_up() }, None),
    ] {
        let facts =
            facts(vec![ProjectFacts { voice_training: Some(voice(vec![row.clone()])), ..project("p") }]);
        assert_eq!(lines(&facts).first().map(String::as_str), expected, "{row:?}");
    }
}

#[test]
fn many_types_with_nothing_to_train_are_counted() {
    let row = |(place, name): (usize, &&str)| VoiceResource {
        resource_type: (*name).to_owned(),
        ..spare(&place.to_string(), 99 * DAY, 0.0, Some(0.0))
    };
    for (types, english, chinese) in [
        (&["NEW"][..], "No voice model of a type can be trained.", "有 1 种类型已无可训练的声音模型。"),
        (&["NEW", "NEWER"], "No voice model of 2 types can be trained.", "有 2 种类型已无可训练的声音模型。"),
        (
            &["BASIC", "NEW"],
            "No voice model can be trained: Basic edition and 1 more.",
            "“基础版”等 2 种类型已无可训练的声音模型。",
        ),
        (
            &["MIDDLE", "BASIC", "FLEXUS", "ADVANCE"],
            "No voice model can be trained: Premium edition, Basic edition, Flexus edition and 1 more.",
            "“高级版”、“基础版”、“Flexus 版”等 4 种类型已无可训练的声音模型。",
        ),
    ] {
        let rows = types.iter().enumerate().map(row).collect();
        let facts = facts(vec![ProjectFacts { voice_training: Some(voice(rows)), ..project("p") }]);
        assert_eq!(lines(&facts), [format!("Critical {english}")]);
        assert_eq!(in_chinese(&facts), [format!("紧急 {chinese}")]);
    }
}

#[test]
fn users_are_listed_from_95_percent_on() {
    for (percent, expected) in [
        (94.9, None),
        (95.0, Some("Warning 1 user has almost used up a quota (95 % or more).")),
        (99.9, Some("Warning 1 user has almost used up a quota (95 % or more).")),
        (100.0, Some("Warning 1 user has used up a quota.")),
    ] {
        let facts = facts(vec![ProjectFacts {
            user_quotas: Some(fresh(users(vec![used(percent)]))),
            ..project("p")
        }]);
        assert_eq!(lines(&facts), expected.into_iter().collect::<Vec<_>>(), "{percent}");
    }
}
