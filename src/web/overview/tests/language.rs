//! No page mixes languages.

use super::hostile::hostile;
use super::*;

/// The page's own words, without names, IDs, texts of the API, and the name of the other language.
fn own_words(page: &str) -> String {
    let mut text = page.to_owned();
    for (pattern, by) in [
        ("(?s)<(bdi|code|option|title)[ >].*?</(bdi|code|option|title)>", ""),
        ("<a [^>]*lang=\"en\"[^>]*>English</a>", ""),
        ("aria-label=\"([^\"]*)\"", ">$1<br "),
        ("<[^>]*>", " "),
    ] {
        text = regex_lite::Regex::new(pattern).unwrap().replace_all(&text, by).into_owned();
    }
    text
}

#[test]
fn the_chinese_pages_have_no_english_words() {
    let failing = |stage, reason, advice| {
        let (status, request_id) = (Some(403), Some("r".into()));
        let failure = PollFailure { reason, stage, status, code: "X.1".into(), request_id, advice };
        let users = users(vec![]);
        let snapshot =
            Snapshot { data: users.into(), fetched_at: now().into(), consistent: false, invalid_values: 2 };
        let user_quotas = Some(ApiFacts { last: Some(ended(Some(failure.clone()))), data: ranked(snapshot) });
        let voice_training =
            Some(ApiFacts { last: Some(ended(Some(failure.clone()))), data: LastData::Missing });
        let tenant_resources = Some(ApiFacts { last: Some(ended(Some(failure))), data: LastData::Missing });
        ProjectFacts { voice_training, user_quotas, tenant_resources, ..project("p") }
    };
    let stages = [Stage::NoCredentials, Stage::Paused, Stage::Issuer, Stage::Project, Stage::Call];
    let failures = stages
        .into_iter()
        .flat_map(|stage| Reason::ALL.map(|reason| failing(stage, reason, Advice::SetClock)))
        .chain(Advice::ALL.map(|advice| failing(Stage::Call, Reason::Other, advice)));
    let waiting =
        ProjectFacts { user_quotas: Some(ApiFacts { last: None, data: LastData::Missing }), ..project("q") };
    let all_problems = super::products::with_every_problem();
    let many = [hostile(), all_problems, facts(failures.collect()), facts(vec![waiting]), facts(vec![])];
    let known = ["MetaStudio", "Exporter", "UTC", "ID", "IAM", "NTP", "Flexus", "API", "v", "dev"];
    let word = regex_lite::Regex::new("[A-Za-z]{2,}").unwrap();
    for page in many.iter().flat_map(|facts| all_pages(facts, "zh")) {
        assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"zh-CN\">"));
        let text = own_words(&page);
        let english: Vec<_> =
            word.find_iter(&text).map(|word| word.as_str()).filter(|word| !known.contains(word)).collect();
        assert!(english.is_empty(), "{english:?} in {text}");
    }
}
