//! The sort order of a table, as in `?sort=`: a key, after `-` for the greatest first.

use std::cmp::Ordering;

/// A key and a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SortOrder {
    pub(super) key: &'static str,
    pub(super) descending: bool,
}

impl SortOrder {
    /// Parses `text`; an unknown key gives the order of the first of `keys`.
    pub(super) fn parse(text: &str, keys: &[&'static str]) -> Self {
        let key_text = text.strip_prefix('-').unwrap_or(text);
        let found = keys.iter().map(|key| Self::natural(key)).find(|order| order.key == key_text);
        let default = Self::natural(keys.first().copied().unwrap_or_default());
        found.map_or(default, |order| Self { descending: text.starts_with('-'), ..order })
    }

    /// The order in which a key is sorted first: after `-` when the greatest matters most.
    pub(super) fn natural(key: &'static str) -> Self {
        Self { key: key.strip_prefix('-').unwrap_or(key), descending: key.starts_with('-') }
    }

    /// The opposite order of the same key.
    pub(super) fn reversed(self) -> Self {
        Self { descending: !self.descending, ..self }
    }

    /// The value of `?sort=`.
    pub(super) fn text(self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.key)
    }

    /// Reverses `ascending` if the order is descending.
    pub(super) fn apply(self, ascending: Ordering) -> Ordering {
        if self.descending { ascending.reverse() } else { ascending }
    }

    /// Compares known values; unknown ones come last in either order.
    pub(super) fn apply_known<T>(
        self,
        a: Option<T>,
        b: Option<T>,
        compare: fn(&T, &T) -> Ordering,
    ) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) => self.apply(compare(&a, &b)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }

    /// The value of `aria-sort`.
    pub(super) fn aria(self) -> &'static str {
        if self.descending { "descending" } else { "ascending" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_gives_the_default_order() {
        let keys = &["-utilisation", "user"];
        for (text, key, descending) in [
            ("user", "user", false),
            ("-user", "user", true),
            ("utilisation", "utilisation", false),
            ("-utilisation", "utilisation", true),
            ("", "utilisation", true),
            ("--user", "utilisation", true),
            ("'; drop table", "utilisation", true),
        ] {
            let order = SortOrder::parse(text, keys);
            assert_eq!(order, SortOrder { key, descending }, "{text}");
            assert_eq!(SortOrder::parse(&order.text(), keys), order);
        }
    }
}
