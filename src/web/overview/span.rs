//! Lengths of time as people say them: one number and one unit.

/// A length of time, rounded down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    Seconds(u64),
    Minutes(u64),
    Hours(u64),
    Days(u64),
}

impl Span {
    /// Days from two days on, hours from two hours on, and so forth: so 30 hours are not "1 day".
    pub(super) fn of(seconds: u64) -> Self {
        match seconds {
            0..120 => Self::Seconds(seconds),
            120..7_200 => Self::Minutes(seconds / 60),
            7_200..172_800 => Self::Hours(seconds / 3_600),
            _ => Self::Days(seconds / 86_400),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_never_says_more_than_there_is() {
        for (seconds, span) in [
            (0, Span::Seconds(0)),
            (119, Span::Seconds(119)),
            (120, Span::Minutes(2)),
            (7_199, Span::Minutes(119)),
            (7_200, Span::Hours(2)),
            (172_799, Span::Hours(47)),
            (172_800, Span::Days(2)),
            (7 * 86_400 - 1, Span::Days(6)),
        ] {
            assert_eq!(Span::of(seconds), span, "{seconds}");
        }
    }
}
