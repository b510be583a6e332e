//! Permanent and temporary access keys, and the lock after wrong signatures.

use super::*;

const FAILED: &str = "verify aksk signature fail";
const LIMIT: &str = "AK access failed to reach the limit,forbidden";
const EXPIRED: &str = "token expires";

fn good() -> (u16, String) {
    (200, String::new())
}

fn refused(reason: &str) -> (u16, String) {
    (401, reason.to_owned())
}

#[tokio::test]
async fn a_new_key_and_the_old_one_are_valid_until_deleted() {
    let cloud = cloud(3, 3);
    let new = cloud.create_access_key(0).unwrap();
    assert_eq!((new.id.len(), new.secret.len()), (20, 40));
    let (id, secret) = (cloud.access_key().to_owned(), cloud.secret_key().to_owned());
    assert_eq!(signed_status(&cloud, &new.id, &new.secret, None).await, good());
    assert_eq!(signed_status(&cloud, &id, &secret, None).await, good());
    assert_eq!(signed_status(&cloud, &new.id, &secret, None).await, refused(FAILED));

    assert!(cloud.delete_access_key(&id));
    assert!(!cloud.delete_access_key(&id));
    assert_eq!(signed_status(&cloud, &id, &secret, None).await, refused(FAILED));
    assert_eq!(signed_status(&cloud, &new.id, &new.secret, None).await, good());
    assert_eq!(cloud.create_access_key(1).unwrap_err().to_string(), "there is no account 1");
}

#[tokio::test]
async fn more_than_five_failures_lock_the_key_for_five_minutes() {
    let cloud = cloud(3, 3);
    let id = cloud.access_key().to_owned();
    let secret = cloud.secret_key().to_owned();
    for failure in 0..6 {
        assert_eq!(signed_status(&cloud, &id, "wrong", None).await, refused(FAILED), "failure {failure}");
    }
    assert_eq!(signed_status(&cloud, &id, &secret, None).await, refused(LIMIT));
    let account = &cloud.accounts()[0];
    assert_eq!(
        signed_status(&cloud, &account.user_access_key, "wrong", None).await,
        refused(FAILED),
        "each key has its own lock"
    );
    let reply = send(&cloud, signed(&cloud, &users_path(), NOON)).await;
    assert_eq!(
        reply.json(),
        json!({
            "error_code": "APIG.0301",
            "error_msg":
                "Incorrect IAM authentication information: AK access failed to reach the limit,forbidden",
            "request_id": reply.header("x-request-id"),
        })
    );
    cloud.stop_clock(at("2026-01-01T12:04:59Z"));
    assert_eq!(signed_status(&cloud, &id, "wrong", None).await, refused(LIMIT));
    cloud.stop_clock(at("2026-01-01T12:05:00Z"));
    assert_eq!(signed_status(&cloud, &id, &secret, None).await, good(), "requests do not extend the lock");
}

#[tokio::test]
async fn a_correct_signature_resets_the_count_and_a_wrong_date_does_not_count() {
    let cloud = cloud(3, 3);
    let id = cloud.access_key().to_owned();
    let secret = cloud.secret_key().to_owned();
    for _ in 0..5 {
        signed_status(&cloud, &id, "wrong", None).await;
    }
    assert_eq!(signed_status(&cloud, &id, &secret, None).await, good());
    for _ in 0..5 {
        signed_status(&cloud, &id, "wrong", None).await;
    }
    for _ in 0..2 {
        let late = signed_status_at(&cloud, "20260101T130000Z", &id, &secret, None).await;
        assert!(late.1.starts_with("signature expired, "), "{}", late.1);
    }
    assert_eq!(signed_status(&cloud, &id, &secret, None).await, good());
}

#[tokio::test]
async fn a_key_that_does_not_exist_cannot_be_locked() {
    let cloud = cloud(3, 3);
    for _ in 0..7 {
        assert_eq!(signed_status(&cloud, "SIMULATEDNOBODY00000", "wrong", None).await, refused(FAILED));
    }
}

#[tokio::test]
async fn a_temporary_key_requires_its_own_security_token() {
    let cloud = cloud(3, 3);
    let key = cloud.issue_temporary_key(0).unwrap();
    let other = cloud.issue_temporary_key(0).unwrap();
    assert_eq!(key.expires, at("2026-01-01T18:00:00Z"));
    assert_eq!(signed_status(&cloud, &key.id, &key.secret, Some(&key.security_token)).await, good());
    assert_eq!(
        signed_status(&cloud, &key.id, &key.secret, Some(&other.security_token)).await,
        refused("decrypt token fail")
    );
    assert_eq!(signed_status(&cloud, &key.id, &key.secret, None).await, refused("decrypt token fail"));

    let mut unsigned = signed_by(&key.id, &key.secret, None, &users_path(), NOON);
    unsigned.headers_mut().insert("x-security-token", key.security_token.parse().unwrap());
    assert_eq!(send(&cloud, unsigned).await.status, 200, "the token is sent, but not signed");

    let permanent = (cloud.access_key().to_owned(), cloud.secret_key().to_owned());
    assert_eq!(
        signed_status(&cloud, &permanent.0, &permanent.1, Some(&key.security_token)).await,
        refused("decrypt token fail"),
        "a permanent key has no token"
    );
    assert_eq!(cloud.issue_temporary_key(1).unwrap_err().to_string(), "there is no account 1");
}

#[tokio::test]
async fn an_expired_or_revoked_temporary_key_is_refused() {
    let cloud = cloud(3, 3);
    cloud.set_temporary_key_lifetime(std::time::Duration::from_secs(3));
    let key = cloud.issue_temporary_key(0).unwrap();
    let verdict = || signed_status(&cloud, &key.id, &key.secret, Some(&key.security_token));
    cloud.stop_clock(at("2026-01-01T12:00:02Z"));
    assert_eq!(verdict().await, good());
    cloud.stop_clock(at("2026-01-01T12:00:03Z"));
    assert_eq!(verdict().await, refused(EXPIRED));

    let key = cloud.issue_temporary_key(0).unwrap();
    let verdict = || super::signed_status(&cloud, &key.id, &key.secret, Some(&key.security_token));
    assert_eq!(verdict().await, good());
    cloud.revoke_tokens();
    assert_eq!(verdict().await, good());
    cloud.revoke_temporary_keys();
    assert_eq!(verdict().await, refused(EXPIRED));
    assert_eq!(send(&cloud, signed(&cloud, &users_path(), NOON)).await.status, 200);
}

#[tokio::test]
async fn tokens_are_valid_for_the_set_lifetime_unless_revoked() {
    let cloud = cloud(3, 3);
    cloud.set_token_lifetime(std::time::Duration::from_secs(3));
    let token = cloud.issue_token(&project_id());
    for (now, status) in [("2026-01-01T12:00:02Z", 200), ("2026-01-01T12:00:03Z", 401)] {
        cloud.stop_clock(at(now));
        assert_eq!(send(&cloud, with_token(&token, &users_path())).await.status, status, "{now}");
    }
    let token = cloud.issue_token(&project_id());
    cloud.revoke_temporary_keys();
    assert_eq!(send(&cloud, with_token(&token, &users_path())).await.status, 200);
    cloud.revoke_tokens();
    let reply = send(&cloud, with_token(&token, &users_path())).await;
    assert_eq!(reply.json()["error_msg"], "Incorrect IAM authentication information: token expires");
}
