//! What answers say about the key that signed, and how sentences call that key.

use super::credentials::guard::Verdict;
use super::error::Error;
use super::http::Answer;
use super::refusal::Refusal;

/// What an answer says about the key that signed its request. Whatever comes from behind the gateway's check of
/// signatures proves it.
pub(super) fn verdict(outcome: &Result<Answer, Error>) -> Verdict {
    let Ok(answer) = outcome else { return Verdict::Nothing };
    match answer.status.as_u16() {
        200..=299 | 400 | 403 | 404 => Verdict::Good,
        401 => {
            let refusal = Refusal::read(answer.status, &answer.headers, &answer.body, &[]);
            match (refusal.is_key_locked(), refusal.is_clock_skew() || refusal.is_token_told_expired()) {
                (true, _) => Verdict::Locked,
                (false, true) => Verdict::Nothing,
                (false, false) => Verdict::Refused,
            }
        }
        _ => Verdict::Nothing,
    }
}

/// An access key ID but for its middle: enough to tell which one it is.
pub(super) fn masked(id: &str) -> String {
    let chars: Vec<char> = id.chars().collect();
    if chars.len() < 12 {
        return "****".to_owned();
    }
    let (head, tail): (String, String) =
        (chars[..4].iter().collect(), chars[chars.len() - 4..].iter().collect());
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;

    #[test]
    fn an_access_key_is_shown_without_its_middle_and_a_short_one_not_at_all() {
        assert_eq!(masked("FAKEACCESSKEY0000001"), "FAKE…0001");
        assert_eq!(masked("ABCDEFGHIJKL"), "ABCD…IJKL");
        assert_eq!(masked("ABCDEFGHIJK"), "****");
    }

    #[test]
    fn what_an_answer_says_about_the_key() {
        let message = |status: u16, message: &str| {
            let body = format!(r#"{{"error_code":"APIG.0301","error_msg":"{message}"}}"#);
            let status = StatusCode::from_u16(status).unwrap();
            let headers = reqwest::header::HeaderMap::default();
            verdict(&Ok(Answer { status, headers, body: body.into() }))
        };
        for (status, text, expected) in [
            (200, "", Verdict::Good),
            (403, "Forbidden", Verdict::Good),
            (401, "verify aksk signature fail, canonicalRequest:GET", Verdict::Refused),
            (401, "AK access failed to reach the limit,forbidden", Verdict::Locked),
            (401, "signature expired, signature time:20211217T064303Z", Verdict::Nothing),
            (401, "token expires", Verdict::Nothing),
            (401, "decrypt token fail", Verdict::Nothing),
            (429, "over ratelimit", Verdict::Nothing),
            (500, "", Verdict::Nothing),
        ] {
            assert_eq!(message(status, text), expected, "{status} {text}");
        }
        assert_eq!(verdict(&Err(Error::Deadline)), Verdict::Nothing);
    }
}
