use super::*;
use crate::cloud::reason::Reason;
use crate::poll::Stage;
use crate::sim::world::ITEMS;

#[test]
fn the_reader_gets_what_the_browser_likes_best() {
    for (header, language) in [
        ("", Language::English),
        ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
        ("en-US,en;q=0.9,zh;q=0.8", Language::English),
        ("de,fr;q=0.9,zh-TW;q=0.1", Language::Chinese),
        ("en;q=0.3, ZH-hans;q=0.4", Language::Chinese),
        ("zh;q=0, en;q=0.1", Language::English),
        ("zh;q=0", Language::English),
        ("zh;q=bad,;;,=", Language::English),
        ("*", Language::English),
        ("zho-is-no-zh", Language::English),
    ] {
        assert_eq!(Language::accepted(header), language, "{header}");
    }
}

#[test]
fn the_documented_items_and_types_have_a_meaning_in_each_language() {
    let types =
        ["BASIC", "MIDDLE", "ADVANCE", "FLEXUS", "THIRD_PARTY", "THIRD_PARTY_LJZN", "TTS_CMWW", "TTS_LJZN"];
    let keys = ["flexus", "basic", "middle", "middle_on_demand", "advance", "third_party_cmww"];
    for language in Language::ALL {
        let terms = &language.words().terms;
        let mut meanings: Vec<_> = ITEMS.iter().map(|item| terms.item(item).unwrap()).collect();
        meanings.extend(types.iter().map(|name| terms.resource_type(name).unwrap()));
        meanings.sort_unstable();
        meanings.dedup();
        assert_eq!(meanings.len(), ITEMS.len() + types.len(), "no two mean the same");
        assert!(keys.iter().all(|key| terms.resource_type(key).is_some()));
        assert!(["PERIODIC", "ONE_TIME", "ON_DEMAND"].iter().all(|mode| terms.charge_mode(mode).is_some()));
        assert_eq!(
            (terms.item("new"), terms.resource_type("NEW"), terms.charge_mode("NEW")),
            (None, None, None)
        );
    }
}

#[test]
fn every_failure_is_told_and_advised_in_each_language() {
    let stages = [Stage::NoCredentials, Stage::Resting, Stage::Issuing, Stage::Project, Stage::Call];
    for (stage, reason) in stages.into_iter().flat_map(|stage| Reason::ALL.map(|reason| (stage, reason))) {
        let failure = PollFailure { reason, stage, status: None, code: String::new(), request_id: None };
        for collector in Collector::ALL {
            let told = Language::ALL.map(|language| {
                let words = language.words();
                ((words.reason)(&failure), (words.advice)(&failure, collector))
            });
            let [english, chinese] = told;
            assert!(english.0.ends_with('.') && english.1.ends_with('.'), "{english:?}");
            assert!(chinese.0.ends_with('。') && chinese.1.ends_with('。'), "{chinese:?}");
        }
    }
}
