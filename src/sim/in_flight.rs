//! How many requests are being answered at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A gauge and its highest mark.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    now: AtomicUsize,
    most: AtomicUsize,
}

/// A request is in flight as long as this is there.
#[derive(Debug)]
pub(super) struct Flight(Arc<InFlight>);

impl InFlight {
    /// One more is in flight.
    pub(super) fn begin(self: &Arc<Self>) -> Flight {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        Flight(Arc::clone(self))
    }

    /// The most at once since the start or the last reset.
    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// Counts from those in flight now on.
    pub(super) fn reset(&self) {
        self.most.store(self.now.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stays_until_it_is_reset_to_what_is_in_flight() {
        let gauge = Arc::new(InFlight::default());
        let first = gauge.begin();
        drop([gauge.begin(), gauge.begin()]);
        drop(gauge.begin());
        assert_eq!(gauge.most(), 3);
        gauge.reset();
        assert_eq!(gauge.most(), 1);
        drop(first);
        gauge.reset();
        assert_eq!(gauge.most(), 0);
    }
}
