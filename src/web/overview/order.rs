//! What a table is sorted by, as `?sort=` says it: a key, with `-` before it for the greatest first.

use std::cmp::Ordering;

/// A key and a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) key: &'static str,
    pub(super) descending: bool,
}

impl Order {
    /// The order that `text` asks for; that of the first of `keys` where it asks for none of them.
    pub(super) fn of(text: &str, keys: &[&'static str]) -> Self {
        let asked = text.strip_prefix('-').unwrap_or(text);
        let found = keys.iter().map(|key| Self::natural(key)).find(|order| order.key == asked);
        let default = Self::natural(keys.first().copied().unwrap_or_default());
        found.map_or(default, |order| Self { descending: text.starts_with('-'), ..order })
    }

    /// The order that a key is written with: `-` where the greatest matters most.
    pub(super) fn natural(key: &'static str) -> Self {
        Self { key: key.strip_prefix('-').unwrap_or(key), descending: key.starts_with('-') }
    }

    /// The order of the same key the other way round.
    pub(super) fn reversed(self) -> Self {
        Self { descending: !self.descending, ..self }
    }

    /// The value of `?sort=`.
    pub(super) fn text(self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.key)
    }

    /// `ascending` turned round where it has to be.
    pub(super) fn apply(self, ascending: Ordering) -> Ordering {
        if self.descending { ascending.reverse() } else { ascending }
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
    fn what_nobody_can_sort_by_sorts_as_usual() {
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
            let order = Order::of(text, keys);
            assert_eq!(order, Order { key, descending }, "{text}");
            assert_eq!(Order::of(&order.text(), keys), order);
        }
    }
}
