//! Whose turn it is to be polled: projects of one endpoint wait for each other, those of different ones never do.

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::Url;
use tokio::sync::Semaphore;

/// The most projects of one endpoint that are polled at a time. Enough that thousands get through their interval
/// (32 polls of 2 s are 4,800 in 5 minutes), and few enough that their calls are no flood: 32, times two APIs, times
/// the pages of one list that are asked for at a time.
pub const POLLS_AT_A_TIME: usize = 32;

/// The turns of every endpoint (scheme, host and port). They outlive a reload, as polls under way do.
#[derive(Debug, Default)]
pub struct Turns(HashMap<String, Arc<Semaphore>>);

impl Turns {
    /// The turns of `endpoint`.
    pub fn of(&mut self, endpoint: &Url) -> Arc<Semaphore> {
        let turns = self.0.entry(endpoint.origin().ascii_serialization());
        Arc::clone(turns.or_insert_with(|| Arc::new(Semaphore::new(POLLS_AT_A_TIME))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_scheme_a_host_and_a_port() {
        let mut turns = Turns::default();
        let mut of = |url: &str| turns.of(&url.parse().unwrap());
        let first = of("https://metastudio.example.com");
        for same in ["https://metastudio.example.com:443/path", "https://METASTUDIO.example.com"] {
            assert!(Arc::ptr_eq(&first, &of(same)), "{same}");
        }
        for other in
            ["http://metastudio.example.com", "https://metastudio.example.com:8443", "https://example.com"]
        {
            assert!(!Arc::ptr_eq(&first, &of(other)), "{other}");
        }
        assert_eq!(first.available_permits(), 32);
    }
}
