//! Sentences about what needs a person, in English and Chinese.

use jiff::Timestamp;

use super::attention::{Item, Models, Problem};
use super::language::{Language, Text};
use super::resource_state::ResourceProblem;
use super::{failure_texts, format, terms, texts};

pub(super) const HEADING: &Text = &Text("Needs attention", "待处理事项");
pub(super) const CRITICAL: &Text = &Text("Critical", "紧急");
pub(super) const WARNING: &Text = &Text("Warning", "警告");
pub(super) const NO_API: &Text = &Text("Not known: no API is polled.", "未知：没有配置要查询的接口。");
pub(super) const NOTHING_POLLED: &Text =
    &Text("Not known yet: no API has been polled.", "暂时未知：所有接口都尚未查询。");

/// Names of types in one sentence; further ones are counted.
const TYPES: usize = 3;

/// What an item says.
pub(super) fn sentence(language: Language, item: &Item<'_>, now: Timestamp) -> String {
    let pick = |english: String, chinese: String| language.pick(english, chinese);
    let age = |time: &Timestamp| {
        let seconds = now.as_second().saturating_sub(time.as_second()).max(0);
        texts::duration(language, seconds.unsigned_abs())
    };
    match &item.problem {
        Problem::Failing { collector, failure, without_data, oldest } => {
            let name = language.text(texts::collector(collector));
            let reason = language.text(failure_texts::reason(failure));
            let since = since(language, item.projects.len(), *without_data, oldest.as_ref().map(age));
            pick(format!("{name} failing: {reason} {since}"), format!("{name}查询失败：{reason}{since}"))
        }
        Problem::Stale { collector, oldest } => {
            let (name, age) = (language.text(texts::collector(collector)), age(oldest));
            pick(
                format!("{name}: no new data for {age}. The last data is too old to show."),
                format!("{name}：已 {age}没有新数据，原有数据过旧，不再显示。"),
            )
        }
        Problem::NothingToTrain { types } => nothing_to_train(language, types),
        Problem::Expired(models) => {
            let left = models_left(language, models);
            pick(
                format!("{} expired in the last 30 days, {left}.", resources(models)),
                format!("{} 个资源在最近 30 天内过期，{left}。", models.resources),
            )
        }
        Problem::Frozen(models) => {
            let left = models_left(language, models);
            let are = if models.resources == 1 { "is" } else { "are" };
            pick(
                format!("{} {are} frozen, {left}.", resources(models)),
                format!("{} 个资源已冻结，{left}。", models.resources),
            )
        }
        Problem::ExpiresVerySoon(models) => expiring(language, item, models, "within 7 days", "7 天内"),
        Problem::ExpiresSoon(models) => expiring(language, item, models, "in 7 to 30 days", "7 至 30 天内"),
        Problem::Products { problem, products } => self::products(language, item, *problem, *products),
        Problem::UsedUp { users } => {
            let (count, people) = count(*users, "user has", "users have");
            pick(format!("{count} {people} used up a quota."), format!("{count} 个用户已用完某项配额。"))
        }
        Problem::RunningOut { users } => {
            let (count, people) = count(*users, "user has", "users have");
            pick(
                format!("{count} {people} almost used up a quota (95 % or more)."),
                format!("{count} 个用户即将用完某项配额（使用率 95 % 及以上）。"),
            )
        }
        Problem::InvalidValues { fields } => texts::invalid_values(language, *fields),
        Problem::Inconsistent { lists: 1 } => pick(
            "A list kept changing while it was read: rows may be missing.".to_owned(),
            language.text(texts::INCONSISTENT).to_owned(),
        ),
        Problem::Inconsistent { lists } => pick(
            format!("{lists} lists kept changing while they were read: rows may be missing."),
            format!("读取期间有 {lists} 个列表一直在变化，可能有遗漏。"),
        ),
        Problem::Omitted { users } => texts::omitted_users(language, *users),
    }
}

/// For how long there has been no new data. `age` is the greatest age of the data of those that have some.
fn since(language: Language, projects: usize, without_data: usize, age: Option<String>) -> String {
    match (age, projects) {
        (None, _) => language.pick("No poll has succeeded yet.", "启动以来从未成功。").to_owned(),
        (Some(age), 1) => language.pick(format!("No new data for {age}."), format!("已 {age}没有新数据。")),
        (Some(age), _) if without_data == 0 => {
            language.pick(format!("No new data for up to {age}."), format!("最长已 {age}没有新数据。"))
        }
        (Some(age), _) => language.pick(
            format!("No new data for up to {age}; none at all of {without_data} of them."),
            format!("最长已 {age}没有新数据，其中 {without_data} 个项目从未获取到数据。"),
        ),
    }
}

fn nothing_to_train(language: Language, types: &[&str]) -> String {
    // Types without a meaning here are counted: a text of the API needs an element of its own.
    let known: Vec<_> = types.iter().filter_map(|name| terms::term(language, name)).take(TYPES).collect();
    let more = types.len() - known.len();
    match (known.is_empty(), more) {
        (false, 0) => language.pick(
            format!("No voice model can be trained: {}.", known.join(", ")),
            format!("“{}”类型已无可训练的声音模型。", known.join("”、“")),
        ),
        (false, _) => language.pick(
            format!("No voice model can be trained: {} and {more} more.", known.join(", ")),
            format!("“{}”等 {} 种类型已无可训练的声音模型。", known.join("”、“"), types.len()),
        ),
        (true, 1) => language
            .pick("No voice model of a type can be trained.", "有 1 种类型已无可训练的声音模型。")
            .to_owned(),
        (true, _) => language.pick(
            format!("No voice model of {more} types can be trained."),
            format!("有 {more} 种类型已无可训练的声音模型。"),
        ),
    }
}

fn expiring(
    language: Language,
    item: &Item<'_>,
    models: &Models,
    within: &str,
    within_chinese: &str,
) -> String {
    let first = texts::duration(language, item.time_left.unwrap_or_default().unsigned_abs());
    let left = models_left(language, models);
    match models.resources {
        1 => language.pick(
            format!("1 resource expires in {first}, {left}."),
            format!("1 个资源将在 {first}后到期，{left}。"),
        ),
        count => language.pick(
            format!("{count} resources expire {within}, the first in {first}, {left}."),
            format!("{count} 个资源将在 {within_chinese}到期，最早在 {first}后，{left}。"),
        ),
    }
}

/// Products with one problem. `item` says when the first of them expires.
fn products(language: Language, item: &Item<'_>, problem: ResourceProblem, products: usize) -> String {
    let (number, noun) = count(products as u64, "product", "products");
    let (is, has, expires) = if products == 1 { ("is", "has", "expires") } else { ("are", "have", "expire") };
    let first = || texts::duration(language, item.time_left.unwrap_or_default().unsigned_abs());
    let expiring = |within: &str, chinese: &str| match products {
        1 => language.pick(
            format!("1 product expires in {}.", first()),
            format!("1 个产品资源将在 {}后到期。", first()),
        ),
        _ => language.pick(
            format!("{number} {noun} {expires} {within}, the first in {}.", first()),
            format!("{number} 个产品资源将在 {chinese}到期，最早在 {}后。", first()),
        ),
    };
    match problem {
        ResourceProblem::Expired => language.pick(
            format!("{number} {noun} expired in the last 30 days with something left."),
            format!("{number} 个产品资源在最近 30 天内过期，尚有余量。"),
        ),
        ResourceProblem::Frozen => {
            language.pick(format!("{number} {noun} {is} frozen."), format!("{number} 个产品资源已冻结。"))
        }
        ResourceProblem::UsedUp => language.pick(
            format!("{number} {noun} {is} used up, with no other of the same type."),
            format!("{number} 个产品资源已用完，且没有同类型的其他资源可用。"),
        ),
        ResourceProblem::RunningOut => language.pick(
            format!("{number} {noun} {has} been used to 95 % or more."),
            format!("{number} 个产品资源即将用完（使用率 95 % 及以上）。"),
        ),
        ResourceProblem::High => language.pick(
            format!("{number} {noun} {has} been used to 80 % to 95 %."),
            format!("{number} 个产品资源的使用率为 80 % 至 95 %。"),
        ),
        ResourceProblem::ExpiresVerySoon => expiring("within 7 days", "7 天内"),
        ResourceProblem::ExpiresSoon => expiring("in 7 to 30 days", "7 至 30 天内"),
        ResourceProblem::Status(_) => language.pick(
            format!("{number} {noun} {has} an unknown status."),
            format!("{number} 个产品资源处于未知状态。"),
        ),
    }
}

fn resources(models: &Models) -> String {
    let (count, resources) = count(models.resources as u64, "resource", "resources");
    format!("{count} {resources}")
}

/// How many models are lost with the resources.
fn models_left(language: Language, models: &Models) -> String {
    let number = format::number(models.left);
    let noun = if models.left == 1.0 { "model" } else { "models" };
    match (models.is_unknown, models.left) {
        (false, _) => {
            language.pick(format!("with {number} {noun} left"), format!("还有 {number} 个声音模型未训练"))
        }
        (true, 0.0) => {
            language.pick("with an unknown number of models left", "剩余的声音模型数量未知").to_owned()
        }
        (true, _) => language.pick(
            format!("with at least {number} {noun} left"),
            format!("还有至少 {number} 个声音模型未训练"),
        ),
    }
}

/// That nothing needs a person, when all APIs are polled.
pub(super) fn nothing(language: Language, apis: usize) -> String {
    match apis {
        1 => language.pick("Nothing: the API is OK.", "没有：接口查询正常。").to_owned(),
        _ => language
            .pick(format!("Nothing: all {apis} APIs are OK."), format!("没有：{apis} 个接口均查询正常。")),
    }
}

/// That the APIs polled so far have shown nothing.
pub(super) fn nothing_so_far(language: Language, waiting: usize, apis: usize) -> String {
    let rest = self::waiting(language, waiting, apis);
    language.pick(format!("Nothing so far. {rest}"), format!("暂无。{rest}"))
}

pub(super) fn waiting(language: Language, waiting: usize, apis: usize) -> String {
    let english = match waiting {
        1 => format!("1 of {apis} APIs has not been polled yet."),
        _ => format!("{waiting} of {apis} APIs have not been polled yet."),
    };
    language.pick(english, format!("{apis} 个接口中，还有 {waiting} 个尚未查询。"))
}

pub(super) fn more(language: Language, count: usize) -> String {
    language.pick(format!("{count} more"), format!("另外 {count} 项"))
}

pub(super) fn more_projects(language: Language, count: usize) -> String {
    let projects = if count == 1 { "project" } else { "projects" };
    language.pick(format!("and {count} more {projects}"), format!("等另外 {count} 个项目"))
}

fn count<'a>(number: u64, one: &'a str, many: &'a str) -> (String, &'a str) {
    (format::count(number), if number == 1 { one } else { many })
}
