//! Logs and counts panics. A panic is a bug; its place says where to look.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{PanicHookInfo, set_hook};
use std::sync::atomic::{AtomicU64, Ordering};

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// Logs and counts panics from now on, instead of printing them.
pub(super) fn record() {
    set_hook(Box::new(record_one));
}

/// How many panics were recorded.
pub(super) fn number() -> u64 {
    NUMBER.load(Ordering::Relaxed)
}

/// The message of a panic is left out: it can quote any text, also a secret.
fn record_one(panic: &PanicHookInfo<'_>) {
    NUMBER.fetch_add(1, Ordering::Relaxed);
    let place = panic.location().map(ToString::to_string);
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(place, backtrace, "panic; please report this, best with RUST_BACKTRACE=1");
}

#[cfg(test)]
mod tests {
    use std::panic::{set_hook, take_hook};
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Lines {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn a_panic_is_counted_and_logged_with_its_place_but_without_its_message() {
        let (before, earlier) = (number(), take_hook());
        record();
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false).finish();
        let line = line!() + 2;
        let panicking = std::thread::spawn(move || {
            tracing::subscriber::with_default(subscriber, || -> () { panic!("the secret is sesame") });
        });
        assert!(panicking.join().is_err());
        set_hook(earlier);
        assert!(number() > before);
        let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(logged.contains(&format!("place=\"src/cli/panics.rs:{line}:")), "{logged}");
        assert!(!logged.contains("sesame"), "{logged}");
        assert_eq!(logged.matches("ERROR").count(), 1, "{logged}");
    }
}
