use std::time::{Duration, SystemTime};

use reqwest::Url;

use super::*;
use crate::cloud::credentials::{SecretValue, Source};
use crate::cloud::pool::ClientPool;
use crate::snapshot::User;
use crate::telemetry::Telemetry;

fn poller() -> Poller {
    let endpoint: Url = "http://127.0.0.1:9".parse().unwrap();
    let project = Arc::new(config::ProjectConfig {
        name: "p".to_owned(),
        id: Some("p".to_owned()),
        region: String::new(),
        endpoint: endpoint.clone(),
        iam_endpoint: endpoint.clone(),
        ca_file: None,
        credentials: Source::Token(SecretValue::Inline("t".into())),
        collectors: Collector::ALL.to_vec(),
        user_quotas: config::UserQuotasConfig::default(),
    });
    let settings = config::PollConfig {
        interval: Duration::from_secs(1),
        timeout: Duration::from_secs(1),
        max_staleness: Duration::from_secs(1),
        concurrency: 1,
        requests_per_second: 1.0,
    };
    let client = crate::app::parts::client(&project, settings, &ClientPool::default()).unwrap();
    let turns = Turns::default().of(&project.endpoint);
    let record = Record::new(&project, &Telemetry::new().unwrap());
    Poller::new(project, client, settings, turns, record)
}

fn snapshot(users: &[&str], fetched_at: SystemTime) -> Snapshot<UserQuotas> {
    let users = users.iter().map(|id| User { id: (*id).to_owned(), ..User::default() }).collect();
    let data = UserQuotas { users, ..UserQuotas::default() };
    Snapshot { data, fetched_at, consistent: true, invalid_values: 0 }
}

#[tokio::test]
async fn what_shows_the_same_is_not_rendered_again_but_is_fresh() {
    let poller = poller();
    let part: PartOf<UserQuotas> = |snapshot| Part::UserQuotas(snapshot);
    let later = SystemTime::UNIX_EPOCH + Duration::from_secs(60);
    let first = poller.hold(snapshot(&["a"], SystemTime::UNIX_EPOCH), None, part).await;
    let same = poller.hold(snapshot(&["a"], later), Some(first.clone()), part).await;
    assert!(Arc::ptr_eq(&first.rendered, &same.rendered));
    assert_eq!(same.snapshot.fetched_at, later);
    let other = poller.hold(snapshot(&["b"], later), Some(same), part).await;
    assert!(!Arc::ptr_eq(&first.rendered, &other.rendered));
}

#[tokio::test]
async fn a_failure_leaves_the_last_answer_and_says_that_it_is_old() {
    let poller = poller();
    let fetched_at = SystemTime::UNIX_EPOCH + Duration::from_secs(60);
    let publish = async |answer| {
        let part: PartOf<UserQuotas> = |snapshot| Part::UserQuotas(snapshot);
        let answer = std::future::ready(answer);
        poller.publish(Collector::UserQuotas, answer, |state| &mut state.user_quotas, part).await;
        poller.record.state().user_quotas.clone().unwrap()
    };
    let good = publish(Ok(snapshot(&["a"], fetched_at))).await;
    let bad = publish(Err(Error::Deadline)).await;

    let (good_held, bad_held) = (good.held.unwrap(), bad.held.unwrap());
    assert!(Arc::ptr_eq(&good_held.rendered, &bad_held.rendered));
    assert_eq!(good_held.fetched, bad_held.fetched, "no fresher than it was");
    let Last { state, ended, .. } = bad.last.unwrap();
    assert_eq!((state.up, state.last_success), (false, Some(fetched_at)));
    assert_eq!(ended.failure.unwrap().reason, crate::cloud::reason::Reason::Timeout);
    assert!(good.last.unwrap().ended.failure.is_none());
    let counted = "metastudio_exporter_poll_failures_total{collector=\"user_quotas\",project=\"p\",reason=\"timeout\"} 1\n";
    let text = Telemetry::new().unwrap().text(false, [poller.record.telemetry()]).unwrap();
    assert!(text.contains(counted), "{text}");
}

#[test]
fn a_poller_that_waits_is_small_because_there_are_thousands() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let size = runtime.block_on(async { size_of_val(&poller().run()) });
    assert!(size < 2500, "{size} bytes");
}
