use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::http::HeaderValue;

use super::*;

const LOW_COST: &str = "$2y$04$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const HIGH_COST: &str = "$2y$06$bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

fn users() -> Users {
    [("alice", LOW_COST), ("bob", HIGH_COST)]
        .map(|(name, hash)| (name.to_owned(), hash.to_owned()))
        .into_iter()
        .collect()
}

fn request(user: &str, password: &str) -> HeaderMap {
    let value = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
    HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(&value).unwrap())])
}

#[tokio::test]
async fn each_password_is_checked_once_and_unknown_users_take_as_long() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    static HIGH_COST_RUNS: AtomicUsize = AtomicUsize::new(0);
    let authenticator = Authenticator::with_verifier(|password, hash| {
        RUNS.fetch_add(1, Ordering::SeqCst);
        HIGH_COST_RUNS.fetch_add(usize::from(hash == HIGH_COST), Ordering::SeqCst);
        password == b"right"
    });
    let users = users();
    let authenticate = async |user: &str, password: &str| {
        let request = request(user, password);
        let checks = (0..200).map(|_| authenticator.authenticate(&users, &request));
        let results = futures_util::future::join_all(checks).await;
        assert!(results.iter().all(|result| *result == results[0]));
        (results[0], RUNS.swap(0, Ordering::SeqCst), HIGH_COST_RUNS.swap(0, Ordering::SeqCst))
    };
    assert_eq!(authenticate("alice", "right").await, (AuthenticationResult::Accepted, 1, 0));
    assert_eq!(authenticate("alice", "right").await, (AuthenticationResult::Accepted, 0, 0));
    assert_eq!(authenticate("alice", "wrong").await, (AuthenticationResult::Rejected, 1, 0));
    assert_eq!(authenticate("alice", "wrong").await, (AuthenticationResult::Rejected, 0, 0));
    assert_eq!(authenticate("bob", "right").await, (AuthenticationResult::Accepted, 1, 1));
    assert_eq!(
        authenticate("eve", "right").await,
        (AuthenticationResult::Rejected, 1, 1),
        "an unknown user with a correct password"
    );
    assert_eq!(authenticate("eve", "right").await, (AuthenticationResult::Rejected, 0, 0));

    for attempt in 0..=MAX_WRONG {
        assert_eq!(authenticate("eve", &attempt.to_string()).await, (AuthenticationResult::Rejected, 1, 1));
    }
    assert_eq!(
        authenticate("alice", "right").await,
        (AuthenticationResult::Accepted, 0, 0),
        "wrong passwords do not evict correct ones"
    );
    assert_eq!(
        authenticate("eve", "0").await,
        (AuthenticationResult::Rejected, 1, 1),
        "the oldest is evicted"
    );
    let changed: Users = [("alice".to_owned(), HIGH_COST.to_owned())].into_iter().collect();
    assert_eq!(
        authenticator.authenticate(&changed, &request("alice", "right")).await,
        AuthenticationResult::Accepted
    );
    assert_eq!(RUNS.load(Ordering::SeqCst), 1, "a new hash is checked again");
}

#[tokio::test]
async fn a_flood_of_wrong_passwords_is_refused_while_cached_ones_are_accepted() {
    static IS_OPEN: AtomicBool = AtomicBool::new(false);
    static RUNNING: AtomicUsize = AtomicUsize::new(0);
    let authenticator = Authenticator::with_verifier(|password, _| {
        if password != b"right" {
            RUNNING.fetch_add(1, Ordering::SeqCst);
            while !IS_OPEN.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
        }
        password == b"right"
    });
    let users = users();
    assert_eq!(
        authenticator.authenticate(&users, &request("alice", "right")).await,
        AuthenticationResult::Accepted
    );
    let flood: Vec<_> = (0..MAX_PENDING)
        .map(|attempt| {
            let (authenticator, users) = (authenticator.clone(), users.clone());
            let request = request("eve", &attempt.to_string());
            tokio::spawn(async move { authenticator.authenticate(&users, &request).await })
        })
        .collect();
    while RUNNING.load(Ordering::SeqCst) < MAX_CONCURRENT {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        authenticator.authenticate(&users, &request("eve", "one more")).await,
        AuthenticationResult::Busy
    );
    assert_eq!(
        authenticator.authenticate(&users, &request("alice", "right")).await,
        AuthenticationResult::Accepted
    );
    assert_eq!(
        authenticator.authenticate(&users, &request("bob", "right")).await,
        AuthenticationResult::Accepted,
        "guesses of names do not keep out a user whose password is not cached"
    );
    assert_eq!(RUNNING.load(Ordering::SeqCst), MAX_CONCURRENT, "no further checks run");
    IS_OPEN.store(true, Ordering::SeqCst);
    for attempt in flood {
        assert_eq!(attempt.await.unwrap(), AuthenticationResult::Rejected);
    }
    assert_eq!(
        authenticator.authenticate(&users, &request("eve", "one more")).await,
        AuthenticationResult::Rejected
    );
}

#[tokio::test(start_paused = true)]
async fn a_user_waits_for_a_place_during_a_flood_with_the_same_name() {
    let authenticator = Authenticator::with_verifier(|password, _| password == b"right");
    let users = users();
    let request = request("alice", "right");
    let taken = Arc::clone(&authenticator.known.pending).acquire_many_owned(16).await.unwrap();
    let began = tokio::time::Instant::now();
    assert_eq!(authenticator.authenticate(&users, &request).await, AuthenticationResult::Busy);
    assert_eq!(began.elapsed().as_secs(), 5);
    let freed = async {
        tokio::time::sleep(Duration::from_secs(4)).await;
        drop(taken);
    };
    let (result, ()) = tokio::join!(authenticator.authenticate(&users, &request), freed);
    assert_eq!(result, AuthenticationResult::Accepted);
}

#[tokio::test]
async fn a_user_who_is_renamed_is_accepted_although_the_new_name_was_rejected() {
    let authenticator = Authenticator::with_verifier(|password, _| password == b"right");
    let before: Users = [("old".to_owned(), LOW_COST.to_owned())].into_iter().collect();
    let after: Users = [("new".to_owned(), LOW_COST.to_owned())].into_iter().collect();
    let request = request("new", "right");
    let authenticate = async |users| authenticator.authenticate(users, &request).await;
    assert_eq!(authenticate(&before).await, AuthenticationResult::Rejected);
    assert_eq!(authenticate(&after).await, AuthenticationResult::Accepted);
    assert_eq!(authenticate(&before).await, AuthenticationResult::Rejected);
}

#[test]
fn credentials_are_parsed_as_http_defines_them() {
    let parse = |value: &str| {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap())]);
        credentials(&headers)
    };
    let pair = |user: &str, password: &str| Some((user.as_bytes().to_vec(), password.as_bytes().to_vec()));
    // alice:a:b
    assert_eq!(parse("Basic YWxpY2U6YTpi"), pair("alice", "a:b"));
    assert_eq!(parse("bAsIc YWxpY2U6YTpi"), pair("alice", "a:b"));
    assert_eq!(parse("Basic Og=="), pair("", ""));
    for bad in ["", "Basic", "Basic ", "Bearer YWxpY2U6YTpi", "Basic YWxpY2U=", "Basic !", "YWxpY2U6YTpi"] {
        assert_eq!(parse(bad), None, "{bad:?}");
    }
    assert_eq!(credentials(&HeaderMap::new()), None);
}
