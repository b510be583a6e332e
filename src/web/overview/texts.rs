//! The texts of the pages in English and Chinese; the Chinese ones in the words of Huawei Cloud's own pages.

use super::apis::ApiState;
use super::language::{Language, Text};
use super::resource_levels::ResourceLevel;
use super::resource_state::ResourceProblem;
use crate::snapshot::{Collector, Level, USER_NAMES};

pub(super) const COLON: &Text = &Text(": ", "：");
pub(super) const SKIP_TO_CONTENT: &Text = &Text("Skip to content", "跳到正文");
pub(super) const PAGES: &Text = &Text("Pages", "页面");
pub(super) const LANGUAGES: &Text = &Text("Language", "语言");
pub(super) const OVERVIEW: &Text = &Text("Overview", "概览");
pub(super) const RESOURCES: &Text = &Text("Voice training resources", "语音模型训练资源");
/// In the menu, where all pages have to fit one line of a phone.
pub(super) const VOICE_TRAINING: &Text = &Text("Voice training", "语音模型训练");
pub(super) const PRODUCTS: &Text = &Text("Products", "产品资源");
pub(super) const USERS: &Text = &Text("Users", "用户");
pub(super) const USER: &Text = &Text("User", "用户");
pub(super) const RELOAD: &Text = &Text("Reload", "刷新");
pub(super) const MORE: &Text = &Text("More", "更多");
pub(super) const METRICS: &Text = &Text("Metrics", "监控指标");
pub(super) const SERVICE_DISCOVERY: &Text = &Text("Service discovery", "服务发现");
pub(super) const HEALTH: &Text = &Text("Health", "健康检查");
pub(super) const READINESS: &Text = &Text("Readiness", "就绪检查");
pub(super) const DOCUMENTATION: &Text = &Text("Documentation", "使用文档");
/// In the repository.
pub(super) const DOCUMENTATION_FILE: &Text = &Text("README.md", "README.zh-CN.md");
pub(super) const VERSION: &Text = &Text("Version", "版本");
pub(super) const REVISION: &Text = &Text("revision", "修订");
pub(super) const PROJECT: &Text = &Text("Project", "项目");
pub(super) const ALL_PROJECTS: &Text = &Text("All projects", "全部项目");
pub(super) const SHOW: &Text = &Text("Show", "查看");
pub(super) const FILTER: &Text = &Text("Filter by project", "按项目筛选");
pub(super) const UNKNOWN_PROJECT: &Text =
    &Text("No project has this name. Showing all projects.", "没有该名称的项目，以下显示全部项目。");
pub(super) const PROJECT_ID: &Text = &Text("Project ID", "项目 ID");
pub(super) const REGION: &Text = &Text("Region", "区域");
pub(super) const ENDPOINT: &Text = &Text("Endpoint", "终端节点");
pub(super) const TOTALS: &Text = &Text("Totals", "汇总");
pub(super) const PROJECTS: &Text = &Text("Projects", "项目");
pub(super) const ALL_OK: &Text = &Text("all OK", "全部正常");
pub(super) const NO_PROBLEMS: &Text = &Text("no problems", "无异常");
pub(super) const UNKNOWN: &Text = &Text("unknown", "未知");
pub(super) const NEVER_POLLED: &Text = &Text("This API is not polled.", "未配置查询该接口。");
pub(super) const NOT_POLLED_YET: &Text =
    &Text("No data yet: the first poll has not finished.", "暂无数据：首次查询尚未结束。");
pub(super) const NO_RECENT_DATA: &Text =
    &Text("No data recent enough to show.", "没有足够新的数据可供显示。");
pub(super) const APIS: &Text = &Text("Projects and APIs", "项目与接口");
pub(super) const APIS_CAPTION: &Text = &Text(
    "The state of each API of each project, and the age of its data",
    "各项目的各接口是否正常，以及数据的获取时间",
);
pub(super) const API: &Text = &Text("API", "接口");
pub(super) const STATE: &Text = &Text("State", "状态");
pub(super) const DATA_UPDATED: &Text = &Text("Updated", "更新时间");
pub(super) const DETAILS: &Text = &Text("Details", "详情");
pub(super) const WAITING: &Text = &Text("Not polled yet", "尚未查询");
pub(super) const OK: &Text = &Text("OK", "正常");
pub(super) const INCOMPLETE: &Text = &Text("Incomplete", "不完整");
pub(super) const TOO_OLD: &Text = &Text("Too old", "数据过旧");
pub(super) const FAILING: &Text = &Text("Failing", "失败");
pub(super) const NEVER: &Text = &Text("never", "从未获取");
pub(super) const STALE: &Text = &Text("The data is too old to show.", "数据过旧，不再显示。");
pub(super) const SHOWING_LAST_DATA: &Text =
    &Text("Showing the last data until it is too old.", "在过期之前，继续显示上一次的数据。");
pub(super) const INCONSISTENT: &Text = &Text(
    "The list kept changing while it was read: rows may be missing.",
    "读取期间列表一直在变化，可能有遗漏。",
);
pub(super) const LAST_POLL: &Text = &Text("Last poll", "最近一次查询");
pub(super) const WHAT_TO_DO: &Text = &Text("What to do", "处理建议");
pub(super) const ERROR_CODE: &Text = &Text("Error code", "错误码");
pub(super) const REQUEST_ID: &Text = &Text("Request ID", "请求 ID");
pub(super) const AVAILABLE: &Text = &Text("Available by type", "各类型可用数量");
pub(super) const AVAILABLE_CAPTION: &Text = &Text(
    "Voice models that can still be trained, by resource type, across the projects shown",
    "所示项目中，各类型资源还可训练的声音模型数量",
);
pub(super) const RESOURCE_TYPE: &Text = &Text("Type", "类型");
pub(super) const AVAILABLE_NUMBER: &Text = &Text("Available", "可用数量");
pub(super) const PROJECTS_WITH_NONE: &Text = &Text("Projects with none", "可用数量为零的项目");
pub(super) const NONE: &Text = &Text("none", "无");
pub(super) const EXPIRING_NEXT: &Text = &Text("Expiring next", "即将到期");
pub(super) const EXPIRING_NEXT_CAPTION: &Text = &Text(
    "Resources that expire next, and those that expired most recently",
    "最近将到期的资源，以及刚刚过期的资源",
);
pub(super) const NOTHING_EXPIRES: &Text = &Text("No resource expires.", "没有会到期的资源。");
pub(super) const ALL_RESOURCES: &Text = &Text("All voice training resources", "全部语音模型训练资源");
pub(super) const RESOURCES_CAPTION: &Text = &Text("Voice training resources", "语音模型训练资源列表");
pub(super) const NO_RESOURCES: &Text = &Text("No resources.", "没有资源。");
pub(super) const RESOURCE: &Text = &Text("Resource", "资源");
pub(super) const MODELS_LEFT: &Text = &Text("Models left", "剩余数量");
pub(super) const EXPIRES: &Text = &Text("Expires", "到期时间");
pub(super) const NEVER_EXPIRES: &Text = &Text("does not expire", "不会到期");
pub(super) const BILLING_MODE: &Text = &Text("Billing mode", "计费模式");
pub(super) const PRODUCT: &Text = &Text("Product", "产品");
pub(super) const PAY_PER_USE: &Text = &Text("pay-per-use", "按需");
pub(super) const PRESSING_CAPTION: &Text =
    &Text("Products that run out or expire next", "即将用完或到期的产品资源");
pub(super) const NO_PRODUCT_IS_PRESSING: &Text =
    &Text("No product runs out or expires soon.", "没有即将用完或到期的产品资源。");
pub(super) const ALL_PRODUCTS: &Text = &Text("All products", "全部产品资源");
pub(super) const PRODUCTS_CAPTION: &Text = &Text("Products of the account", "账号的产品资源列表");
pub(super) const NO_PRODUCTS: &Text = &Text("No products.", "没有产品资源。");
pub(super) const MOST_USED: &Text = &Text("Users closest to their limits", "最接近配额上限的用户");
pub(super) const MOST_USED_CAPTION: &Text = &Text(
    "Users with the highest utilisation of a quota; unlimited quotas do not count",
    "配额使用率最高的用户（不含无限制的配额）",
);
pub(super) const NOTHING_USED: &Text =
    &Text("No user has used any of a limited quota.", "还没有用户使用有限制的配额。");
pub(super) const ALL_USERS: &Text = &Text("All users", "全部用户");
pub(super) const USERS_CAPTION: &Text =
    &Text("Users, each with their most-used quota", "用户列表，以及每个用户使用率最高的配额");
pub(super) const NO_USERS: &Text = &Text("No users.", "没有用户。");
pub(super) const QUOTA_ITEM: &Text = &Text("Item", "配额项");
pub(super) const MOST_USED_QUOTA: &Text = &Text("Most-used quota", "使用率最高的配额");
pub(super) const USAGE: &Text = &Text("Used", "已使用");
pub(super) const LIMIT: &Text = &Text("Quota", "配额");
pub(super) const UTILISATION: &Text = &Text("Utilisation", "使用率");
pub(super) const UNLIMITED: &Text = &Text("unlimited", "无限制");
pub(super) const NOT_REPORTED: &Text = &Text("not reported", "未提供");
pub(super) const NO_QUOTA: &Text = &Text("Used without a quota", "配额为零但已有使用");
pub(super) const QUOTA_OF_ZERO_UNUSED: &Text = &Text("quota of 0, unused", "配额为零，未使用");
pub(super) const HIGH: &Text = &Text("High", "偏高");
pub(super) const USED_UP: &Text = &Text("Used up", "已用完");
pub(super) const NO_QUOTAS: &Text = &Text("no quotas", "无配额");
pub(super) const USER_ID: &Text = &Text("User ID", "用户 ID");
pub(super) const USER_NAME: &Text = &Text("Name", "用户名");
pub(super) const QUOTAS: &Text = &Text("Quotas", "配额");
pub(super) const QUOTAS_CAPTION: &Text =
    &Text("All quotas of this user, with their usage", "该用户的全部配额及使用情况");
pub(super) const PAGINATION: &Text = &Text("Pagination", "翻页");
pub(super) const PREVIOUS: &Text = &Text("Previous", "上一页");
pub(super) const NEXT: &Text = &Text("Next", "下一页");
pub(super) const NOT_FOUND: &Text = &Text("Not found", "未找到");
pub(super) const NO_SUCH_USER: &Text = &Text(
    "The last list of this project's users does not contain this user, or the filter on users excludes it.",
    "该项目最近一次的列表中没有此用户，或此用户被筛选规则排除。",
);
pub(super) const NO_USER_DATA: &Text = &Text(
    "There is no user data for this project: it has not been polled yet, its polls fail, or the project does not exist.",
    "目前无法得知该项目的用户：尚未查询、查询失败，或没有该项目。",
);
pub(super) const BACK: &Text = &Text("Back to the overview", "返回概览");
pub(super) const JUST_NOW: &Text = &Text("just now", "刚刚");

// Follow a number.
pub(super) const COUNT_OK: &Text = &Text("OK", "个正常");
pub(super) const COUNT_FAILING: &Text = &Text("with a failing API", "个有接口查询失败");
pub(super) const COUNT_DOUBTFUL: &Text = &Text("with old or incomplete data", "个数据过旧或不完整");
pub(super) const COUNT_NOT_POLLED: &Text = &Text("not polled yet", "个尚未查询");
pub(super) const COUNT_EXPIRED: &Text = &Text("expired", "个已过期");
pub(super) const COUNT_FROZEN: &Text = &Text("frozen", "个已冻结");
pub(super) const COUNT_EXPIRING_VERY_SOON: &Text = &Text("expiring within 7 days", "个将在 7 天内到期");
pub(super) const COUNT_EXPIRING: &Text = &Text("expiring within 30 days", "个将在 30 天内到期");
pub(super) const COUNT_NOTHING_LEFT: &Text = &Text("used up", "个已用完");
pub(super) const COUNT_USED_TO_95: &Text = &Text("used to 95 % or more", "个使用率为 95 % 及以上");
pub(super) const COUNT_USED_TO_80: &Text = &Text("used to 80 % to 95 %", "个使用率为 80 % 至 95 %");
pub(super) const COUNT_USED_UP: &Text = &Text("with a quota used up", "个已用完某项配额");
pub(super) const COUNT_RUNNING_OUT: &Text =
    &Text("at 95 % to 100 % of a quota", "个有配额使用率为 95 % 至 100 %");
pub(super) const COUNT_HIGH: &Text = &Text("at 80 % to 95 % of a quota", "个有配额使用率为 80 % 至 95 %");
pub(super) const COUNT_OMITTED: &Text = &Text("omitted by the limit on users", "个因数量上限未显示");

/// The name of an API, by its value of label `collector`.
pub(super) fn collector(collector: &str) -> &'static Text {
    match collector {
        USER_NAMES => &Text("User names", "子账户名称"),
        _ if collector == Collector::UserQuotas.as_str() => &Text("User quotas", "子账户配额"),
        _ if collector == Collector::TenantResources.as_str() => PRODUCTS,
        _ => RESOURCES,
    }
}

pub(super) fn api_state(state: ApiState) -> &'static Text {
    match state {
        ApiState::Waiting => WAITING,
        ApiState::Works => OK,
        ApiState::Incomplete => INCOMPLETE,
        ApiState::Stale => TOO_OLD,
        ApiState::Fails => FAILING,
    }
}

pub(super) fn problem(problem: &ResourceProblem) -> &'static Text {
    match problem {
        ResourceProblem::Expired => &Text("Expired", "已过期"),
        ResourceProblem::Frozen => &Text("Frozen", "已冻结"),
        ResourceProblem::UsedUp => USED_UP,
        ResourceProblem::RunningOut => RUNNING_OUT,
        ResourceProblem::High => HIGH,
        ResourceProblem::ExpiresVerySoon => &Text("Within 7 days", "7 天内到期"),
        ResourceProblem::ExpiresSoon => &Text("Within 30 days", "30 天内到期"),
        ResourceProblem::Status(_) => &Text("Unknown status", "未知状态"),
    }
}

pub(super) fn partial_data(language: Language, fresh: usize, polled: usize) -> String {
    let chinese = format!("{polled} 个项目中，{fresh} 个有数据。");
    language.pick(format!("Data from {fresh} of {polled} projects."), chinese)
}

pub(super) fn invalid_values(language: Language, count: u64) -> String {
    let english = match count {
        1 => "1 field could not be read and was left out.".to_owned(),
        _ => format!("{count} fields could not be read and were left out."),
    };
    language.pick(english, format!("{count} 个字段无法解析，已略去。"))
}

pub(super) fn omitted_users(language: Language, count: u64) -> String {
    let english = match count {
        1 => "1 user with lower utilisation is omitted by the limit on users.".to_owned(),
        _ => format!("{count} users with lower utilisation are omitted by the limit on users."),
    };
    language.pick(english, format!("另有 {count} 个使用率较低的用户因数量上限未显示。"))
}

pub(super) fn and_more(language: Language, count: usize) -> String {
    language.pick(format!("and {count} more"), format!("等另外 {count} 个"))
}

pub(super) fn of(language: Language, part: &str, all: &str) -> String {
    language.pick(format!("{part} of {all}"), format!("{part} / {all}"))
}

pub(super) fn rows(language: Language, first: &str, last: &str, total: &str) -> String {
    let chinese = format!("第 {first} 至 {last} 条，共 {total} 条");
    language.pick(format!("{first} to {last} of {total}"), chinese)
}

pub(super) fn page_of(language: Language, page: usize, pages: usize) -> String {
    language.pick(format!("Page {page} of {pages}"), format!("第 {page} 页，共 {pages} 页"))
}

pub(super) fn past(language: Language, seconds: u64) -> String {
    let duration = duration(language, seconds);
    language.pick(format!("{duration} ago"), format!("{duration}前"))
}

pub(super) fn future(language: Language, seconds: u64) -> String {
    let duration = duration(language, seconds);
    language.pick(format!("in {duration}"), format!("{duration}后"))
}

/// One number and one unit, rounded down: days from two days on, hours from two hours on and so on, so that 30 hours
/// are not "1 day".
pub(super) fn duration(language: Language, seconds: u64) -> String {
    let (count, english, chinese) = match seconds {
        0..120 => (seconds, "second", "秒"),
        120..7_200 => (seconds / 60, "minute", "分钟"),
        7_200..172_800 => (seconds / 3_600, "hour", "小时"),
        _ => (seconds / 86_400, "day", "天"),
    };
    let plural = if count == 1 { "" } else { "s" };
    language.pick(format!("{count} {english}{plural}"), format!("{count} {chinese}"))
}

pub(super) fn video_time(language: Language, hours: u64, minutes: u64) -> String {
    let (h, min) = language.pick(("h", "min"), ("小时", "分钟"));
    match (hours, minutes) {
        (0, minutes) => format!("{minutes} {min}"),
        (hours, 0) => format!("{hours} {h}"),
        (hours, minutes) => format!("{hours} {h} {minutes} {min}"),
    }
}

/// An amount in a unit of products; `None` for a unit without a word.
pub(super) fn in_unit(language: Language, number: &str, unit: &str) -> Option<String> {
    let (one, many, chinese) = match unit {
        "channels" => ("channel", "channels", "路"),
        "gigabytes" => ("GB", "GB", "GB"),
        "words" => ("word", "words", "字"),
        "times" => ("time", "times", "次"),
        _ => return None,
    };
    let english = if number == "1" { one } else { many };
    Some(language.pick(format!("{number} {english}"), format!("{number} {chinese}")))
}

pub(super) fn seconds(language: Language, seconds: &str) -> String {
    language.pick(format!("{seconds} seconds"), format!("{seconds} 秒"))
}

pub(super) fn short_seconds(language: Language, seconds: &str) -> String {
    language.pick(format!("{seconds} s"), format!("{seconds} 秒"))
}

// The lists: search, filters, and the time of the page.
pub(super) const AS_OF: &Text = &Text("As of", "截至");
pub(super) const STOP: &Text = &Text("Stop", "停止");
pub(super) const SEARCH: &Text = &Text("Search and filter by project", "搜索和按项目筛选");
pub(super) const SEARCH_USERS: &Text = &Text("Name or ID", "用户名或 ID");
pub(super) const SEARCH_PRODUCTS: &Text = &Text("ID, type or order", "ID、类型或订单号");
pub(super) const SEARCH_RESOURCES: &Text = &Text("ID or type", "ID 或类型");
pub(super) const LEVELS: &Text = &Text("Filter by state", "按状态筛选");
pub(super) const ALL: &Text = &Text("All", "全部");
pub(super) const RUNNING_OUT: &Text = &Text("Running out", "即将用完");
pub(super) const ITEMS_USED_UP: &Text = &Text("Items used up", "已用完的配额项");
pub(super) const NO_MATCH: &Text =
    &Text("Nothing matches the search and the filters.", "没有符合条件的结果。");
pub(super) const SHOW_ALL: &Text = &Text("Show all", "显示全部");
pub(super) const BACK_TO_LIST: &Text = &Text("Back to the list", "返回列表");

pub(super) fn user_level(level: Level) -> &'static Text {
    match level {
        Level::UsedUp => USED_UP,
        Level::RunningOut => RUNNING_OUT,
        Level::High => HIGH,
        Level::Fine => OK,
    }
}

pub(super) fn resource_level(level: ResourceLevel) -> &'static Text {
    match level {
        ResourceLevel::Expired => problem(&ResourceProblem::Expired),
        ResourceLevel::Frozen => problem(&ResourceProblem::Frozen),
        ResourceLevel::ExpiresVerySoon => &Text("Expires within 7 days", "7 天内到期"),
        ResourceLevel::ExpiresSoon => &Text("Expires within 30 days", "30 天内到期"),
        ResourceLevel::UsedUp => USED_UP,
        ResourceLevel::RunningOut => RUNNING_OUT,
        ResourceLevel::High => HIGH,
        ResourceLevel::Ok => OK,
    }
}

pub(super) fn refreshes(language: Language, seconds: u16) -> String {
    language.pick(format!("Reloads every {seconds} seconds"), format!("每 {seconds} 秒自动刷新"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_down() {
        for (seconds, english, chinese) in [
            (0, "0 seconds", "0 秒"),
            (1, "1 second", "1 秒"),
            (119, "119 seconds", "119 秒"),
            (120, "2 minutes", "2 分钟"),
            (7_199, "119 minutes", "119 分钟"),
            (7_200, "2 hours", "2 小时"),
            (172_799, "47 hours", "47 小时"),
            (172_800, "2 days", "2 天"),
            (7 * 86_400 - 1, "6 days", "6 天"),
        ] {
            assert_eq!(Language::ALL.map(|language| duration(language, seconds)), [english, chinese]);
        }
    }
}
