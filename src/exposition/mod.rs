//! From a snapshot to Prometheus' text format: pure, no clock, no registry.
//!
//! The data series are written straight from the rows, once a poll, and kept compressed: building them as registered
//! gauges costs tens of times more, and a gauge that is set once must be unset when its user is gone. Each part (the
//! answer of one API for one project, or the state of its polls) is rendered on its own; a scrape strings the parts'
//! pieces together, family by family, because the format wants all lines of a metric in one place.

mod families;
mod lines;
mod piece;

pub use families::FAMILIES;
pub use piece::{Piece, gzip};

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lines::Lines;

use crate::snapshot::{Collector, ProjectInfo, Snapshot, UserQuotas, VoiceTraining};

/// What can be rendered on its own.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// The voice training resources of a project.
    VoiceTraining(&'a Snapshot<VoiceTraining>),
    /// The user quotas of a project.
    UserQuotas(&'a Snapshot<UserQuotas>),
    /// How the last poll of one API went.
    Poll(Collector, &'a PollState),
    /// The project itself, once its ID is known.
    Project(&'a ProjectInfo),
}

/// How the last poll of one API of one project went.
#[derive(Debug, Clone)]
pub struct PollState {
    /// Whether it succeeded.
    pub up: bool,
    /// When a poll last succeeded.
    pub last_success: Option<SystemTime>,
    /// How long the last poll took.
    pub duration: Duration,
}

/// One metric: its name, what it means, and the lines it has in a part.
#[derive(Debug)]
pub struct Family {
    /// The metric's name.
    pub name: &'static str,
    /// The text of its `HELP` line.
    pub help: &'static str,
    write: fn(&mut Lines<'_>, Part<'_>),
}

impl Family {
    /// The lines ahead of the metric's samples.
    #[must_use]
    pub fn header(&self) -> Piece {
        let mut text = piece::Writer::new();
        text.write(format_args!("# HELP {0} {1}\n# TYPE {0} gauge\n", self.name, self.help));
        text.finish()
    }
}

/// A part's pieces, one for each of [`FAMILIES`]; none where the part has no line of it.
pub type Rendered = Vec<Option<Arc<Piece>>>;

/// Writes all lines of `part` of the project of this name.
#[must_use]
pub fn render(project: &str, part: Part<'_>) -> Rendered {
    let label = lines::escape(project);
    FAMILIES
        .iter()
        .map(|family| {
            let mut lines = Lines::new(family.name, &label);
            (family.write)(&mut lines, part);
            lines.finish().map(Arc::new)
        })
        .collect()
}
