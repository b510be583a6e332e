//! Clocks that differ: this machine's, the cloud's, and that of a gateway whose `Date` is wrong.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::{Next, from_fn};
use jiff::{SignedDuration, Timestamp};
use metastudio_exporter::cloud::credentials::{Oidc, Password, Scope, Source};
use metastudio_exporter::config::ProjectConfig;
use metastudio_exporter::sim::Cloud;
use reqwest::Url;

use crate::common::{POLL, cloud, given, once, project, serve, value};
use crate::truth::{assert_same, shown_user_quotas, user_quotas};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The simulated cloud behind gateways of which every second one sends a `Date` that is ahead by `ahead`.
async fn behind_gateways(cloud: &Cloud, ahead: SignedDuration) -> Url {
    let number = Arc::new(AtomicUsize::new(0));
    let layer = from_fn(move |request: Request, next: Next| {
        let is_wrong = number.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
        async move {
            let mut response = next.run(request).await;
            if is_wrong {
                let date = (Timestamp::now() + ahead).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                response.headers_mut().insert("date", HeaderValue::from_str(&date).unwrap());
            }
            response
        }
    });
    serve(cloud.router().layer(layer)).await
}

/// Sums the retries of both APIs for `reason`.
fn retries(text: &str, reason: &str) -> f64 {
    let series = |collector| {
        let labels = format!("collector=\"{collector}\",project=\"production\",reason=\"{reason}\"");
        value(text, &format!("metastudio_exporter_api_retries_total{{{labels}}}")).unwrap()
    };
    series("voice_training") + series("user_quotas")
}

/// The number of requests that the cloud answered with this path and status.
fn answered(cloud: &Cloud, path: &str, status: u16) -> usize {
    cloud.requests().iter().filter(|seen| seen.path == path && seen.status == status).count()
}

#[tokio::test]
async fn a_gateway_with_a_wrong_date_costs_no_request() {
    for ahead in [HOUR, -HOUR] {
        let (cloud, _) = cloud(250, 130, &[]).await;
        let project = project(&cloud, &behind_gateways(&cloud, ahead).await);
        let id = project.id.clone().unwrap();
        let text = once(POLL, vec![project]).await;
        assert_same(&shown_user_quotas(&text), &user_quotas(&cloud, &id), "all pages");
        let refused = cloud.requests().iter().filter(|seen| seen.status == 401).count();
        assert_eq!((refused, retries(&text, "clock_skew")), (0, 0.0), "{ahead}");
    }
}

#[tokio::test]
async fn the_skew_that_is_exported_is_that_of_date() {
    for seconds in [295, 3600, -3600] {
        let (cloud, _) = cloud(0, 0, &[]).await;
        let ahead = SignedDuration::from_secs(seconds);
        let layer = from_fn(move |request: Request, next: Next| async move {
            let mut response = next.run(request).await;
            let date = (Timestamp::now() + ahead).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            response.headers_mut().insert("date", HeaderValue::from_str(&date).unwrap());
            response
        });
        let url = serve(cloud.router().layer(layer)).await;
        let text = once(POLL, vec![project(&cloud, &url)]).await;
        let shown = value(&text, "metastudio_exporter_clock_skew_seconds{project=\"production\"}").unwrap();
        assert!((shown - seconds as f64).abs() <= 2.0, "{shown} for {seconds}");
    }
}

fn login(cloud: &Cloud, iam_endpoint: Url, id: &str) -> Source {
    Source::Password(Password {
        domain: cloud.domain().to_owned(),
        user: cloud.user().to_owned(),
        password: given(cloud.password()),
        iam_endpoint,
        scope: Scope::ProjectId(id.to_owned()),
    })
}

fn oidc(cloud: &Cloud, sts_endpoint: Url, directory: &Path) -> Source {
    let account = &cloud.accounts()[0];
    let token_file = directory.join("id-token");
    std::fs::write(&token_file, cloud.id_token()).unwrap();
    Source::Oidc(Oidc {
        provider_urn: account.provider_urn.clone(),
        agency_urn: account.agency_urn.clone(),
        token_file,
        session_name: "metastudio-exporter".to_owned(),
        duration: Duration::from_secs(3600),
        sts_endpoint,
    })
}

#[tokio::test]
async fn an_issuer_with_a_wrong_date_does_not_shorten_the_lifetime() {
    let (cloud, url) = cloud(250, 130, &[]).await;
    cloud.set_token_lifetime(Duration::from_secs(1800));
    // Its first answer, which is the login's, is wrong.
    let project = project(&cloud, &url);
    let issuer = behind_gateways(&cloud, HOUR).await;
    let credentials = login(&cloud, issuer.clone(), project.id.as_ref().unwrap());
    once(POLL, vec![ProjectConfig { credentials, ..project.clone() }]).await;
    assert_eq!(answered(&cloud, "/v3/auth/tokens", 201), 1);

    let directory = tempfile::tempdir().unwrap();
    let issuer = behind_gateways(&cloud, HOUR).await;
    let credentials = oidc(&cloud, issuer, directory.path());
    once(POLL, vec![ProjectConfig { credentials, ..project }]).await;
    assert_eq!(answered(&cloud, "/v5/agencies/assume-with-oidc", 200), 1);
}

#[tokio::test]
async fn a_machine_whose_clock_is_wrong_fetches_credentials_as_often_as_another() {
    let directory = tempfile::tempdir().unwrap();
    for behind in [HOUR, -HOUR] {
        let (cloud, url) = cloud(250, 130, &[]).await;
        cloud.stop_clock(Timestamp::now() - behind);
        let project = project(&cloud, &url);
        let id = project.id.clone().unwrap();
        cloud.set_token_lifetime(Duration::from_secs(3600));

        let credentials = login(&cloud, url.clone(), &id);
        let text = once(POLL, vec![ProjectConfig { credentials, ..project.clone() }]).await;
        assert_same(&shown_user_quotas(&text), &user_quotas(&cloud, &id), "all pages");
        assert_eq!(answered(&cloud, "/v3/auth/tokens", 201), 1, "the token has both times");

        let credentials = oidc(&cloud, url.clone(), directory.path());
        let text = once(POLL, vec![ProjectConfig { credentials, ..project }]).await;
        assert_same(&shown_user_quotas(&text), &user_quotas(&cloud, &id), "all pages");
        assert_eq!(answered(&cloud, "/v5/agencies/assume-with-oidc", 200), 1, "{behind}");
    }
}
