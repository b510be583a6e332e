//! The languages of the pages, and how one is chosen.

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Chinese,
}

/// A text in English and in Chinese. A text without a translation does not compile.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text(pub(super) &'static str, pub(super) &'static str);

impl Language {
    pub(super) const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The tag of the language, for `lang`.
    pub(super) fn tag(self) -> &'static str {
        self.pick("en", "zh-CN")
    }

    /// The name of the language in the language itself.
    pub(super) fn name(self) -> &'static str {
        self.pick("English", "中文")
    }

    /// The text in this language.
    pub(super) fn text(self, text: &Text) -> &'static str {
        self.pick(text.0, text.1)
    }

    /// The value for this language.
    pub(super) fn pick<T>(self, english: T, chinese: T) -> T {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }

    /// The language of a tag such as `zh-Hans-CN`, regardless of its script and region.
    pub(super) fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.pick("en", "zh")))
    }

    /// The language that `Accept-Language` prefers, the first of equals; English when it accepts none.
    pub(super) fn from_accept_language(header: &str) -> Self {
        let mut best = (0.0, Self::English);
        for range in header.split(',') {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight: f64 = weight.trim().strip_prefix("q=").and_then(|q| q.parse().ok()).unwrap_or(0.0);
            match Self::from_tag(tag.trim()) {
                Some(language) if weight > best.0 => best = (weight, language),
                _ => {}
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_preferred_language_is_chosen() {
        for (header, language) in [
            ("", Language::English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en-US,en;q=0.9,zh;q=0.8", Language::English),
            ("de,fr;q=0.9,zh-TW;q=0.1", Language::Chinese),
            ("en;q=0.3, ZH-hans;q=0.4", Language::Chinese),
            ("zh;q=0, en;q=0.1", Language::English),
            ("zh;q=0", Language::English),
            ("zh;q=bad,;;,=", Language::English),
            ("*", Language::English),
            ("zho-is-no-zh", Language::English),
        ] {
            assert_eq!(Language::from_accept_language(header), language, "{header}");
        }
    }
}
