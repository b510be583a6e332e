//! The faults of the matrix, as data.

use std::io::Write;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::place::{Place, Stage};
use crate::reply::{Answer, Reply, Then};

/// A way to fail, and where it makes sense.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) effect: Effect,
    pub(crate) stages: &'static [Stage],
    /// Whether it is a valid answer, though not the one that the healthy cloud gives: what it says is published.
    pub(crate) is_answer: bool,
    /// Whether a poll ends only by its time-out.
    pub(crate) is_endless: bool,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Effect {
    /// The connection ends, and the port is closed from then on.
    Refused,
    /// The connection ends, and new ones get a certificate that is not trusted.
    Tls(Distrust),
    /// The host has no address. Configured, so from the first request on.
    Dns,
    /// The simulated cloud has this fault of its own.
    Simulated(&'static str),
    /// The request is answered as if it were for this path and query.
    Request(fn(&str) -> String),
    /// The response is another one.
    Reply(fn(&Answer, Place) -> Reply),
}

/// Why a certificate is not trusted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Distrust {
    WrongName,
    Expired,
    UnknownAuthority,
}

const ANY: &[Stage] = &Stage::ALL;
const PAGES: &[Stage] = &Stage::PAGES;

const fn fault(name: &'static str, effect: Effect, stages: &'static [Stage]) -> Fault {
    Fault { name, effect, stages, is_answer: false, is_endless: false }
}

const fn endless(name: &'static str, reply: fn(&Answer, Place) -> Reply) -> Fault {
    Fault { is_endless: true, ..any(name, reply) }
}

const fn answer(name: &'static str, reply: fn(&Answer, Place) -> Reply) -> Fault {
    Fault { is_answer: true, ..page(name, reply) }
}

const fn any(name: &'static str, reply: fn(&Answer, Place) -> Reply) -> Fault {
    fault(name, Effect::Reply(reply), ANY)
}

const fn page(name: &'static str, reply: fn(&Answer, Place) -> Reply) -> Fault {
    fault(name, Effect::Reply(reply), PAGES)
}

/// A kind of faults, with its heading.
pub(crate) struct Kind {
    pub(crate) heading: &'static str,
    pub(crate) faults: &'static [Fault],
}

/// All faults.
pub(crate) const KINDS: [Kind; 7] = [
    Kind { heading: "Connections", faults: CONNECTIONS },
    Kind { heading: "Statuses and heads", faults: STATUSES },
    Kind { heading: "Bodies", faults: BODIES },
    Kind { heading: "Lists", faults: LISTS },
    Kind { heading: "Rows", faults: ROWS },
    Kind { heading: "Content of IAM", faults: IAM },
    Kind { heading: "Faults of `simulate`", faults: SIMULATED },
];

/// Faults of connections.
const CONNECTIONS: &[Fault] = &[
    fault("connection refused", Effect::Refused, ANY),
    any("connection reset", |_, _| Reply::nothing(Then::Reset)),
    any("connection closed without a response", |_, _| Reply::nothing(Then::Close)),
    endless("half-open connection", |_, _| Reply::nothing(Then::Hang)),
    endless("head of a byte a second", |answer, _| {
        Reply::nothing(Then::Drip(answer.head(answer.body.len())))
    }),
    endless("body of a byte a second", |answer, _| Reply {
        bytes: answer.head(answer.body.len()),
        then: Then::Drip(answer.body.clone()),
    }),
    fault("certificate for another name", Effect::Tls(Distrust::WrongName), ANY),
    fault("expired certificate", Effect::Tls(Distrust::Expired), ANY),
    fault("certificate of an unknown authority", Effect::Tls(Distrust::UnknownAuthority), ANY),
    // A name is resolved before the first request to its endpoint.
    fault("host name without an address", Effect::Dns, &[Stage::Token, Stage::FirstPage]),
];

/// Faults of statuses and heads.
const STATUSES: &[Fault] = &[
    any("400", |answer, _| error(answer, 400, "MSS.00000003", "Invalid parameter: limit")),
    any("400 without a body", |answer, _| answer.with(400, "").reply()),
    any("401", |answer, _| error(answer, 401, "APIG.0301", "Incorrect IAM authentication information")),
    any("401 without a body", |answer, _| answer.with(401, "").reply()),
    any("401, the cloud is an hour ahead", |answer, _| {
        let time = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
        let time = time.strftime("%Y%m%dT%H%M%SZ");
        let message =
            format!("Incorrect IAM authentication information: signature expired, server time:{time}");
        error(answer, 401, "APIG.0301", &message)
    }),
    any("403", |answer, _| error(answer, 403, "MSS.00000005", "Forbidden")),
    any("403 without a body", |answer, _| answer.with(403, "").reply()),
    any("404", |answer, _| error(answer, 404, "APIG.0101", "The API does not exist")),
    any("404 without a body", |answer, _| answer.with(404, "").reply()),
    any("429", |answer, _| error(answer, 429, "APIG.0308", "over ratelimit,limit:5,time:1 second")),
    any("429 without a body", |answer, _| answer.with(429, "").reply()),
    endless("429, to be tried again after the time of the poll", |answer, _| {
        answer.with(429, "").with_header("retry-after", "9").reply()
    }),
    any("500", |answer, _| error(answer, 500, "MSS.00000004", "Internal Error")),
    any("500 without a body", |answer, _| answer.with(500, "").reply()),
    any("502", |answer, _| error(answer, 502, "APIG.0202", "Backend unavailable")),
    any("502 with an HTML page", |answer, _| {
        answer.with(502, "<html><h1>Bad Gateway</h1></html>").with_header("content-type", "text/html").reply()
    }),
    any("503", |answer, _| error(answer, 503, "APIG.0203", "Backend timed out")),
    any("503 without a body", |answer, _| answer.with(503, "").reply()),
    any("redirect to another host", |answer, _| {
        answer.with(302, "").with_header("location", "https://login.example.com/?next=/v1").reply()
    }),
    any("redirect to http", |answer, _| {
        answer.with(308, "").with_header("location", "http://metastudio.example.com/v1").reply()
    }),
    any("204 without a body", |answer, _| answer.with(204, "").reply()),
    any("206", |answer, _| answer.with(206, answer.body.clone()).reply()),
    any("an error in a body with success", |answer, _| {
        answer.edited(|body| body["error_code"] = json!("MSS.00000005")).reply()
    }),
    any("not HTTP", |_, _| Reply { bytes: b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec(), then: Then::Close }),
    any("a head of 1 MB", |answer, _| Reply {
        bytes: answer.head_with(&format!("x-large: {}", "a".repeat(1 << 20))),
        then: Then::Close,
    }),
    any("Date an hour ahead", |answer, _| dated(answer, 1).reply()),
    any("Date an hour behind", |answer, _| dated(answer, -1).reply()),
    any("no Date", |answer, _| {
        let mut answer = answer.with_body(answer.body.clone());
        answer.headers.retain(|(name, _)| name != "date");
        answer.reply()
    }),
];

/// Faults of bodies.
const BODIES: &[Fault] = &[
    any("HTML instead of JSON", |answer, _| answer.with_body("<html>Please log in.</html>").reply()),
    any("an empty body", |answer, _| answer.with_body("").reply()),
    any("JSON null", |answer, _| answer.with_body("null").reply()),
    any("cut JSON", |answer, _| answer.with_body(half(&answer.body)).reply()),
    any("doubled JSON", |answer, _| answer.with_body(answer.body.repeat(2)).reply()),
    any("a body that breaks off", |answer, _| Reply {
        bytes: [answer.head(answer.body.len()), half(&answer.body)].concat(),
        then: Then::Reset,
    }),
    any("Content-Length too large", |answer, _| Reply {
        bytes: [answer.head(answer.body.len() + 100), answer.body.clone()].concat(),
        then: Then::Close,
    }),
    any("Content-Length too small", |answer, _| Reply {
        bytes: [answer.head(answer.body.len() - 10), answer.body.clone()].concat(),
        then: Then::Close,
    }),
    any("chunks without an end", |answer, _| Reply {
        bytes: [answer.head_with("transfer-encoding: chunked"), chunk(&answer.body)].concat(),
        then: Then::Close,
    }),
    any("chunks of no size", |answer, _| Reply {
        bytes: [answer.head_with("transfer-encoding: chunked"), b"zz\r\n".to_vec()].concat(),
        then: Then::Close,
    }),
    any("gzip", |answer, _| gzipped(answer, &gzip(&answer.body))),
    any("broken gzip", |answer, _| gzipped(answer, &half(&gzip(&answer.body)))),
    any("gzip that is not gzip", |answer, _| gzipped(answer, &answer.body)),
    any("a gzip bomb of 1 GB", |answer, _| Reply {
        bytes: [answer.head_with("content-encoding: gzip\r\nconnection: close"), GZIP_HEAD.to_vec()].concat(),
        then: Then::Flood(BOMB.clone(), 1024),
    }),
    any("a body of 1 GB", |answer, _| Reply {
        bytes: answer.head(1 << 30),
        then: Then::Flood(vec![b' '; 1 << 16], 1 << 14),
    }),
    any("100,000 nested arrays", |answer, _| answer.with_body("[".repeat(100_000)).reply()),
    any("100,000 nested objects in a field", |answer, _| {
        let mut body = answer.body.clone();
        let nested = [r#"{"a":"#.repeat(100_000), "1".to_owned(), "}".repeat(100_000)].concat();
        body.splice(1..1, format!("\"nested\":{nested},").into_bytes());
        answer.with_body(body).reply()
    }),
    any("a byte that is not UTF-8", |answer, _| {
        let mut body = answer.body.clone();
        let text = body.windows(3).rposition(|window| window == b"\":\"").unwrap();
        body.insert(text + 3, 0xff);
        answer.with_body(body).reply()
    }),
];

/// Faults of a list: its length, and changes during the walk.
const LISTS: &[Fault] = &[
    page("`count` is 0", |answer, _| counted(answer, json!(0))),
    page("`count` is -1", |answer, _| counted(answer, json!(-1))),
    page("`count` is 2147483648", |answer, _| counted(answer, json!(2_147_483_648_u32))),
    page("`count` is a text", |answer, _| counted(answer, json!("many"))),
    page("no `count`", |answer, _| {
        answer.edited(|body| drop(body.as_object_mut().unwrap().remove("count"))).reply()
    }),
    page("no rows", |answer, place| answer.edited(|body| body[list(place)] = json!([])).reply()),
    page("rows that are null", |answer, place| answer.edited(|body| body[list(place)] = json!(null)).reply()),
    page("no list", |answer, place| {
        answer.edited(|body| drop(body.as_object_mut().unwrap().remove(list(place)))).reply()
    }),
    page("the list shrinks", |answer, place| {
        let shrink = |body: &mut Value| {
            body["count"] = json!(body["count"].as_f64().unwrap() - 1.0);
            drop(rows(body, place).pop());
        };
        answer.edited(shrink).reply()
    }),
    page("the list grows", |answer, place| {
        let grow = |body: &mut Value| {
            body["count"] = json!(body["count"].as_f64().unwrap() + 1.0);
            let mut row = rows(body, place)[0].clone();
            row[id(place)] = json!("one-more");
            rows(body, place).push(row);
        };
        answer.edited(grow).reply()
    }),
    fault(
        "the list is shuffled",
        Effect::Request(|uri| match uri {
            uri if uri.contains("offset=0") => uri.replace("offset=0", "offset=3"),
            uri if uri.contains("offset=2") => uri.replace("offset=2", "offset=1"),
            uri => uri.replace("offset=4", "offset=0"),
        }),
        PAGES,
    ),
];

/// Faults of rows.
const ROWS: &[Fault] = &[
    page("a row twice", |answer, place| {
        answer
            .edited(|body| {
                let row = rows(body, place)[0].clone();
                rows(body, place).push(row);
            })
            .reply()
    }),
    page("a row that is null", |answer, place| {
        answer.edited(|body| rows(body, place)[0] = json!(null)).reply()
    }),
    page("a row without an ID", |answer, place| {
        answer.edited(|body| drop(rows(body, place)[0].as_object_mut().unwrap().remove(id(place)))).reply()
    }),
    answer("an ID with quotes and newlines", |answer, place| with_id(answer, place, "a\"b\\c\nd\r\te")),
    answer("an ID with NUL", |answer, place| with_id(answer, place, "a\0b")),
    answer("an ID of 10 kB", |answer, place| with_id(answer, place, &"x".repeat(10_000))),
    answer("numbers beyond 64 bits", |answer, place| {
        with_numbers(answer, place, "123456789012345678901234567890")
    }),
    page("numbers of 1e400", |answer, place| with_numbers(answer, place, "1e400")),
    page("numbers that are the text NaN", |answer, place| with_numbers(answer, place, "\"NaN\"")),
    answer("numbers that are null", |answer, place| with_numbers(answer, place, "null")),
    page("numbers below -1", |answer, place| with_numbers(answer, place, "-7")),
];

const fn simulated(name: &'static str) -> Fault {
    fault(name, Effect::Simulated(name), &[Stage::FirstPage])
}

/// The faults of the simulated cloud itself, which hit all requests that they concern.
const SIMULATED: &[Fault] = &[
    simulated("throttled"),
    simulated("failing-page"),
    simulated("server-error"),
    simulated("flaky"),
    simulated("cut-body"),
    simulated("moving-list"),
    simulated("settling-list"),
    simulated("expired-token"),
    simulated("expired-key"),
    simulated("wrong-count"),
    simulated("no-count"),
    Fault { is_answer: true, ..simulated("odd-fields") },
    simulated("forbidden"),
    simulated("redirect"),
    simulated("too-large"),
    simulated("skewed-clock"),
    simulated("short-pages"),
    simulated("empty-page"),
    simulated("duplicate-page"),
    simulated("not-json"),
    Fault { is_endless: true, ..simulated("stalled") },
    simulated("iam-forbidden"),
    simulated("iam-error"),
];

/// Faults of IAM's own content.
const IAM: &[Fault] = &[
    fault(
        "no project of the region",
        Effect::Reply(|answer, _| answer.edited(|body| body["projects"] = json!([])).reply()),
        &[Stage::LookUp],
    ),
    fault(
        "two projects of the region",
        Effect::Reply(|answer, _| {
            let two = json!([{"id": "a1", "name": "cn-north-4"}, {"id": "b2", "name": "cn-north-4"}]);
            answer.edited(|body| body["projects"] = two).reply()
        }),
        &[Stage::LookUp],
    ),
    fault(
        "a project ID with a path",
        Effect::Reply(|answer, _| {
            answer.edited(|body| body["projects"][0]["id"] = json!("../../v3/users")).reply()
        }),
        &[Stage::LookUp],
    ),
    fault(
        "no token in the response",
        Effect::Reply(|answer, _| {
            let mut answer = answer.with_body(answer.body.clone());
            answer.headers.retain(|(name, _)| name != "x-subject-token");
            answer.reply()
        }),
        &[Stage::Token],
    ),
    fault(
        "a token whose expiry is no time",
        Effect::Reply(|answer, _| {
            answer.edited(|body| body["token"]["expires_at"] = json!("tomorrow")).reply()
        }),
        &[Stage::Token],
    ),
    fault(
        "a token that has expired",
        Effect::Reply(|answer, _| {
            answer.edited(|body| body["token"]["expires_at"] = json!("2020-01-01T00:00:00.000000Z")).reply()
        }),
        &[Stage::Token],
    ),
    fault(
        "users without names",
        Effect::Reply(|answer, _| {
            answer
                .edited(|body| {
                    body["users"]
                        .as_array_mut()
                        .unwrap()
                        .iter_mut()
                        .for_each(|user| user["name"] = json!(null));
                })
                .reply()
        }),
        &[Stage::Names],
    ),
];

fn error(answer: &Answer, status: u16, code: &str, message: &str) -> Reply {
    answer.with(status, json!({"error_code": code, "error_msg": message}).to_string()).reply()
}

fn dated(answer: &Answer, hours: i64) -> Answer {
    let time = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours);
    let date = time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    answer.with_body(answer.body.clone()).with_header("date", &date)
}

fn half(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() / 2].to_vec()
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gzipped(answer: &Answer, body: &[u8]) -> Reply {
    answer.with_body(body).with_header("content-encoding", "gzip").reply()
}

/// The head of a member of gzip without a name.
const GZIP_HEAD: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\xff";

/// 1 MiB of spaces within a member. A thousand of them are a body of 1 GiB.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut compressed = Vec::with_capacity(1 << 20);
    let mut compress = flate2::Compress::new(Compression::fast(), false);
    compress.compress_vec(&[b' '; 1 << 20], &mut compressed, flate2::FlushCompress::Full).unwrap();
    compressed
});

fn counted(answer: &Answer, count: Value) -> Reply {
    answer.edited(|body| body["count"] = count).reply()
}

fn list(place: Place) -> &'static str {
    place.api.unwrap().list()
}

fn id(place: Place) -> &'static str {
    place.api.unwrap().id()
}

fn rows(body: &mut Value, place: Place) -> &mut Vec<Value> {
    body[list(place)].as_array_mut().unwrap()
}

fn with_id(answer: &Answer, place: Place, text: &str) -> Reply {
    answer.edited(|body| rows(body, place)[0][id(place)] = json!(text)).reply()
}

/// The response with this text in place of each number of the first row.
fn with_numbers(answer: &Answer, place: Place, text: &str) -> Reply {
    const MARK: &str = "the place of a number";
    let marked = answer.edited(|body| mark_numbers(&mut rows(body, place)[0], MARK));
    let body = String::from_utf8(marked.body).unwrap().replace(&format!("\"{MARK}\""), text);
    answer.with_body(body).reply()
}

fn mark_numbers(value: &mut Value, mark: &str) {
    match value {
        Value::Number(_) => *value = json!(mark),
        Value::Object(fields) => fields.values_mut().for_each(|field| mark_numbers(field, mark)),
        Value::Array(items) => items.iter_mut().for_each(|item| mark_numbers(item, mark)),
        _ => {}
    }
}
