//! Free text: its words are replaced, and all between them stays.

use super::stand_ins::{Kind, StandIns};
use super::words;

/// Replaces every word: of an ID, a name, or a text that is not in the documents.
pub(super) fn without_words(text: &str, stand_ins: &mut StandIns) -> String {
    let mut safe = String::with_capacity(text.len());
    for run in runs(text) {
        match run {
            Run::Word(word) => safe.extend(parts(word).map(|part| part_of(part, stand_ins))),
            Run::Between(between) => safe.push_str(between),
        }
    }
    safe
}

/// Replaces what is not a word of the documents or a time, and all that follows `canonicalRequest`: the gateway repeats
/// the request with its secrets there. An ID that is a field elsewhere gets the same stand-in.
pub(super) fn of_message(message: &str, stand_ins: &mut StandIns) -> String {
    if let Some((before, _)) = message.split_once("canonicalRequest") {
        return of_message(before, stand_ins) + "canonicalRequest:<redacted>";
    }
    let (mut safe, mut done) = (String::with_capacity(message.len()), 0);
    for (start, end) in words::kept_spans(message) {
        safe.push_str(&of_words(message.get(done..start).unwrap_or_default(), stand_ins));
        safe.push_str(message.get(start..end).unwrap_or_default());
        done = end;
    }
    safe + &of_words(message.get(done..).unwrap_or_default(), stand_ins)
}

/// The same for text with the escapes of JSON, as in the pieces of a broken body.
pub(super) fn of_escaped(text: &str, stand_ins: &mut StandIns) -> String {
    let (mut safe, mut plain) = (String::with_capacity(text.len()), String::new());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        plain.push_str(before);
        let unit = |text: &str| u32::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
        let first = unit(escape);
        let pair = first.zip(escape.get(6..).and_then(unit)).and_then(|(high, low)| {
            let is_pair = (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low);
            is_pair.then(|| char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)))?
        });
        let (decoded, length) = match (pair, first) {
            (Some(c), _) => (Some(c), 12),
            (None, Some(unit)) => (char::from_u32(unit), 6),
            (None, None) => (None, 1 + escape.chars().nth(1).map_or(0, char::len_utf8)),
        };
        let (escape, others) = escape.split_at_checked(length).unwrap_or((escape, ""));
        if let Some(c) = decoded.filter(|c| is_word(*c) || *c == '_') {
            plain.push(c);
        } else {
            safe.push_str(&of_message(&std::mem::take(&mut plain), stand_ins));
            safe.push_str(escape);
        }
        rest = others;
    }
    plain.push_str(rest);
    safe + &of_message(&plain, stand_ins)
}

/// Replaces the words that are not known.
fn of_words(text: &str, stand_ins: &mut StandIns) -> String {
    let mut safe = String::with_capacity(text.len());
    // An ID may have hyphens.
    for piece in pieces(text, |c| is_ascii_word(c) || c == '-') {
        if stand_ins.is_id(piece) {
            safe.push_str(&without_words(piece, stand_ins));
            continue;
        }
        for run in runs(piece) {
            match run {
                Run::Between(between) => safe.push_str(between),
                Run::Word(word) if stand_ins.is_id(word) => safe.push_str(&without_words(word, stand_ins)),
                Run::Word(word) if words::is_known(word) => safe.push_str(word),
                Run::Word(word) => {
                    for part in parts(word) {
                        if words::is_known(part) && !stand_ins.is_id(part) {
                            safe.push_str(part);
                        } else {
                            safe.push_str(&part_of(part, stand_ins));
                        }
                    }
                }
            }
        }
    }
    if safe != text {
        stand_ins.count(Kind::Text, text);
    }
    safe
}

fn part_of(part: &str, stand_ins: &mut StandIns) -> String {
    if part == "_" { part.to_owned() } else { stand_ins.of(part) }
}

enum Run<'a> {
    /// Characters that carry meaning, all ASCII or all others.
    Word(&'a str),
    /// Spaces and punctuation.
    Between(&'a str),
}

fn runs(text: &str) -> impl Iterator<Item = Run<'_>> {
    pieces(text, is_ascii_word).flat_map(|piece| {
        let is_ascii = piece.starts_with(is_ascii_word);
        let all: Vec<_> = if is_ascii { vec![piece] } else { pieces(piece, is_word).collect() };
        all.into_iter().map(|piece| match piece.chars().next() {
            Some(c) if is_word(c) || c == '_' => Run::Word(piece),
            _ => Run::Between(piece),
        })
    })
}

/// The words of `user_0b01`, and the underscores between them.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    word.split_inclusive('_').flat_map(|part| match part.strip_suffix('_') {
        Some(part) => [part, "_"],
        None => [part, ""],
    })
}

/// Cuts a text where `is_inside` changes.
fn pieces(text: &str, is_inside: impl Fn(char) -> bool) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let begins_inside = is_inside(rest.chars().next()?);
        let end = rest.find(|c| is_inside(c) != begins_inside).unwrap_or(rest.len());
        let (piece, others) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = others;
        Some(piece)
    })
}

fn is_ascii_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// All but punctuation, spaces and control characters. Symbols such as emoji may be a name. U+FFFD stands for a byte that
/// is not UTF-8.
fn is_word(c: char) -> bool {
    match c {
        _ if c.is_ascii() => c.is_ascii_alphanumeric(),
        '\u{80}'..='\u{bf}' => c.is_alphanumeric(),
        '\u{2010}'..='\u{2027}'
        | '\u{3000}'..='\u{3003}'
        | '\u{3008}'..='\u{301f}'
        | '\u{ff01}'..='\u{ff0f}'
        | '\u{ff1a}'..='\u{ff20}'
        | '\u{feff}'
        | '\u{fffd}' => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        of_message(text, &mut StandIns::default())
    }

    #[track_caller]
    fn assert_form(safe: &str, pattern: &str) {
        assert!(regex_lite::Regex::new(pattern).unwrap().is_match(safe), "{safe}");
    }

    #[test]
    fn the_gateways_messages_stay() {
        for text in [
            "Forbidden",
            "Internal Error",
            "Invalid parameter: limit",
            "Incorrect IAM authentication information: decrypt token fail",
            "token expires",
            "signature expired, signature time:20211217T064303Z,server time:20211217T065804Z",
            "AK access failed to reach the limit,forbidden",
            "The throttling threshold has been reached: policy ip over ratelimit,limit:5,time:1 minute",
            "expired at 2021-12-17T06:43:03Z: MSS.00010008",
        ] {
            assert_eq!(message(text), text);
        }
    }

    #[test]
    fn words_and_numbers_that_are_not_the_documents_are_replaced() {
        assert_form(&message("user 1234 not found"), "^user [1-9][0-9]{3} not found$");
        assert_form(&message("user_0b01"), "^user_[0-9][a-f][0-9]{2}$");
        assert_form(&message("用户zhang-3不存在"), "^.{2}[a-z]{5}-[1-9].{3}$");
        assert_form(&message("http://10.0.0.17/"), "^http://[1-9][0-9]\\.0\\.0\\.[1-9][0-9]/$");
        assert_form(&message("limit:5,time:1 parsec"), "^limit:[1-9],time:[1-9] [a-z]{6}$");
        let safe = message("verify aksk signature fail, canonicalRequest:GET|/v1/0b01");
        assert_eq!(safe, "verify aksk signature fail, canonicalRequest:<redacted>");
    }

    #[test]
    fn an_id_has_the_same_stand_in_wherever_it_is() {
        let mut stand_ins = StandIns::default();
        let id = without_words("user-Zhang_7", &mut stand_ins);
        assert_form(&id, "^[a-z]{4}-[A-Z][a-z]{4}_[1-9]$");
        stand_ins.add_id("user-Zhang_7");
        assert_eq!(of_message("no user user-Zhang_7.", &mut stand_ins), format!("no user {id}."));
    }

    #[test]
    fn an_escape_hides_nothing_and_stays() {
        let escaped = |text| of_escaped(text, &mut StandIns::default());
        assert_form(&escaped(r#""\u007ahang\n\u0022\ud83e\udd84""#), r#"^"[a-z]{5}\\n\\u0022[^\\]""#);
        assert_form(&escaped(r#""\ud83ezhang\"#), r#"^"\\ud83e[a-z]{5}\\$"#);
        assert_form(&escaped(r"\user\u00e"), r"^\\u[a-z]{3}\\u[0-9]{2}[a-z]$");
    }
}
