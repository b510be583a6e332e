//! JSON with or without white space between its tokens.

/// The containers whose elements have a line of their own: those of a body, and the rows of its list.
const LINES: usize = 2;

/// Without white space, as nearly all servers send it.
pub(super) fn compact(json: &str) -> String {
    tokens(json).collect()
}

/// With a row on each line, to look through. [`compact`] is the reverse.
pub(super) fn for_reading(json: &str, indent: &str) -> String {
    let mut shown = String::with_capacity(json.len() + json.len() / 4);
    let mut depth = 0;
    let mut tokens = tokens(json).peekable();
    let new_line = |shown: &mut String, depth: usize| {
        shown.push('\n');
        shown.push_str(indent);
        shown.push_str(&"  ".repeat(depth));
    };
    while let Some(token) = tokens.next() {
        if matches!(token, "}" | "]") {
            depth -= 1;
            if depth < LINES && !shown.ends_with(['{', '[']) {
                new_line(&mut shown, depth);
            }
        }
        shown.push_str(token);
        match token {
            "{" | "[" => {
                depth += 1;
                if depth <= LINES && !matches!(tokens.peek(), Some(&("}" | "]"))) {
                    new_line(&mut shown, depth);
                }
            }
            "," if depth <= LINES => new_line(&mut shown, depth),
            "," | ":" => shown.push(' '),
            _ => {}
        }
    }
    shown
}

fn tokens(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json.trim_ascii();
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let length = match first {
            '"' => super::body::text_length(rest),
            '{' | '}' | '[' | ']' | ',' | ':' => 1,
            _ => rest
                .find(|c: char| {
                    matches!(c, '{' | '}' | '[' | ']' | ',' | ':' | '"') || c.is_ascii_whitespace()
                })
                .unwrap_or(rest.len()),
        };
        let (token, others) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = others.trim_ascii_start();
        Some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_line() {
        let body = r#"{"count":7.0,"none":[],"resources":[{"a":"x: {y}, \"z\"","b":{"c":[1,2]}},{"a":1e400}],"o":{}}"#;
        let shown = r#"{
    "count": 7.0,
    "none": [],
    "resources": [
      {"a": "x: {y}, \"z\"", "b": {"c": [1, 2]}},
      {"a": 1e400}
    ],
    "o": {}
  }"#;
        assert_eq!(for_reading(body, "  "), shown);
        assert_eq!(compact(shown), body);
    }
}
