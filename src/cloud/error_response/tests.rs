use super::*;

fn error(status: u16, body: &str) -> ErrorResponse {
    redacted(status, body, &[])
}

fn redacted(status: u16, body: &str, secrets: &[&str]) -> ErrorResponse {
    ErrorResponse::read(&Response::new(status, body), secrets)
}

fn with_header(status: u16, name: &'static str, value: &str) -> ErrorResponse {
    let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
    ErrorResponse::read(&Response { headers, ..Response::new(status, "{}") }, &[])
}

#[test]
fn a_code_that_repeats_the_status_is_shown_once() {
    let iam = error(500, r#"{"error":{"code":500,"message":"An unexpected error","title":"x"}}"#);
    assert_eq!(iam.to_string(), "500 An unexpected error");
    let gateway = error(500, r#"{"error_code":"MSS.500","error_msg":"Internal Error"}"#);
    assert_eq!(gateway.to_string(), "500 MSS.500: Internal Error");
}

#[test]
fn every_format_of_an_error_is_read() {
    for (body, expected) in [
        (
            r#"{"error_code":"MSS.00000003","error_msg":"Invalid parameter"}"#,
            "400 MSS.00000003: Invalid parameter",
        ),
        (r#"{"errorCode":"APIG.1","errorMsg":"m"}"#, "400 APIG.1: m"),
        (r#"{"code":"IAM.1","message":"m"}"#, "400 IAM.1: m"),
        (
            r#"{"error":{"code":401,"message":"The username or password is wrong."}}"#,
            "400 401: The username or password is wrong.",
        ),
        (r#"{"error_code":"X.1","error_msg":null,"request_id":"r1"}"#, "400 X.1"),
        ("<html>\n<b>Bad\tGateway</b>", "400 <html> <b>Bad Gateway</b>"),
        ("", "400"),
        ("[1]", "400 [1]"),
        ("\u{feff}{\"error_code\":\"X.1\",\"error_msg\":\"two\nlines\"}", "400 X.1: two lines"),
        (r#"{"error_code":"X.0","error_code":"X.1","error_msg":"m"}"#, "400 X.1: m"),
        (r#"{"other":1}"#, r#"400 {"other":1}"#),
    ] {
        assert_eq!(error(400, body).to_string(), expected, "{body}");
    }
    let long = error(400, &"x".repeat(1000));
    assert_eq!(long.message.len(), 300);
}

#[test]
fn a_redirect_names_the_host_only() {
    let message = |location: &str| with_header(302, "location", location).to_string();
    assert_eq!(
        message("https://login.example.com/?token=T0KEN"),
        "302 redirects to login.example.com; redirects are not followed"
    );
    assert_eq!(message("/elsewhere"), "302 redirects; redirects are not followed");
}

#[test]
fn the_request_id_of_the_header_takes_precedence_over_the_bodys() {
    let read = |id: &str, secrets: &[&str]| {
        let headers = HeaderMap::from_iter([("x-request-id".parse().unwrap(), id.parse().unwrap())]);
        let body = r#"{"error_code":"A.1","error_msg":"m","request_id":"from-body"}"#;
        ErrorResponse::read(&Response { headers, ..Response::new(400, body) }, secrets)
    };
    assert_eq!(read("from-header", &[]).request_id.as_deref(), Some("from-header"));
    assert_eq!(read("from-header", &["header"]).request_id.as_deref(), Some("from-<redacted>"));
    assert_eq!(read(&"x".repeat(65), &[]).request_id.as_deref(), Some("from-body"));
    assert_eq!(read("from-header", &[]).to_string(), "400 A.1: m");
}

#[test]
fn errors_are_classified() {
    let gateway = |message: &str| format!(r#"{{"error_code":"APIG.0301","error_msg":"{message}"}}"#);
    let skew = gateway("signature expired, signature time:20211217T064303Z,server time:20211217T065804Z");
    for (status, body, reason) in [
        (401, gateway("token expires"), Reason::Auth),
        (401, skew.clone(), Reason::ClockSkew),
        (400, r#"{"error_code":"MSS.00010008","error_msg":"m"}"#.to_owned(), Reason::Auth),
        (400, r#"{"error_code":"MSS.00000003","error_msg":"m"}"#.to_owned(), Reason::Other),
        (403, String::new(), Reason::Forbidden),
        (429, String::new(), Reason::Throttled),
        (403, r#"{"error_code":"APIGW.0308","error_msg":"m"}"#.to_owned(), Reason::Forbidden),
        (400, r#"{"error_code":"APIC.0308","error_msg":"m"}"#.to_owned(), Reason::Throttled),
        (404, String::new(), Reason::Other),
        (408, String::new(), Reason::Timeout),
        (302, String::new(), Reason::Redirect),
        (500, String::new(), Reason::Server),
        (599, String::new(), Reason::Server),
    ] {
        assert_eq!(error(status, &body).reason(), reason, "{status} {body}");
    }
    assert_eq!(error(401, &skew).server_time(), Some("20211217T065804Z"));
    assert_eq!(error(401, &gateway("signature expired, server time:now")).server_time(), None);
}

#[test]
fn an_error_with_a_status_of_success_is_classified_by_its_code() {
    for (code, reason) in [
        ("MSS.00000001", Reason::Auth),
        ("APIG.0301", Reason::Auth),
        ("MSS.00010008", Reason::Auth),
        ("401", Reason::Auth),
        ("APIGW.0310", Reason::Forbidden),
        ("MSS.00024001", Reason::Forbidden),
        ("APIC.0308", Reason::Throttled),
        ("MSS.00000003", Reason::Other),
        ("MSS.00000004", Reason::Server),
        ("MSS.99999999", Reason::Server),
        ("399", Reason::Server),
        ("", Reason::Server),
    ] {
        let body = format!(r#"{{"error_code":"{code}","error_msg":"m"}}"#);
        assert_eq!(error(200, &body).reason(), reason, "{code}");
    }
}

#[test]
fn an_echoed_signature_and_every_secret_are_redacted() {
    let body = concat!(
        r#"{"error_code":"APIG.0301","error_msg":"verify aksk signature fail, canonicalRequest:GET|/v1/|x-security-token:T0KEN|","#,
        r#""request_id":"r"}"#
    );
    assert_eq!(
        error(401, body).to_string(),
        "401 APIG.0301: verify aksk signature fail, canonicalRequest:<redacted>"
    );
    let sent = redacted(403, "you sent T0KEN and K3Y, T0KEN", &["T0KEN", "", "K3Y"]);
    assert_eq!(sent.message, "you sent <redacted> and <redacted>, <redacted>");
    let escaped = r#"{"error_code":"A.1","error_msg":"you sent T0\u004bEN and a\/b"}"#;
    let escaped = redacted(403, escaped, &["T0KEN", "a/b"]);
    assert_eq!(escaped.message, "you sent <redacted> and <redacted>");
    let other = redacted(403, r#"["T0\u004bEN", "a\/b"]"#, &["T0KEN", "a/b"]);
    assert_eq!(other.message, r#"["<redacted>","<redacted>"]"#);
    let unescaped = redacted(403, "[\"T0\\u004bEN\ttab\"]", &["T0KEN"]);
    assert!(unescaped.message.starts_with("[\"<redacted>"), "{}", unescaped.message);
    // A secret that truncation to 300 characters would cut in half.
    let cut = redacted(403, &format!("{}SECRET", "x".repeat(297)), &["SECRET"]);
    assert!(cut.message.ends_with("x<re"), "{}", cut.message);
}

#[test]
fn the_wait_is_read_from_the_header_or_the_message() {
    let seconds = |text: &str| with_header(429, "retry-after", text).retry_after.map(|wait| wait.as_secs());
    assert_eq!(seconds("7"), Some(7));
    assert_eq!(seconds("Wed, 21 Oct 2015 07:28:00 GMT"), Some(0), "a date that has passed");
    assert!(seconds("21 Oct 2115 07:28:00 GMT").is_some_and(|wait| wait > 86_400));
    assert_eq!(seconds("soon"), None);

    let window = |time: &str| {
        let body =
            format!(r#"{{"error_code":"APIG.0308","error_msg":"over ratelimit,limit:5,time:{time}"}}"#);
        error(429, &body).retry_after.map(|wait| wait.as_secs())
    };
    for (time, expected) in [
        ("1 minute", Some(60)),
        ("30 second", Some(30)),
        ("2 hours", Some(7200)),
        ("1 day.", Some(86_400)),
        ("1 week", None),
        ("x minute", None),
    ] {
        assert_eq!(window(time), expected, "{time}");
    }
}
