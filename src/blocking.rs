//! Work that takes milliseconds or longer, for which scrapes and polls must not wait.

use std::panic::resume_unwind;

/// Runs `work` on another thread. A panic of the work continues here.
pub(crate) async fn on_another_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    // The task is never aborted, so it can only have panicked.
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| resume_unwind(error.into_panic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_result_comes_from_another_thread() {
        let here = std::thread::current().id();
        assert_ne!(on_another_thread(|| std::thread::current().id()).await, here);
    }

    #[tokio::test]
    #[should_panic(expected = "the work failed")]
    async fn a_panic_continues() {
        on_another_thread(|| panic!("the work failed")).await;
    }
}
