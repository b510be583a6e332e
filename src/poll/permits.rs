//! Limits on what polls do concurrently: one for each endpoint, so that projects of a slow endpoint delay no others, and
//! one for all answers that are rendered.

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::Url;
use tokio::sync::Semaphore;

use crate::config::ProjectConfig;

/// The maximum number of projects of one endpoint that are polled concurrently. Enough for thousands of projects in an
/// interval (32 polls of 2 s are 4,800 in 5 minutes), and few enough not to flood the endpoint: each poll sends as many
/// requests concurrently as it has APIs, times `concurrency`.
const MAX_CONCURRENT_POLLS: usize = 32;

/// The maximum number of answers that are rendered concurrently. Each takes a core and half a megabyte.
const MAX_CONCURRENT_RENDERINGS: usize = 2;

/// The permits of all projects. Kept across reloads, because running polls hold them.
#[derive(Debug)]
pub(crate) struct PollPermits {
    /// Those of each endpoint (scheme, host and port).
    endpoints: HashMap<String, Arc<Semaphore>>,
    rendering: Arc<Semaphore>,
}

impl Default for PollPermits {
    fn default() -> Self {
        Self { endpoints: HashMap::new(), rendering: Arc::new(Semaphore::new(MAX_CONCURRENT_RENDERINGS)) }
    }
}

/// The permits that the polls of one project need.
#[derive(Debug, Clone)]
pub(crate) struct ProjectPermits {
    /// For the calls of MetaStudio.
    pub(super) metastudio: Arc<Semaphore>,
    /// For look-ups at IAM, which happen before, so that a silent IAM delays only the projects that need it.
    pub(super) iam: Arc<Semaphore>,
    /// For rendering an answer.
    pub(super) rendering: Arc<Semaphore>,
}

impl PollPermits {
    /// The permits of a project's endpoints.
    pub(crate) fn get(&mut self, project: &ProjectConfig) -> ProjectPermits {
        ProjectPermits {
            metastudio: self.of(&project.endpoint),
            iam: self.of(&project.iam_endpoint),
            rendering: Arc::clone(&self.rendering),
        }
    }

    fn of(&mut self, endpoint: &Url) -> Arc<Semaphore> {
        // Pollers hold theirs, also while they wait.
        self.endpoints.retain(|_, permits| Arc::strong_count(permits) > 1);
        let permits = self.endpoints.entry(endpoint.origin().ascii_serialization());
        Arc::clone(permits.or_insert_with(|| Arc::new(Semaphore::new(MAX_CONCURRENT_POLLS))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_scheme_a_host_and_a_port() {
        let mut permits = PollPermits::default();
        let mut get = |url: &str| permits.of(&url.parse().unwrap());
        let first = get("https://metastudio.example.com");
        for same in ["https://metastudio.example.com:443/path", "https://METASTUDIO.example.com"] {
            assert!(Arc::ptr_eq(&first, &get(same)), "{same}");
        }
        for other in
            ["http://metastudio.example.com", "https://metastudio.example.com:8443", "https://example.com"]
        {
            assert!(!Arc::ptr_eq(&first, &get(other)), "{other}");
        }
        assert_eq!(first.available_permits(), 32);
    }

    #[test]
    fn endpoints_that_no_project_has_are_dropped() {
        let mut permits = PollPermits::default();
        let kept = permits.of(&"https://kept.example.com".parse().unwrap());
        for number in 0..10 {
            permits.of(&format!("https://{number}.example.com").parse().unwrap());
        }
        assert_eq!(permits.endpoints.len(), 2);
        assert!(Arc::ptr_eq(&kept, &permits.of(&"https://kept.example.com".parse().unwrap())));
    }
}
