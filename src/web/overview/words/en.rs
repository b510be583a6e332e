//! English.

use super::{Terms, Words};
use crate::cloud::reason::Reason;
use crate::poll::{PollFailure, Stage};
use crate::snapshot::Collector;
use crate::web::overview::resources::Mark;
use crate::web::overview::span::Span;

pub(super) const WORDS: Words = Words {
    tag: "en",
    name: "English",
    terms: Terms {
        modeling_count_2d_model: "Digital human models",
        modeling_count_2d_model_flexus: "Digital human models, Flexus edition",
        video_time_2d_model: "Digital human video time",
        video_time_flexus_2d_model: "Digital human video time, Flexus edition",
        voice_clone_basic: "Voice cloning, basic edition",
        voice_clone_middle: "Voice cloning, advanced edition",
        voice_clone_advance: "Voice cloning, premium edition",
        voice_clone_flexus: "Voice cloning, Flexus edition",
        basic: "Basic edition",
        middle: "Advanced edition",
        middle_on_demand: "Advanced edition, trial",
        advance: "Premium edition",
        flexus: "Flexus edition",
        third_party_cmww: "Third party: DupDub (Mobvoi)",
        third_party_ljzn: "Third party: AudioX",
        tts_cmww: "Speech synthesis",
        tts_ljzn: "Speech synthesis: AudioX",
        periodic: "yearly or monthly",
        one_time: "one-time",
        on_demand: "pay-per-use",
    },

    colon: ": ",
    skip: "Skip to the content",
    pages: "Pages",
    languages: "Language",
    overview: "Overview",
    resources: "Voice training resources",
    users: "Users",
    user: "User",
    as_of: "As of",
    reload: "Reload",
    more: "More",
    metrics: "Metrics",
    discovery: "Service discovery",
    health: "Health",
    readiness: "Readiness",
    documentation: "Documentation",
    version: "Version",
    revision: "revision",

    project: "Project",
    all_projects: "All projects",
    show: "Show",
    filter: "Filter by project",
    unknown_project: "There is no project of that name. All projects are shown.",
    project_id: "Project ID",
    region: "Region",
    endpoint: "Endpoint",

    totals: "Totals",
    projects: "Projects",
    all_work: "all work",
    working: |count| if count == 1 { "1 works".to_owned() } else { format!("{count} work") },
    failing: |count| format!("{count} with an API that fails"),
    not_polled: |count| format!("{count} not polled yet"),
    expired_count: |count| format!("{count} expired"),
    frozen_count: |count| format!("{count} frozen"),
    expiring_count: |count| format!("{count} expiring within 30 days"),
    high_count: |count| format!("{count} over 80 % of a quota"),
    used_up_count: |count| format!("{count} with a quota used up"),
    omitted_count: |count| format!("{count} left out by the limit on users"),
    nothing_wrong: "nothing to worry about",
    not_known: "not known",
    partly_known: |fresh, polled| format!("Numbers of {fresh} of {polled} projects."),
    never_polled: "This API is not polled.",
    still_waiting: "No numbers yet: the first poll has not ended.",
    no_fresh_numbers: "No numbers that are recent enough to show.",

    apis: "Projects and APIs",
    apis_caption: "Whether each API of each project works, and how old its numbers are",
    api: "API",
    state: "State",
    age: "Numbers from",
    details: "Details",
    waiting: "Not polled yet",
    works: "Works",
    fails: "Fails",
    never: "never",
    too_old: "Too old: the numbers are not shown.",
    old_numbers: "The last numbers stay until they are too old.",
    inconsistent: "The list kept changing while it was read: rows may be missing.",
    invalid_values: |count| match count {
        1 => "1 field could not be read and was left out.".to_owned(),
        count => format!("{count} fields could not be read and were left out."),
    },
    last_poll: "Last poll",
    what_to_do: "What to do",
    error_code: "Error code",
    request_id: "Request ID",
    collector: |collector| match collector {
        Collector::VoiceTraining => "Voice training resources",
        Collector::UserQuotas => "User quotas",
    },
    reason,
    advice,

    available: "Available by type",
    available_caption: "Voice models that can still be trained, by type of resource, of all projects shown",
    resource_type: "Type",
    available_number: "Available",
    projects_with_none: "Projects with none",
    and_more: |count| format!("and {count} more"),
    none: "none",
    expiring: "What expires next",
    expiring_caption: "Resources that expire next, and those that expired last",
    nothing_expires: "Nothing expires.",
    all_resources: "All voice training resources",
    resources_caption: "Voice training resources",
    no_resources: "There are no resources.",
    resource: "Resource",
    left: "Models left",
    left_of: |left, all| format!("{left} of {all}"),
    expires: "Expires",
    never_expires: "does not expire",
    charging: "Charging",
    normal: "Normal",
    mark: |mark| match mark {
        Mark::Expired => "Expired",
        Mark::Frozen => "Frozen",
        Mark::UsedUp => "Used up",
        Mark::ExpiresVerySoon => "Within 7 days",
        Mark::ExpiresSoon => "Within 30 days",
        Mark::Status(_) => "Unknown status",
    },

    nearest: "Users nearest exhaustion",
    nearest_caption: "Users who have used the most of a quota; those without a limit are never among them",
    nobody_near: "Nobody has used anything of a limited quota.",
    all_users: "All users",
    users_caption: "Users, each with the quota that is used the most",
    no_users: "There are no users.",
    item: "Item",
    fullest_item: "Fullest quota",
    usage: "Used",
    limit: "Quota",
    utilisation: "Utilisation",
    unlimited: "unlimited",
    not_told: "not told",
    no_quota: "Used without a quota",
    unused: "quota of 0, nothing used",
    high: "High",
    critical: "Critical",
    used_up: "Used up",
    no_items: "no quotas",
    user_id: "User ID",
    user_name: "Name",
    quotas: "Quotas",
    quotas_caption: "Every quota of the user, and how much of it is used",
    fetched: "Numbers from",
    omitted_note: |count| match count {
        1 => "1 user with less utilisation is left out by the limit on users.".to_owned(),
        count => format!("{count} users with less utilisation are left out by the limit on users."),
    },

    rows: |first, last, total| format!("{first} to {last} of {total}"),
    paging: "More rows",
    page_of: |page, pages| format!("Page {page} of {pages}"),
    previous: "Previous",
    next: "Next",

    not_found: "Not found",
    no_such_user: "There is no such user in the last list of this project, or the filter on users leaves it out.",
    user_not_known: "The users of this project are not known at the moment: it has not been polled yet, its polls fail, \
                     or there is no such project.",
    back: "Back to the overview",

    ago: |span| format!("{} ago", length(span)),
    ahead: |span| format!("in {}", length(span)),
    just_now: "just now",
    video_time: |hours, minutes| match (hours, minutes) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    },
    short_time: |seconds| format!("{seconds} s"),
    exact_time: |seconds| format!("{seconds} seconds"),
};

fn length(span: Span) -> String {
    let (count, unit) = match span {
        Span::Seconds(count) => (count, "second"),
        Span::Minutes(count) => (count, "minute"),
        Span::Hours(count) => (count, "hour"),
        Span::Days(count) => (count, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn reason(failure: &PollFailure) -> &'static str {
    match (failure.stage, failure.reason) {
        (Stage::NoCredentials, _) => "There are no credentials that can be used.",
        (Stage::Resting, _) => {
            "The cloud refused the credentials again and again, so they rest for some minutes."
        }
        (Stage::Issuing, Reason::Auth) => "Whoever gives out the credentials refused to.",
        (Stage::Issuing, _) => "Whoever gives out the credentials could not be asked.",
        (Stage::Project, _) => "IAM does not tell which project is meant.",
        (Stage::Call, Reason::Auth) => "The cloud refused the credentials.",
        (Stage::Call, Reason::Forbidden) => "The credentials may not call this API.",
        (Stage::Call, Reason::Throttled) => "The cloud asked for fewer calls.",
        (Stage::Call, Reason::Timeout) => "There was no answer in time.",
        (Stage::Call, Reason::Connect) => "There was no connection, or it broke.",
        (Stage::Call, Reason::Server) => "The cloud failed.",
        (Stage::Call, Reason::Decode) => "The answer could not be read.",
        (Stage::Call, Reason::TooLarge) => "The answer was too large.",
        (Stage::Call, Reason::ClockSkew) => "The clocks of this machine and of the cloud are too far apart.",
        (Stage::Call, Reason::Redirect) => "The endpoint redirects, which is never followed.",
        (Stage::Call, Reason::Other) => "The cloud refused the call.",
    }
}

fn advice(failure: &PollFailure, collector: Collector) -> &'static str {
    match (failure.stage, failure.reason) {
        (Stage::NoCredentials, _) => {
            "Put them where the configuration says, and let the exporter read them; the log names the place."
        }
        (Stage::Resting, _) => "Check that the access key, or user and password, are right and enabled.",
        (Stage::Issuing, Reason::Auth) => {
            "Check the identity that asks for credentials, and what it may do; the log says who refused."
        }
        (Stage::Issuing, Reason::Connect | Reason::Timeout) => {
            "Check that this machine reaches whoever gives out the credentials; the log says who that is."
        }
        (Stage::Project, _) => "Set the project's ID in the configuration.",
        (_, Reason::Auth) => "Check the access key and its secret key, or renew the token.",
        (_, Reason::Forbidden) => match collector {
            Collector::VoiceTraining => {
                "Grant the credentials the right to read MetaStudio in this project, and check the project ID."
            }
            Collector::UserQuotas => {
                "Only the root account may list user quotas: use its credentials, or do not poll this API."
            }
        },
        (_, Reason::Throttled) => "Allow fewer requests a second, or poll less often.",
        (_, Reason::Timeout) => "Check the network, or give polls more time if the list is long.",
        (_, Reason::Connect) => "Check the endpoint, DNS, the proxy and the firewall.",
        (_, Reason::Server) => "If it goes on, report the request ID to Huawei Cloud.",
        (_, Reason::Decode | Reason::TooLarge) => {
            "Check that the endpoint is MetaStudio's, and that no proxy answers for it."
        }
        (_, Reason::ClockSkew) => "Set this machine's clock (NTP).",
        (_, Reason::Redirect) => "Set the endpoint to the address that answers itself.",
        (_, Reason::Other) => "Look the error code up in MetaStudio's API reference.",
    }
}
