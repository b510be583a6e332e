//! The client against a plain HTTP server that sends prepared responses and records the requests.

use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::cloud::credentials::{Agency, KeyPair, Oidc, Password, PodIdentity, Scope, SecretValue};
use crate::cloud::json;
use crate::cloud::pool::ClientPool;

const OK: (u16, &str, &str) = (200, "", "{}");

/// An error that contains the server's time.
const SKEWED: &str =
    r#"{"error_code":"APIG.0301","error_msg":"signature expired, server time:20200101T000000Z"}"#;

#[derive(Default)]
struct Recorder {
    requests: Arc<Mutex<Vec<String>>>,
    retries: Mutex<Vec<Reason>>,
}

impl Recorder {
    /// Sends one of `responses` (status, header lines, body) per connection, then no more.
    async fn serve(&self, responses: Vec<(u16, &'static str, &'static str)>) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let requests = Arc::clone(&self.requests);
        tokio::spawn(async move {
            for (status, headers, body) in responses {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(stream.read_u8().await.unwrap());
                }
                requests.lock().unwrap().push(String::from_utf8(request).unwrap());
                let length = body.len();
                let head =
                    format!("HTTP/1.1 {status} -\r\n{headers}Connection: close\r\nContent-Length: {length}");
                stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await.unwrap();
            }
            // The system accepts further connections, which get no response.
            std::future::pending::<()>().await;
            drop(listener);
        });
        url
    }

    /// The field `a` of the response.
    async fn get(&self, source: Source, url: &Url, timeout: Duration) -> Result<Option<String>, Error> {
        let client = ClientPool::default().client(&source, None, options(url, Some("p"))).unwrap();
        let observe = |event: Event| {
            if let Event::Retry(reason) = event {
                self.retries.lock().unwrap().push(reason);
            }
        };
        let call = Call { deadline: Instant::now() + timeout, observe: &observe };
        client.get(url, call, field_a).await
    }

    fn retries(&self) -> Vec<Reason> {
        self.retries.lock().unwrap().clone()
    }

    fn header(&self, request: usize, name: &str) -> String {
        let requests = self.requests.lock().unwrap();
        let lines = requests[request].lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(header, _)| *header == name).map(|(_, value)| value.to_owned()).collect()
    }
}

fn options(url: &Url, project_id: Option<&str>) -> ClientOptions {
    ClientOptions {
        endpoint: url.clone(),
        iam_endpoint: url.clone(),
        project_id: project_id.map(ToOwned::to_owned),
        region: "cn-north-4".to_owned(),
        requests_per_second: 1000.0,
        total_shards: 1,
    }
}

/// A call that ends after some milliseconds.
fn short_call() -> Call<'static> {
    Call { deadline: Instant::now() + Duration::from_millis(50), observe: &|_| {} }
}

fn field_a(body: &[u8]) -> Result<Option<String>, DecodeError> {
    let [field] = json::decode(body, ["a"], &mut json::Tally::default())?;
    json::text(field).map_err(|_| "its `a` is not a text".into())
}

const MINUTE: Duration = Duration::from_secs(60);

fn inline(text: &str) -> SecretValue {
    SecretValue::Inline(text.into())
}

fn access_key() -> Source {
    Source::AccessKey(KeyPair { ak: inline("A"), sk: inline("S"), security_token: None })
}

#[tokio::test]
async fn a_transient_error_is_retried_three_times() {
    let get = async |(status, reason): (u16, Reason)| {
        let recorder = Recorder::default();
        let url = recorder.serve(vec![(status, "", ""); 4]).await;
        let error = recorder.get(Source::Token(inline("t")), &url, MINUTE).await.unwrap_err();
        assert_eq!(error.to_string(), status.to_string());
        assert_eq!((recorder.requests.lock().unwrap().len(), recorder.retries()), (4, vec![reason; 3]));
    };
    let errors = [(500, Reason::Server), (429, Reason::Throttled), (408, Reason::Timeout)];
    futures_util::future::join_all(errors.map(get)).await;
}

#[tokio::test]
async fn a_retry_may_succeed() {
    let recorder = Recorder::default();
    let url = recorder.serve(vec![(503, "", ""), (502, "", ""), OK]).await;
    recorder.get(Source::Token(inline("t")), &url, MINUTE).await.unwrap();
    assert_eq!(recorder.retries(), [Reason::Server, Reason::Server]);
    assert_eq!(recorder.header(2, "x-auth-token"), "t");
}

#[tokio::test]
async fn a_body_that_ends_in_the_middle_of_its_json_is_requested_again() {
    let cut = (200, "X-Request-Id: r-1\r\n", r#"{"a":"go"#);
    let recorder = Recorder::default();
    let url = recorder.serve(vec![cut, (200, "", r#"{"a":"good"}"#)]).await;
    let read = recorder.get(Source::Token(inline("t")), &url, MINUTE).await.unwrap();
    assert_eq!((read.as_deref(), recorder.retries()), (Some("good"), vec![Reason::Decode]));

    let recorder = Recorder::default();
    let url = recorder.serve(vec![cut; 4]).await;
    let error = recorder.get(Source::Token(inline("t")), &url, MINUTE).await.unwrap_err();
    let sentence =
        "the response cannot be read: it is not the documented JSON object from line 1, column 8 on";
    assert_eq!((error.to_string().as_str(), error.request_id()), (sentence, Some("r-1")));
    assert_eq!((error.reason(), recorder.retries()), (Reason::Decode, vec![Reason::Decode; 3]));
}

#[tokio::test]
async fn a_body_of_another_form_is_not_requested_again() {
    for body in ["", "<html>", "[]", r#"{"a":[]}"#, r#"{"a":1}}"#] {
        let recorder = Recorder::default();
        let url = recorder.serve(vec![(200, "", body)]).await;
        let error = recorder.get(Source::Token(inline("t")), &url, MINUTE).await.unwrap_err();
        assert_eq!((error.reason(), recorder.retries()), (Reason::Decode, vec![]), "{body}");
    }
}

#[tokio::test]
async fn a_few_characters_that_a_parser_rejects_cost_nothing_else() {
    for body in ["\u{feff}{\"a\":\"good\"}", "{\"b\":\"x\ty\",\"a\":\"good\"}", r#"{"a":1,"a":"good"}"#] {
        let recorder = Recorder::default();
        let url = recorder.serve(vec![(200, "", body)]).await;
        let read = recorder.get(Source::Token(inline("t")), &url, MINUTE).await.unwrap();
        assert_eq!((read.as_deref(), recorder.retries()), (Some("good"), vec![]), "{body}");
    }
}

#[tokio::test]
async fn every_success_with_a_body_is_read_except_a_part_of_an_answer() {
    for status in [200, 201, 202, 203] {
        let recorder = Recorder::default();
        let url = recorder.serve(vec![(status, "", r#"{"a":"good"}"#)]).await;
        let read = recorder.get(Source::Token(inline("t")), &url, MINUTE).await.unwrap();
        assert_eq!(read.as_deref(), Some("good"), "{status}");
    }
    let recorder = Recorder::default();
    let url = recorder.serve(vec![(206, "", r#"{"a":"good"}"#)]).await;
    let error = recorder.get(Source::Token(inline("t")), &url, MINUTE).await.unwrap_err();
    let sentence = "the response cannot be read: it is only a part of the answer (status 206)";
    assert_eq!((error.to_string().as_str(), recorder.retries()), (sentence, vec![]));
}

#[tokio::test]
async fn an_error_in_a_successful_response_is_the_clouds_error() {
    for (body, reason, sentence, retries) in [
        (
            r#"{"a":"0","error_code":"MSS.00000005","error_msg":"no right to t0ken"}"#,
            Reason::Forbidden,
            "200 MSS.00000005: no right to <redacted>",
            0,
        ),
        (r#"{"errorCode":"MSS.1","errorMsg":"busy"}"#, Reason::Server, "200 MSS.1: busy", 3),
        (r#"{"error":{"code":"APIG.0308","message":"slow"}}"#, Reason::Throttled, "200 APIG.0308: slow", 3),
        (r#"{"error_code":"APIGW.0301"}"#, Reason::Auth, "200 APIGW.0301", 0),
    ] {
        let recorder = Recorder::default();
        let url = recorder.serve(vec![(200, "X-Request-Id: r-2\r\n", body); 4]).await;
        let error = recorder.get(Source::Token(inline("t0ken")), &url, MINUTE).await.unwrap_err();
        assert_eq!((error.reason(), error.to_string().as_str()), (reason, sentence));
        assert_eq!((error.request_id(), recorder.retries()), (Some("r-2"), vec![reason; retries]), "{body}");
    }
    for body in [
        r#"{"a":"good","error_code":""}"#,
        r#"{"a":"good","error_code":null,"errorCode":0}"#,
        r#"{"a":"good","error":null}"#,
        r#"{"a":"good","b":"\"error_code"}"#,
        r#"{"a":"good","b":{"error_code":"MSS.1"}}"#,
    ] {
        let recorder = Recorder::default();
        let url = recorder.serve(vec![(200, "", body)]).await;
        let read = recorder.get(Source::Token(inline("t")), &url, MINUTE).await.unwrap();
        assert_eq!(read.as_deref(), Some("good"), "{body}");
    }
}

#[tokio::test]
async fn a_permanent_error_is_not_retried() {
    for status in [302, 400, 401, 403, 404] {
        let recorder = Recorder::default();
        let url = recorder.serve(vec![(status, "", "")]).await;
        recorder.get(Source::Token(inline("t")), &url, MINUTE).await.unwrap_err();
        assert_eq!((recorder.requests.lock().unwrap().len(), recorder.retries()), (1, vec![]), "{status}");
    }
}

#[tokio::test]
async fn without_time_for_the_wait_there_is_no_retry() {
    let recorder = Recorder::default();
    let url = recorder.serve(vec![(429, "Retry-After: 120\r\n", "")]).await;
    let error = recorder.get(Source::Token(inline("t")), &url, MINUTE).await.unwrap_err();
    assert_eq!((error.to_string().as_str(), recorder.retries()), ("429", vec![]));
}

#[tokio::test]
async fn the_deadline_interrupts_an_attempt() {
    let recorder = Recorder::default();
    let url = recorder.serve(vec![]).await;
    let error = recorder.get(Source::Token(inline("t")), &url, Duration::from_millis(50)).await.unwrap_err();
    assert!(matches!(error, Error::Deadline), "{error}");
    assert_eq!(recorder.retries(), []);
}

#[tokio::test]
async fn a_call_without_time_for_its_credentials_names_the_issuer_and_fetches_them_for_others() {
    let recorder = Recorder::default();
    let url = recorder.serve(vec![]).await;
    let host = http::host(&url);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "token").unwrap();
    let token_file = file.path().to_owned();
    let password = Password {
        domain: "d".to_owned(),
        user: "u".to_owned(),
        password: inline("p"),
        iam_endpoint: url.clone(),
        scope: Scope::ProjectId("p".to_owned()),
    };
    let oidc = Oidc {
        provider_urn: "p".to_owned(),
        agency_urn: "a".to_owned(),
        token_file: token_file.clone(),
        session_name: "s".to_owned(),
        duration: MINUTE,
        sts_endpoint: url.clone(),
    };
    let pod_identity = PodIdentity { uri: url.clone(), token_file };
    for (source, issuer) in [
        (Source::Password(password), "IAM"),
        (Source::Oidc(oidc), "STS"),
        (Source::PodIdentity(pod_identity), "the CCE pod identity service"),
        (Source::Agency(Agency { metadata_endpoint: url.clone() }), "the ECS metadata service"),
    ] {
        let client = ClientPool::default().client(&source, None, options(&url, Some("p"))).unwrap();
        let expected = format!("no credentials from {issuer}: no response from {host} in time");
        for _ in 0..2 {
            let error = client.get(&url, short_call(), field_a).await.unwrap_err();
            assert_eq!((error.to_string(), error.reason()), (expected.clone(), Reason::Timeout));
        }
        assert!(client.credentials.is_fetching(), "the callers did not cancel the fetch");
    }
}

#[tokio::test]
async fn a_look_up_without_a_response_names_iam() {
    let url = Recorder::default().serve(vec![]).await;
    let source = Source::Token(inline("t"));
    let client = ClientPool::default().client(&source, None, options(&url, None)).unwrap();
    let expected = format!("no response from {} in time", http::host(&url));
    assert_eq!(client.project_id(short_call()).await.unwrap_err().to_string(), expected);
    assert_eq!(client.user_names(short_call()).await.unwrap_err().to_string(), expected);
}

#[tokio::test]
async fn a_call_without_time_to_wait_for_an_unproven_key_names_the_key() {
    let url = Recorder::default().serve(vec![]).await;
    let client = ClientPool::default().client(&access_key(), None, options(&url, Some("p"))).unwrap();
    let calls = (0..3).map(|_| client.get(&url, short_call(), field_a));
    let mut errors: Vec<_> = futures_util::future::join_all(calls).await;
    let errors: Vec<_> = errors.drain(..).map(|result| result.unwrap_err().to_string()).collect();
    let waited = "no response to earlier requests with access key **** in time; until the cloud accepts it, only a few \
                  requests use it";
    assert_eq!(errors, ["the poll timed out", "the poll timed out", waited]);
}

#[tokio::test]
async fn rejected_credentials_are_renewed_once() {
    let no_session_tokens = (404, "", "");
    let [first, second] = [
        r#"{"credential":{"access":"A","secret":"S","securitytoken":"T1","expires_at":"2100-01-01T00:00:00Z"}}"#,
        r#"{"credential":{"access":"A","secret":"S","securitytoken":"T2","expires_at":"2100-01-01T00:00:00Z"}}"#,
    ];
    let rejection = (401, "", "");
    let recorder = Recorder::default();
    let responses =
        [no_session_tokens, (200, "", first), rejection, no_session_tokens, (200, "", second), rejection];
    let url = recorder.serve(responses.to_vec()).await;
    let source = Source::Agency(Agency { metadata_endpoint: url.clone() });
    let error = recorder.get(source, &url, MINUTE).await.unwrap_err();
    assert_eq!((error.to_string().as_str(), recorder.retries()), ("401", vec![Reason::Auth]));
    assert_eq!(recorder.requests.lock().unwrap().len(), 6);
    assert_eq!([2, 5].map(|request| recorder.header(request, "x-security-token")), ["T1", "T2"]);
    let connections = [0, 1, 2, 3, 4, 5].map(|request| recorder.header(request, "connection"));
    assert_eq!(connections, ["close", "close", "", "close", "close", ""], "those to the issuer end");
}

#[tokio::test]
async fn host_date_project_and_security_token_are_signed() {
    for (security_token, signed) in
        [(None, "host;x-project-id;x-sdk-date"), (Some("T"), "host;x-project-id;x-sdk-date;x-security-token")]
    {
        let recorder = Recorder::default();
        let url = recorder.serve(vec![OK]).await;
        let security_token = security_token.map(inline);
        let source = Source::AccessKey(KeyPair { ak: inline("A"), sk: inline("S"), security_token });
        recorder.get(source, &url, MINUTE).await.unwrap();
        let authorization = recorder.header(0, "authorization");
        let names = authorization.split_once("SignedHeaders=").unwrap().1.split(',').next().unwrap();
        assert_eq!(names, signed);
    }
}

#[tokio::test]
async fn the_clock_is_corrected_once() {
    let recorder = Recorder::default();
    let url = recorder.serve(vec![(401, "", SKEWED), (401, "", SKEWED)]).await;
    let error = recorder.get(access_key(), &url, MINUTE).await.unwrap_err();
    assert_eq!((error.reason(), recorder.retries()), (Reason::ClockSkew, vec![Reason::ClockSkew]));
    let [before, after] = [0, 1].map(|request| recorder.header(request, "x-sdk-date"));
    assert!(!before.starts_with("20200101T0000") && after.starts_with("20200101T0000"), "{before} {after}");
}

#[tokio::test]
async fn date_corrects_the_clock_only_in_a_rejection_without_the_servers_time() {
    let date = "Date: Wed, 01 Jan 2020 00:00:00 GMT\r\n";
    let expired = r#"{"error_code":"APIG.0301","error_msg":"signature expired"}"#;
    for (first, is_corrected) in [((401, date, expired), true), ((503, date, ""), false)] {
        let recorder = Recorder::default();
        let url = recorder.serve(vec![first, OK]).await;
        recorder.get(access_key(), &url, MINUTE).await.unwrap();
        let signed = recorder.header(1, "x-sdk-date");
        assert_eq!(signed.starts_with("20200101T0000"), is_corrected, "{signed}");
    }
}

#[tokio::test]
async fn an_error_does_not_repeat_the_secrets() {
    let recorder = Recorder::default();
    let url = recorder.serve(vec![(400, "", "t0ken and more")]).await;
    let error = recorder.get(Source::Token(inline("t0ken")), &url, MINUTE).await.unwrap_err();
    assert_eq!(error.to_string(), "400 <redacted> and more");
}

#[test]
fn the_wait_doubles_from_a_quarter_second_to_ten() {
    let longest: Vec<_> = (1..=8).map(|failures| backoff(failures, 1.0, None).as_millis()).collect();
    assert_eq!(longest, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    let shortest: Vec<_> = (1..=3).map(|failures| backoff(failures, 0.0, None).as_millis()).collect();
    assert_eq!(shortest, [125, 250, 500]);
    assert_eq!(backoff(u32::MAX, 1.0, None), MAX_BACKOFF);
}

#[test]
fn the_wait_is_at_least_what_the_cloud_asks_for() {
    assert_eq!(backoff(1, 1.0, Some(Duration::from_secs(60))), Duration::from_secs(60));
    assert_eq!(backoff(1, 1.0, Some(Duration::from_millis(1))), FIRST_BACKOFF);
}

#[test]
fn a_response_says_whether_the_key_is_accepted() {
    let verdict = |result| key_verdict(&Sent { result, duration: Duration::ZERO });
    for (status, message, expected) in [
        (200, "verify aksk signature fail, canonicalRequest:GET", KeyVerdict::Rejected),
        (403, "Forbidden", KeyVerdict::Accepted),
        (401, "verify aksk signature fail, canonicalRequest:GET", KeyVerdict::Rejected),
        (401, "AK access failed to reach the limit,forbidden", KeyVerdict::Locked),
        (401, "signature expired, signature time:20211217T064303Z", KeyVerdict::Unknown),
        (401, "token expires", KeyVerdict::Unknown),
        (401, "decrypt token fail", KeyVerdict::Unknown),
        (429, "over ratelimit", KeyVerdict::Unknown),
        (500, "", KeyVerdict::Unknown),
    ] {
        let body = format!(r#"{{"error_code":"APIG.0301","error_msg":"{message}"}}"#);
        assert_eq!(verdict(Ok(Response::new(status, &body))), expected, "{status} {message}");
    }
    for body in ["{}", r#"{"error_code":"MSS.00000001","error_msg":"x"}"#] {
        assert_eq!(verdict(Ok(Response::new(200, body))), KeyVerdict::Accepted, "{body}");
    }
    assert_eq!(verdict(Err(Error::Deadline)), KeyVerdict::Unknown);
}
