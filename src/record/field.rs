//! What a field of a body is, by its key: how much of its value may stay.

use super::stand_ins::{Kind, StandIns};
use super::{text, words};

/// Objects of amounts by product, whose keys are names of products.
const AMOUNTS: [&str; 3] = ["quota", "usage", "resource_available_nums"];

/// Numbers that may also be sent as texts.
const NUMBERS: [&str; 8] =
    ["count", "resource_nums", "resource_available_nums", "amount", "usage", "status", "limit", "offset"];

const MESSAGES: [&str; 6] = ["error_msg", "errorMsg", "message", "error", "title", "msg"];

/// The last words of the names of fields that hold an ID, a name, an address or a secret.
const IDS: [&str; 5] = ["id", "ids", "urn", "sn", "uuid"];
const NAMES: [&str; 26] = [
    "name",
    "names",
    "domain",
    "endpoint",
    "uri",
    "url",
    "host",
    "ip",
    "email",
    "mail",
    "phone",
    "mobile",
    "address",
    "token",
    "key",
    "ak",
    "sk",
    "secret",
    "password",
    "signature",
    "cookie",
    "owner",
    "user",
    "nickname",
    "alias",
    "account",
];

/// The digits of an integer that is as long as an ID: of a documented number, and of another.
const LONG: usize = 15;
const LONG_ELSEWHERE: usize = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Name,
    Number,
    Message,
    Other,
}

impl Field {
    /// The field of a key; without a key, the whole body is a text.
    pub(super) fn of(key: Option<&str>, is_amount: bool) -> Self {
        let Some(key) = key else { return Self::Message };
        let begin = key.rfind(|c: char| c == '_' || c == '-' || c.is_ascii_uppercase()).unwrap_or(0);
        let last = key.get(begin..).unwrap_or(key).trim_start_matches(['_', '-']).to_ascii_lowercase();
        match last.as_str() {
            _ if NUMBERS.contains(&key) => Self::Number,
            _ if MESSAGES.contains(&key) => Self::Message,
            last if IDS.contains(&last) => Self::Id,
            last if NAMES.contains(&last) => Self::Name,
            _ if is_amount && is_amount_key(key) => Self::Number,
            _ => Self::Other,
        }
    }

    /// A text of the field, made safe.
    pub(super) fn safe_text(self, value: &str, stand_ins: &mut StandIns) -> String {
        let trimmed = value.trim();
        let stays = trimmed.is_empty()
            || match self {
                Self::Id => false,
                // IAM's name of a project.
                Self::Name => words::is_region(value),
                Self::Number => words::is_number(trimmed) || words::is_time(trimmed),
                Self::Message => return text::of_message(value, stand_ins),
                Self::Other => {
                    words::is_time(trimmed) || value.split(',').all(words::is_known) || is_code(value)
                }
            };
        if stays {
            return value.to_owned();
        }
        let safe = text::without_words(value, stand_ins);
        let kind = match self {
            Self::Id => Kind::Id,
            Self::Name => Kind::Name,
            _ => Kind::Text,
        };
        if matches!(self, Self::Id | Self::Name) {
            stand_ins.add_id(value);
        }
        if safe != value {
            stand_ins.count(kind, value);
        }
        safe
    }

    /// A number of the field, made safe: an ID and a long integer have other digits.
    pub(super) fn safe_number(self, number: &str, stand_ins: &mut StandIns) -> String {
        let digits = number.trim_start_matches('-').bytes().take_while(u8::is_ascii_digit).count();
        let kind = match self {
            Self::Id | Self::Name => Kind::Id,
            Self::Number if digits > LONG => Kind::Number,
            Self::Message | Self::Other if digits > LONG_ELSEWHERE => Kind::Number,
            _ => return number.to_owned(),
        };
        let (mantissa, exponent) =
            number.split_at_checked(number.find(['e', 'E']).unwrap_or(number.len())).unwrap_or((number, ""));
        let safe = text::without_words(mantissa, stand_ins) + exponent;
        if kind == Kind::Id {
            stand_ins.add_id(number);
        }
        stand_ins.count(kind, number);
        safe
    }
}

/// A code of the gateway, of a service or of a resource type, or an HTTP status.
fn is_code(value: &str) -> bool {
    words::kept_spans(value) == [(0, value.len())]
        || words::is_resource_type(value)
        || value.len() == 3 && value.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the object of a key has amounts by product.
pub(super) fn has_amounts(key: Option<&str>) -> bool {
    key.is_some_and(|key| AMOUNTS.contains(&key))
}

fn is_amount_key(key: &str) -> bool {
    words::is_known(key) || words::is_item(key)
}

/// A key, made safe. It stays if it consists of words of the documents, or is the name of a product with an amount.
pub(super) fn safe_key(key: &str, is_amount: bool, stand_ins: &mut StandIns) -> String {
    if key.is_empty() || words::is_known(key) || is_amount && words::is_item(key) && !stand_ins.is_id(key) {
        return key.to_owned();
    }
    stand_ins.count(Kind::Key, key);
    text::without_words(key, stand_ins)
}
