use std::time::{Duration, SystemTime};

use super::*;
use crate::cloud::client::ClientOptions;
use crate::cloud::pool::ClientPool;
use crate::cloud::reason::Reason;
use crate::config::tests::project;
use crate::snapshot::{CollectorData, User, UserQuotas};
use crate::telemetry::Telemetry;

fn poller() -> Poller {
    let config = project("p");
    let settings = PollConfig {
        interval: Duration::from_secs(1),
        timeout: Duration::from_secs(1),
        max_staleness: Duration::from_secs(1),
        concurrency: 1,
        requests_per_second: 1.0,
        shard: 0,
        total_shards: 1,
    };
    let options = ClientOptions {
        endpoint: config.endpoint.clone(),
        iam_endpoint: config.iam_endpoint.clone(),
        project_id: config.id.clone(),
        region: String::new(),
        requests_per_second: 1.0,
        total_shards: 1,
    };
    let client = ClientPool::default().client(&config.credentials, None, options).unwrap();
    let permits = PollPermits::default().get(&config);
    let project = PolledProject::new(config, &Telemetry::new().unwrap());
    Poller::new(project, client, settings, permits)
}

fn snapshot(users: &[&str], fetched_at: SystemTime) -> Snapshot {
    let users = users.iter().map(|id| User { id: (*id).to_owned(), ..User::default() }).collect();
    let data = CollectorData::UserQuotas(UserQuotas { users, ..UserQuotas::default() });
    Snapshot { data, fetched_at, consistent: true, invalid_values: 0 }
}

#[tokio::test]
async fn an_answer_with_the_same_samples_is_not_rendered_again_but_is_fresh() {
    let poller = poller();
    let later = SystemTime::UNIX_EPOCH + Duration::from_secs(60);
    let first = poller.render(snapshot(&["a"], SystemTime::UNIX_EPOCH), None).await;
    let same = poller.render(snapshot(&["a"], later), Some(first.clone())).await;
    assert!(Arc::ptr_eq(&first.rendered, &same.rendered));
    assert_eq!(same.snapshot.fetched_at, later);
    let other = poller.render(snapshot(&["b"], later), Some(same)).await;
    assert!(!Arc::ptr_eq(&first.rendered, &other.rendered));
}

#[tokio::test]
async fn a_failure_keeps_the_last_answer_and_its_age() {
    let poller = poller();
    let fetched_at = SystemTime::UNIX_EPOCH + Duration::from_secs(60);
    let publish = async |answer| {
        poller.publish(Collector::UserQuotas, answer, Duration::from_secs(1)).await;
        poller.project.state().collector(Collector::UserQuotas).cloned().unwrap()
    };
    let good = publish(Ok(snapshot(&["a"], fetched_at))).await;
    let bad = publish(Err(Error::Deadline)).await;

    let (good_answer, bad_answer) = (good.answer.unwrap(), bad.answer.unwrap());
    assert!(Arc::ptr_eq(&good_answer.rendered, &bad_answer.rendered));
    assert_eq!(good_answer.fetched, bad_answer.fetched, "no fresher than before");
    let last_poll = bad.last_poll.unwrap();
    let shown = last_poll.rendered.to_text();
    assert_eq!(
        shown,
        "metastudio_up{project=\"p\",collector=\"user_quotas\"} 0\n\
         metastudio_last_success_timestamp_seconds{project=\"p\",collector=\"user_quotas\"} 60\n\
         metastudio_poll_duration_seconds{project=\"p\",collector=\"user_quotas\"} 1\n"
    );
    assert_eq!(last_poll.failure.unwrap().reason, Reason::Timeout);
    assert!(good.last_poll.unwrap().failure.is_none());
    let counted = "metastudio_exporter_poll_failures_total{collector=\"user_quotas\",project=\"p\",reason=\"timeout\"} 1\n";
    let text = Telemetry::new().unwrap().render(false, &[&poller.project.metrics]).unwrap().into_text();
    assert!(text.contains(counted), "{text}");
}

#[tokio::test]
async fn a_panic_fails_the_poll_of_its_api_and_keeps_the_last_answer() {
    let poller = poller();
    let good = snapshot(&["a"], SystemTime::UNIX_EPOCH + Duration::from_secs(60));
    poller.publish(Collector::UserQuotas, Ok(good), Duration::from_secs(1)).await;
    let broken = async { panic!("the secret is sesame") };
    poller.despite_panic(Collector::UserQuotas, Instant::now(), broken).await;

    let state = poller.project.state().collector(Collector::UserQuotas).cloned().unwrap();
    assert!(!state.is_up());
    let failure = state.last_poll.unwrap().failure.unwrap();
    assert_eq!((failure.reason, failure.stage), (Reason::Other, Stage::Panic));
    assert_eq!(failure.advice, Advice::ReportBug);
    assert!(state.answer.is_some());
    let text = Telemetry::new().unwrap().render(false, &[&poller.project.metrics]).unwrap().into_text();
    assert!(text.contains("reason=\"other\"} 1\n"), "{text}");
}

#[test]
fn a_waiting_poller_is_small_because_there_are_thousands() {
    let token = CancellationToken::new;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let size = runtime.block_on(async { size_of_val(&poller().run(token(), token())) });
    assert!(size < 2500, "{size} bytes");
}

#[tokio::test]
async fn a_panic_is_reported_and_an_abort_is_not() {
    let panicked = CancellationToken::new();
    let guard = PanicGuard(panicked.clone());
    let aborted = tokio::spawn(async move {
        let _guard = guard;
        std::future::pending::<()>().await;
    });
    aborted.abort();
    assert!(aborted.await.unwrap_err().is_cancelled());
    assert!(!panicked.is_cancelled());

    let guard = PanicGuard(panicked.clone());
    let broken = tokio::spawn(async move {
        let _guard = guard;
        panic!("a test");
    });
    assert!(broken.await.unwrap_err().is_panic());
    assert!(panicked.is_cancelled());
}
