//! Formats numbers and times for people.

use std::time::Duration;

use jiff::Timestamp;

use super::language::Language;
use super::texts;
use crate::snapshot::{Level, Unit, Utilisation};

/// A number with grouped thousands and at most three decimals.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |text| ("-", text));
    let (whole, decimals) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let mut grouped = String::from(sign);
    for (place, digit) in whole.char_indices() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if let Some(decimals) = decimals {
        grouped.push('.');
        grouped.push_str(decimals);
    }
    grouped
}

/// A count of rows.
pub(super) fn count(value: u64) -> String {
    number(value as f64)
}

/// A quota or a usage: video time in hours and minutes, rounded down.
pub(super) fn amount(language: Language, value: Option<f64>, unit: Unit) -> String {
    match (value, unit) {
        (None, _) => language.text(texts::NOT_REPORTED).to_owned(),
        (Some(f64::INFINITY), _) => language.text(texts::UNLIMITED).to_owned(),
        (Some(value), Unit::Count) => number(value),
        (Some(seconds), Unit::Seconds) => match Duration::try_from_secs_f64(seconds) {
            // Less than half a second below a full minute is a rounding error of floats.
            Ok(time) => match (time + Duration::from_millis(500)).as_secs() {
                0..60 => texts::short_seconds(language, &number(seconds)),
                seconds => texts::video_time(language, seconds / 3_600, seconds / 60 % 60),
            },
            Err(_) => texts::seconds(language, &number(seconds)),
        },
    }
}

/// Whether [`amount_in`] has a word for a unit, or needs none.
pub(super) fn has_word(unit: &str) -> bool {
    matches!(unit, "" | "count" | "seconds") || texts::in_unit(Language::English, "", unit).is_some()
}

/// An amount or a usage of a product. A unit without a word is left out, because it is the cloud's own text.
pub(super) fn amount_in(language: Language, value: Option<f64>, unit: &str) -> String {
    match (value, unit) {
        (None | Some(f64::INFINITY), _) | (_, "count" | "") => amount(language, value, Unit::Count),
        (_, "seconds") => amount(language, value, Unit::Seconds),
        (Some(value), unit) => {
            let number = number(value);
            texts::in_unit(language, &number, unit).unwrap_or(number)
        }
    }
}

/// The exact number behind [`amount`], unless that is exact itself.
pub(super) fn exact(language: Language, value: Option<f64>, unit: Unit) -> Option<String> {
    let value = value.filter(|value| value.is_finite())?;
    (unit == Unit::Seconds).then(|| texts::seconds(language, &number(value)))
}

/// A utilisation in words or percent, rounded down: a quota that is not used up never reads 100 %.
pub(super) fn utilisation(language: Language, utilisation: Utilisation) -> String {
    match utilisation {
        Utilisation::Unknown => language.text(texts::NOT_REPORTED).to_owned(),
        Utilisation::Unlimited => language.text(texts::UNLIMITED).to_owned(),
        Utilisation::Unused => language.text(texts::QUOTA_OF_ZERO_UNUSED).to_owned(),
        Utilisation::NoQuota => language.text(texts::NO_QUOTA).to_owned(),
        Utilisation::Ratio(ratio) => match (ratio * 1000.0 + 1e-6).floor() / 10.0 {
            percent if ratio < 1.0 => format!("{:.1} %", percent.min(99.9)),
            percent if percent < 100_000.0 => format!("{percent:.1} %"),
            _ => "> 100,000 %".to_owned(),
        },
    }
}

/// The filled width of a bar of 100; `None` if there is no ratio to draw.
pub(super) fn bar(utilisation: Utilisation) -> Option<String> {
    match utilisation {
        Utilisation::Ratio(ratio) => Some(format!("{:.1}", (ratio * 100.0).clamp(0.0, 100.0))),
        Utilisation::NoQuota => Some("100".to_owned()),
        Utilisation::Unknown | Utilisation::Unlimited | Utilisation::Unused => None,
    }
}

/// The word for a level that needs attention, unless the text of the utilisation contains it.
pub(super) fn level(language: Language, utilisation: Utilisation) -> Option<&'static str> {
    match (utilisation, utilisation.level()) {
        (Utilisation::NoQuota, _) | (_, Level::Fine) => None,
        (_, Level::High) => Some(language.text(texts::HIGH)),
        (_, Level::RunningOut) => Some(language.text(texts::RUNNING_OUT)),
        (_, Level::UsedUp) => Some(language.text(texts::USED_UP)),
    }
}

/// The value of `datetime`.
pub(super) fn iso(time: &Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time to the second.
pub(super) fn utc(time: &Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// How long ago or how far ahead a time is.
pub(super) fn relative(language: Language, time: Timestamp, now: Timestamp) -> String {
    let seconds = time.as_second().saturating_sub(now.as_second());
    match seconds {
        ..-4 => texts::past(language, seconds.unsigned_abs()),
        -4..=0 => language.text(texts::JUST_NOW).to_owned(),
        1.. => texts::future(language, seconds.unsigned_abs()),
    }
}

/// A text of the cloud or of the configuration, with visible symbols for invisible characters.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(symbol).collect()
}

/// A visible symbol for an invisible character, else the character.
pub(super) fn symbol(c: char) -> char {
    match u32::from(c) {
        code @ 0..=0x1f => char::from_u32(0x2400 + code).unwrap_or(char::REPLACEMENT_CHARACTER),
        0x7f => '\u{2421}',
        0x80..=0x9f | 0x2028 | 0x2029 => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        for (value, text) in [
            (0.0, "0"),
            (7.0, "7"),
            (999.0, "999"),
            (1000.0, "1,000"),
            (1_234_567.0, "1,234,567"),
            (0.25, "0.25"),
            (1234.5, "1,234.5"),
            (-1234.0, "-1,234"),
            (10.0, "10"),
            (2_147_483_647.0, "2,147,483,647"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn video_time_is_hours_and_minutes() {
        for (seconds, english, chinese) in [
            (0.0, "0 s", "0 秒"),
            (36.0, "36 s", "36 秒"),
            (60.0, "1 min", "1 分钟"),
            (3_600.0, "1 h", "1 小时"),
            (12_000.0, "3 h 20 min", "3 小时 20 分钟"),
            (17.4 * 60.0, "17 min", "17 分钟"),
            (0.1 * 3.0 * 600.0 * 10.0, "30 min", "30 分钟"),
        ] {
            let texts = Language::ALL.map(|language| amount(language, Some(seconds), Unit::Seconds));
            assert_eq!(texts, [english, chinese]);
        }
        assert_eq!(
            exact(Language::English, Some(12_000.0), Unit::Seconds).as_deref(),
            Some("12,000 seconds")
        );
        assert_eq!(exact(Language::English, Some(12_000.0), Unit::Count), None);
        assert_eq!(amount(Language::English, Some(f64::INFINITY), Unit::Seconds), "unlimited");
        assert_eq!(amount(Language::English, None, Unit::Count), "not reported");
    }

    #[test]
    fn a_quota_that_is_not_used_up_never_reads_100_percent() {
        for (ratio, text, bar) in [
            (0.0, "0.0 %", "0.0"),
            (0.29, "29.0 %", "29.0"),
            (0.8, "80.0 %", "80.0"),
            (0.999_99, "99.9 %", "100.0"),
            (1.0, "100.0 %", "100.0"),
            (1.5, "150.0 %", "100.0"),
            (1e9, "> 100,000 %", "100.0"),
            (f64::INFINITY, "> 100,000 %", "100.0"),
        ] {
            assert_eq!(utilisation(Language::English, Utilisation::Ratio(ratio)), text);
            assert_eq!(super::bar(Utilisation::Ratio(ratio)).as_deref(), Some(bar));
        }
    }

    #[test]
    fn times_are_relative_to_now() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        for (seconds, text) in [
            (999_998, "just now"),
            (999_970, "30 seconds ago"),
            (1_000_000 - 5 * 86_400, "5 days ago"),
            (1_000_000 + 86_400, "in 24 hours"),
            (1_000_000 + 7 * 86_400 - 1, "in 6 days"),
        ] {
            assert_eq!(relative(Language::English, Timestamp::from_second(seconds).unwrap(), now), text);
        }
        assert_eq!((iso(&now), utc(&now)), ("1970-01-12T13:46:40Z".into(), "1970-01-12 13:46:40 UTC".into()));
    }

    #[test]
    fn invisible_characters_become_visible() {
        assert_eq!(visible("a\0b\nc\td\u{7f}e\u{85}f\u{2028}g"), "a␀b␊c␉d␡e\u{fffd}f\u{fffd}g");
        assert_eq!(visible("张三 \u{202e}x"), "张三 \u{202e}x", "the page isolates its direction");
    }
}
