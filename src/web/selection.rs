//! Which part of the metrics a scrape asks for, by its query.

/// A part of the metrics. All of [`Selection::Project`] and [`Selection::Exporter`] are what [`Selection::All`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selection {
    /// Everything.
    All,
    /// `project=NAME`: what has the label `project` with this name.
    Project(String),
    /// `exporter=only`, or an empty `project=`: what has no label `project`.
    Exporter,
}

impl Selection {
    /// The part that a query's parameters ask for; those of others are theirs.
    ///
    /// # Errors
    /// A sentence about what cannot be asked for.
    pub(super) fn of(parameters: &[(String, String)]) -> Result<Self, &'static str> {
        let mut selection = Self::All;
        for (name, value) in parameters {
            let asked = match (name.as_str(), value.as_str()) {
                // Prometheus cannot send an empty parameter: to it an empty label is none. So there are two ways.
                ("exporter", "only") | ("project", "") => Self::Exporter,
                ("exporter", _) => return Err("write exporter=only, or leave it out"),
                ("project", name) => Self::Project(name.to_owned()),
                _ => continue,
            };
            if selection != Self::All {
                return Err("ask for one project, or for the exporter alone, at a time");
            }
            selection = asked;
        }
        Ok(selection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parameters: &[(&str, &str)]) -> Result<Selection, &'static str> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Selection::of(&parameters.iter().map(owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_scrape_asks_for_one_part_or_for_all() {
        assert_eq!(of(&[]), Ok(Selection::All));
        assert_eq!(of(&[("format", "prometheus")]), Ok(Selection::All));
        assert_eq!(of(&[("project", "a b"), ("x", "y")]), Ok(Selection::Project("a b".to_owned())));
        assert_eq!(of(&[("project", "")]), Ok(Selection::Exporter));
        assert_eq!(of(&[("exporter", "only")]), Ok(Selection::Exporter));
        assert_eq!(of(&[("exporter", "yes")]), Err("write exporter=only, or leave it out"));
        for two in [
            [("project", "a"), ("project", "b")],
            [("project", "a"), ("project", "a")],
            [("project", ""), ("project", "b")],
            [("project", "a"), ("exporter", "only")],
        ] {
            assert_eq!(of(&two), Err("ask for one project, or for the exporter alone, at a time"), "{two:?}");
        }
    }
}
