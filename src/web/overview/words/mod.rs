//! Why a poll failed, and what to do, in each language.

mod en;
mod zh;

use super::language::Language;
use crate::poll::Failure;
use crate::snapshot::Collector;

/// Why a poll failed.
pub(super) fn reason(language: Language, failure: &Failure) -> &'static str {
    language.pick(en::reason(failure), zh::reason(failure))
}

/// What to do about it.
pub(super) fn advice(language: Language, failure: &Failure, collector: Collector) -> &'static str {
    language.pick(en::advice(failure, collector), zh::advice(failure, collector))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::reason::Reason;
    use crate::poll::Stage;

    #[test]
    fn every_failure_has_a_reason_and_advice_in_each_language() {
        let stages = [Stage::NoCredentials, Stage::Resting, Stage::Issuing, Stage::Project, Stage::Call];
        for (stage, reason) in stages.into_iter().flat_map(|stage| Reason::ALL.map(|reason| (stage, reason)))
        {
            let failure = Failure { reason, stage, status: None, code: String::new(), request_id: None };
            for collector in Collector::ALL {
                for (language, stop) in [(Language::English, '.'), (Language::Chinese, '。')] {
                    let sentences =
                        [super::reason(language, &failure), super::advice(language, &failure, collector)];
                    assert!(sentences.iter().all(|sentence| sentence.ends_with(stop)), "{sentences:?}");
                }
            }
        }
    }
}
