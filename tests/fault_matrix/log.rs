//! What the exporter logs about failed polls.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// A warning or an error.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    pub(crate) project: String,
    pub(crate) collector: String,
    pub(crate) reason: String,
    pub(crate) error: String,
    pub(crate) advice: String,
    pub(crate) message: String,
}

/// The lines since they were last taken.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Line>>>);

impl Log {
    /// Records what this thread logs from now on.
    pub(crate) fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::registry().with(Recorder(log.clone()));
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn take(&self) -> Vec<Line> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

struct Recorder(Log);

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() > Level::WARN || !event.metadata().target().starts_with("metastudio") {
            return;
        }
        let mut line = Line::default();
        event.record(&mut line);
        self.0.0.lock().unwrap().push(line);
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let known = match field.name() {
            "project" => &mut self.project,
            "collector" => &mut self.collector,
            "reason" => &mut self.reason,
            "error" => &mut self.error,
            "advice" => &mut self.advice,
            "message" => &mut self.message,
            _ => return,
        };
        value.clone_into(known);
    }
}
