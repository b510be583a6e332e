//! Hostile names.

use super::*;

/// A text with markup, control characters and a change of text direction.
const HOSTILE: &str = "<script>alert(1)</script>\"'&<img src=x onerror=y>\0\n\u{202e}x";

pub(super) fn hostile() -> Facts {
    let hostile = || HOSTILE.to_owned();
    let long = "長".repeat(300);
    let evil = VoiceResource {
        id: hostile(),
        resource_type: hostile(),
        charge_mode: hostile(),
        status: Some(7.0),
        expiry: Some(f64::MAX),
        ..resource("", None, 7.0, f64::MAX)
    };
    let voice =
        VoiceTraining { available: vec![(hostile(), 1e300)], listed: u64::MAX, resources: vec![evil] };
    let odd = TenantResource {
        id: hostile(),
        resource_type: hostile(),
        business_type: hostile(),
        sub_resource_type: hostile(),
        charging_mode: hostile(),
        order_id: hostile(),
        unit: HOSTILE.into(),
        amount: Some(f64::MIN_POSITIVE),
        usage: Some(f64::MAX),
        expiry: Some(f64::MAX),
        status: Some(f64::MAX),
        ..TenantResource::default()
    };
    let quotas = vec![
        Quota { item: HOSTILE.into(), limit: Some(f64::MIN_POSITIVE), usage: Some(f64::MAX) },
        quota("video_time_new", f64::MAX, 1.0),
    ];
    let named = |id: String, name: String| User { id, name: Some(name), quotas: quotas.clone() };
    let users = users(vec![named(hostile(), hostile()), named("long".to_owned(), long)]);
    facts(vec![ProjectFacts {
        id: Some(hostile()),
        region: hostile(),
        endpoint: hostile(),
        voice_training: Some(fresh(voice)),
        user_quotas: Some(fresh(users)),
        tenant_resources: Some(products(vec![odd, product("plain", 99.0, Some(1), 1.0)])),
        ..project(HOSTILE)
    }])
}

#[test]
fn hostile_names_stay_text() {
    let facts = hostile();
    let names = ["project", "sort", "page", "q", "level", "from", "refresh"];
    // The client replaces NUL in IDs.
    let id = HOSTILE.replace('\0', "");
    let own = [("lang", "en"), ("id", id.as_str())].into_iter().chain(names.map(|name| (name, HOSTILE)));
    let own: Vec<_> = own.collect();
    let mut all = [all_pages(&facts, "en"), all_pages(&facts, "zh")].concat();
    all.push(found(pages::overview(context(&facts, "/", &own), &facts)));
    all.push(found(pages::users(context(&facts, "/users", &own), &facts)));
    all.push(found(pages::resources(context(&facts, "/resources", &own), &facts)));
    all.push(found(pages::products(context(&facts, "/products", &own), &facts)));
    all.push(found(pages::user(context(&facts, "/user", &own), &facts)));
    for page in all {
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("style="), "{page}");
        // Attributes keep NUL and line breaks, so that their values equal the names.
        let shown = regex_lite::Regex::new("<[^>]*>").unwrap().replace_all(&page, "").into_owned();
        assert!(!shown.contains('\0') && !shown.contains("onerror=y>\n"), "{shown}");
        let plain = "&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#38;&#60;img src=x onerror=y&#62;␀␊\u{202e}x";
        for (at, _) in page.match_indices(plain) {
            let before = &page[..at];
            let isolated =
                ["<bdi translate=\"no\">", "<bdi>", "\u{2068}", "title=\"", "dir=\"auto\" selected>"];
            assert!(
                isolated.iter().any(|start| before.ends_with(start)) || before.ends_with("dir=\"auto\">"),
                "{}",
                &before[before.len() - 40..]
            );
        }
    }
}
