//! The closed lists: the words that the API's documents consist of. All else in a body is the account's own.

use std::sync::LazyLock;

use regex_lite::Regex;

/// The words of documented field names, enum values and messages, in lower case. None of them names a person, a product
/// of a customer or a company, and combinations of them are the names that new fields and values are likely to have.
const WORDS: &str = "\
    2d 3d 4d a ab access account action active add additional admin advance ak aksk all allocated allowed \
    amount amounts an and api apic apig apigw apikey are area asset assets at auth authentication \
    authorization authorized available avatar avatars bad balance bandwidth basic been begin billing bind \
    body bound br business by calling calls cancel canonical canonicalrequest card cards category ccms \
    center channel channels charge charging charset chat city clone clones cloud cmww code command \
    concurrency concurrent config connection consume consumed consumption content conversation copy cost \
    could count country create created credential credentials css custom customer data date day days decrypt \
    default deleted demand denied desc description detail details device digital disabled div does domain \
    due duration edition effect effective email enable enabled end endpoint entity environment error \
    errorcode errormsg errors exceeded exist exists expiration expire expired expires expiry extra fail \
    failed failure feature features field file files first flag flexus fluency for forbidden found free \
    freeze freezing from frozen fulfilling gateway gb generation get group groups guest h1 h2 has have head \
    header hour hours hr html http human iam icon id ids image in incorrect index info information instance \
    interaction internal invalid ip is item items kb key language last level life limit limited limits list \
    live ljzn locale locked long main manage manager many marker match max mb message meta method middle \
    million min minute minutes mobi mode model modeling models modified module month months more msg mss \
    name names new next nginx no node none normal not num number numbers nums object obs of offset on once \
    one only open operation operator options or order orders org organization original other over owner p \
    package packages page pages param parameter parent party path pay pending per perform period periodic \
    permission permissions phone photo picture pictures pixel platform play policy pool port postpaid \
    prepaid prevented previous price priority private privilege pro process product products project \
    projects properties property provider proxy public published purchase purchased quality quantity quota \
    quotas range rate ratelimit reach reached reason rebind record records region remain remaining remark \
    remind render renew request requested requests reset resolution resource resources response result \
    results retry right rights role root row rows rules scope second seconds secret security sell server \
    service services session setting settings share shared short sign signature signed singing size sku \
    sound source sp space spec specification speech speed standard start started state statistics status \
    stop storage store sts sub subject subscribe subscription success suffix sum summary support synthesis \
    synthetics system tag tags task tasks tb temporary ten tenant tenants term text the third this thousand \
    threshold throttling tier time timeout times timestamp title to token tokens tools total train training \
    trial ttl tts ttsa type types unavailable unbind unexpected unfreeze unit units unknown unlimited unused \
    update updated upgrade url usage usages use used uses user username users using utf v1 v2 v3 valid validity \
    value values vds verify version video videos view virtual visual vocal voice volume was website week \
    weeks when white with word words work workspace write wrong x xml year years you your zone";

static SORTED: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut words: Vec<_> = WORDS.split_whitespace().collect();
    words.sort_unstable();
    words
});

/// The public regions; a private cloud's names may name its owner.
static REGION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let pattern = "^(cn|ap|af|la|na|sa|eu|me|tr|ru|my|ae)-\
                   (north|south|east|west|central|northeast|northwest|southeast|southwest)-[0-9]{1,3}$";
    Regex::new(pattern).ok()
});

/// A time of RFC 3339, also with a space for the `T`, without a zone, or with a year of five digits.
static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\+?\d{4,5}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?( ?([Zz]|[+-]\d\d:?\d\d))?)?$").ok()
});

static NUMBER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^-?\d{1,15}(\.\d{1,17})?([eE][+-]?\d{1,3})?$").ok());

/// What has to stay in a message, because it says what to do: the gateway's limit, the time of a clock, an error code.
static SPANS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        \blimit:\d{1,6},time:\d{1,6}\ (second|minute|hour|day)s?\b
        | \b(signature|server)\ time:\ ?\d{8}T\d{6}Z
        | \b(MSS|APIG|APIGW|APIC|IAM|STS)\.\d{1,8}\b
        | \b\d{4}-\d\d-\d\d[T\ ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?\b",
    )
    .ok()
});

/// Whether all parts of a name such as `resource_type`, `errorCode` or `VIDEO_2D` are known.
pub(super) fn is_known(name: &str) -> bool {
    let is_word = |part: &str| SORTED.binary_search(&part.to_ascii_lowercase().as_str()).is_ok();
    !name.is_empty()
        && name
            .split('_')
            .all(|part| is_word(part) || !part.is_empty() && parts_of_camel_case(part).all(is_word))
}

/// `errorCode` has the parts `error` and `Code`.
fn parts_of_camel_case(name: &str) -> impl Iterator<Item = &str> {
    let has_lower = name.bytes().any(|byte| byte.is_ascii_lowercase());
    let mut rest = name;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let is_begin = |(at, byte): &(usize, u8)| *at > 0 && has_lower && byte.is_ascii_uppercase();
        let end = rest.bytes().enumerate().find(is_begin).map_or(rest.len(), |(at, _)| at);
        let (part, others) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = others;
        Some(part)
    })
}

/// Whether a key of an object of amounts is a product's name, such as `hologram` or `video_time_4d_model`: a new product
/// is what a recording has to show.
pub(super) fn is_item(key: &str) -> bool {
    let is_part =
        |part: &str| is_known(part) || !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    key.len() <= 64 && key.split('_').all(is_part)
}

pub(super) fn is_region(text: &str) -> bool {
    matches(&REGION, text)
}

/// The digits of a code of resource types; an ID has more.
const MOST_DIGITS: usize = 3;

/// A code of the vendor's list of resource types, which has names of products of its own and grows.
pub(super) fn is_resource_type(text: &str) -> bool {
    let codes = text.strip_prefix("hws.resource.type.metastudio.");
    codes.is_some_and(|codes| {
        let is_code = |code: &str| {
            !code.is_empty() && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        let digits = codes.bytes().filter(u8::is_ascii_digit).count();
        codes.len() <= 64 && digits <= MOST_DIGITS && codes.split('.').all(is_code)
    })
}

pub(super) fn is_time(text: &str) -> bool {
    matches(&TIME, text)
}

/// Whether a text is a number that is too short for an ID.
pub(super) fn is_number(text: &str) -> bool {
    matches(&NUMBER, text)
}

/// The places in a message that stay.
pub(super) fn kept_spans(message: &str) -> Vec<(usize, usize)> {
    let spans =
        SPANS.as_ref().map(|spans| spans.find_iter(message).map(|found| (found.start(), found.end())));
    spans.into_iter().flatten().collect()
}

fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_resource_types_have_the_prefix_of_the_vendors_list() {
        let prefix = "hws.resource.type.metastudio.";
        for (code, expected) in [
            (format!("{prefix}avatarmodeling.number"), true),
            (format!("{prefix}avatar2d.model4k5"), true),
            (format!("{prefix}avatar2d.model4k56"), false),
            (format!("{prefix}{}", "a".repeat(64)), true),
            (format!("{prefix}{}", "a".repeat(65)), false),
            (prefix.to_owned(), false),
            (format!("{prefix}a..b"), false),
            (format!("{prefix}Zhang-San"), false),
            ("hws.resource.type.other.number".to_owned(), false),
        ] {
            assert_eq!(is_resource_type(&code), expected, "{code}");
        }
    }

    #[test]
    fn every_documented_name_and_value_is_known() {
        for name in crate::cloud::user_quotas::ITEMS.into_iter().chain([
            "count",
            "resources",
            "assets",
            "resource_available_nums",
            "flexus",
            "basic",
            "middle",
            "middle_on_demand",
            "advance",
            "third_party_cmww",
            "operation_type",
            "resource_source",
            "asset_id",
            "resource_id",
            "resource_nums",
            "resource_type",
            "charge_mode",
            "expire_time",
            "status",
            "user_id",
            "quota",
            "usage",
            "order_id",
            "bound_asset",
            "resource_expire_time",
            "business_type",
            "sub_resource_type",
            "is_sub_resource",
            "charging_mode",
            "amount",
            "unit",
            "error_code",
            "error_msg",
            "errorCode",
            "errorMsg",
            "code",
            "message",
            "error",
            "request_id",
            "title",
            "projects",
            "users",
            "id",
            "name",
            "enabled",
            "domain_id",
            "limit",
            "offset",
            "VOICE_CLONE",
            "SYNTHETICS_SOUND",
            "ASSET_MANAGER",
            "MODELING_2D",
            "LIVE_2D",
            "VIDEO_2D",
            "CHAT_2D",
            "BUSINESS_CARD_2D",
            "PICTURE_2D",
            "MODELING_3D",
            "VDS_3D",
            "TTSA_3D",
            "FLEXUS_2D",
            "voice_clone_flexus",
            "modeling_count_2d_model_flexus",
            "video_time_flexus_2d_model",
            "PERIODIC",
            "ONE_TIME",
            "ON_DEMAND",
            "PURCHASED",
            "SP_ALLOCATED",
            "ADMIN_ALLOCATED",
            "NUM",
            "MIN",
            "HOUR",
            "CHANNEL",
            "GB",
            "MILLION_WORDS",
            "TEN_THOUSAND_WORDS",
            "TIME",
            "ADD",
            "UPDATE",
            "FREEZE",
            "UNFREEZE",
            "REBIND",
            "BASIC",
            "MIDDLE",
            "ADVANCE",
            "THIRD_PARTY",
            "THIRD_PARTY_LJZN",
            "TTS_CMWW",
            "TTS_LJZN",
            "FLEXUS",
        ]) {
            assert!(is_known(name), "{name}");
        }
        for name in ["", "_", "zhangsan", "user_0b01", "ACME_VIDEO", "userZhang", "1234", "a1", "HOLOGRAM"] {
            assert!(!is_known(name), "{name}");
        }
    }

    #[test]
    fn a_products_name_is_lower_case_words() {
        for (key, expected) in [
            ("hologram", true),
            ("video_time_4d_model", true),
            ("Hologram", false),
            ("hologram2", false),
            ("0b01", false),
            ("a__b", false),
            ("", false),
        ] {
            assert_eq!(is_item(key), expected, "{key}");
        }
        assert!(is_item(&"a".repeat(64)) && !is_item(&"a".repeat(65)));
    }

    #[test]
    fn times_and_numbers_have_their_forms_only() {
        for (text, expected) in [
            ("2021-01-10T08:43:17Z", true),
            ("2021-01-10 08:43:17.123456+08:00", true),
            ("9999-12-31", true),
            ("+10000-01-01T07:59:59+08:00", true),
            ("20210110", false),
            ("2021-01-10T08:43:17Z1", false),
            ("2021-01-10T08:43:17.1234567890Z", false),
        ] {
            assert_eq!(is_time(text), expected, "{text}");
        }
        for (text, expected) in [
            ("7.0", true),
            ("-1", true),
            ("1e400", true),
            ("0.30000000000000004", true),
            ("999999999999999", true),
            ("1000000000000000", false),
            ("", false),
            ("0x1", false),
        ] {
            assert_eq!(is_number(text), expected, "{text}");
        }
        for (text, expected) in [
            ("cn-north-4", true),
            ("ap-southeast-1", true),
            ("cn-acme-1", false),
            ("acme-north-1", false),
            ("cn-north-4_acme", false),
        ] {
            assert_eq!(is_region(text), expected, "{text}");
        }
    }
}
