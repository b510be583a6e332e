//! The bytes of a response, and what happens to the connection after them.

use serde_json::Value;

/// A response of a healthy cloud.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body breaks off.
    pub(crate) is_cut: bool,
}

/// What is sent instead.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
    pub(crate) then: Then,
}

/// What happens after the bytes.
#[derive(Debug)]
pub(crate) enum Then {
    KeepOpen,
    Close,
    Reset,
    /// Nothing, for ever.
    Hang,
    /// These bytes, one a second.
    Drip(Vec<u8>),
    /// These bytes, so many times.
    Flood(Vec<u8>, usize),
}

impl Reply {
    pub(crate) fn nothing(then: Then) -> Self {
        Self { bytes: Vec::new(), then }
    }
}

impl Answer {
    /// The whole response.
    pub(crate) fn reply(&self) -> Reply {
        if self.is_cut {
            let head = self.head(2 * self.body.len() + 1);
            return Reply { bytes: [head, self.body.clone()].concat(), then: Then::Reset };
        }
        Reply { bytes: [self.head(self.body.len()), self.body.clone()].concat(), then: Then::KeepOpen }
    }

    /// The head of a response that announces a body of `length` bytes.
    pub(crate) fn head(&self, length: usize) -> Vec<u8> {
        self.head_with(&format!("content-length: {length}"))
    }

    /// The head of a response with one more header.
    pub(crate) fn head_with(&self, header: &str) -> Vec<u8> {
        let headers = self.headers.iter().filter(|(name, _)| name != "content-length");
        let mut lines = vec![format!("HTTP/1.1 {} X", self.status)];
        lines.extend(headers.map(|(name, value)| format!("{name}: {value}")));
        lines.extend([header.to_owned(), String::new(), String::new()]);
        lines.join("\r\n").into_bytes()
    }

    /// The same response with another status and body, which is JSON.
    pub(crate) fn with(&self, status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: self.headers.clone(), body: body.into(), is_cut: false }
    }

    /// The same response with another body.
    pub(crate) fn with_body(&self, body: impl Into<Vec<u8>>) -> Self {
        self.with(self.status, body)
    }

    /// The same response with one header replaced or added.
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(header, _)| header != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same response after a change of its JSON.
    pub(crate) fn edited(&self, edit: impl FnOnce(&mut Value)) -> Self {
        let mut body = serde_json::from_slice(&self.body).unwrap();
        edit(&mut body);
        self.with_body(body.to_string())
    }
}
