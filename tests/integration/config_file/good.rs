//! What good files mean.

use std::time::Duration;

use metastudio_exporter::cloud::credentials::{
    Agency, KeyPair, Oidc, Password, PodIdentity, Scope, SecretValue, Source,
};
use metastudio_exporter::cloud::proxies::Proxies;
use metastudio_exporter::config::{
    Config, Environment, Pattern, PollConfig, ProjectConfig, UserQuotasConfig,
};
use metastudio_exporter::snapshot::Collector;
use reqwest::Url;

use super::{Directory, EXAMPLE};
use crate::common::{POLL, access_key, given};

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn regional(name: &str, id: Option<&str>, region: &str, credentials: Source) -> ProjectConfig {
    ProjectConfig {
        name: name.to_owned(),
        id: id.map(str::to_owned),
        region: region.to_owned(),
        endpoint: url(&format!("https://metastudio.{region}.myhuaweicloud.com")),
        iam_endpoint: url(&format!("https://iam.{region}.myhuaweicloud.com")),
        ca_file: None,
        credentials,
        collectors: Collector::DEFAULT.to_vec(),
        user_quotas: UserQuotasConfig::default(),
    }
}

fn agency() -> Source {
    Source::Agency(Agency { metadata_endpoint: url("http://169.254.169.254") })
}

/// The projects of a list.
fn projects(directory: &Directory, list: &str, environment: &Environment) -> Vec<ProjectConfig> {
    directory.load_with(&format!("projects:\n{list}"), environment).unwrap().projects
}

#[test]
fn the_shipped_example_is_exactly_this() {
    let directory = Directory::new();
    let secret = |name: &str| directory.write(name, "s\n");
    let text = EXAMPLE
        .replace("/run/secrets/", "")
        .replace("/etc/ssl/private-cloud.pem", "ca.pem")
        .replace("5m  ", "6m  ");
    let files = ["production-sk", "bot-password", "token", "oidc-token", "pod-token"].map(secret);
    let [production_sk, bot_password, token, oidc_token, pod_token] = files;

    let key = KeyPair {
        ak: given("HPUAEXAMPLEEXAMPLE01"),
        sk: SecretValue::File(production_sk),
        security_token: None,
    };
    let bot = |scope| {
        Source::Password(Password {
            domain: "example-account".to_owned(),
            user: "metastudio-exporter".to_owned(),
            password: SecretValue::File(bot_password.clone()),
            iam_endpoint: url("https://iam.cn-east-3.myhuaweicloud.com"),
            scope,
        })
    };
    let oidc = Oidc {
        provider_urn: "iam::0123456789abcdef:oidc-provider:kubernetes".to_owned(),
        agency_urn: "iam::0123456789abcdef:agency:metastudio-exporter".to_owned(),
        token_file: oidc_token,
        session_name: "metastudio-exporter".to_owned(),
        duration: Duration::from_secs(3600),
        sts_endpoint: url("https://sts.cn-north-4.myhuaweicloud.com"),
    };
    let pod = PodIdentity { uri: url("http://169.254.23.45/v1/credentials"), token_file: pod_token };
    let [production_id, rehearsal_id, private_id] = [
        "6a6a1f83d1c64e2c9f5b1f0e7d1a2b3c",
        "0f9e8d7c6b5a49382716051423324150",
        "5b8c0d3fe1f24a6f8d7c9b0a1e2f3d4c",
    ];
    let production = ProjectConfig {
        user_quotas: UserQuotasConfig {
            max_users: 10_000,
            include: vec![],
            exclude: vec![Pattern::new("test-.*").unwrap()],
            items: vec!["voice_clone_basic".to_owned(), "video_time_2d_model".to_owned()],
            names: true,
        },
        ..regional("production", Some(production_id), "cn-north-4", Source::AccessKey(key))
    };
    let by_id = Scope::ProjectId(rehearsal_id.to_owned());
    let rehearsal = ProjectConfig {
        collectors: vec![Collector::VoiceTraining],
        ..regional("rehearsal", Some(rehearsal_id), "cn-east-3", bot(by_id))
    };
    let private = ProjectConfig {
        region: String::new(),
        endpoint: url("https://metastudio.cloud.example.com"),
        iam_endpoint: url("https://iam.cloud.example.com"),
        ca_file: Some(directory.path("ca.pem")),
        ..regional("private-cloud", Some(private_id), "unused", Source::Token(SecretValue::File(token)))
    };
    let regional = |name, id, source| regional(name, Some(id), "cn-north-4", source);
    let expected = Config {
        poll: PollConfig {
            interval: Duration::from_secs(360),
            timeout: Duration::from_secs(120),
            max_staleness: Duration::from_secs(1800),
            concurrency: 4,
            requests_per_second: 10.0,
            shard: 0,
            total_shards: 1,
        },
        projects: vec![
            production,
            super::good::regional("cn-east-3", None, "cn-east-3", bot(Scope::Region("cn-east-3".to_owned()))),
            rehearsal,
            private,
            regional("on-ecs", "1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f", agency()),
            regional("by-oidc", "2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f70", Source::Oidc(oidc)),
            regional("on-cce", "3e4f5a6b7c8d9e0f1a2b3c4d5e6f7081", Source::PodIdentity(pod)),
        ],
        proxies: Proxies::default(),
    };
    let config = directory.load(&text).unwrap();
    for (project, expected) in config.projects.iter().zip(&expected.projects) {
        assert_eq!(project, expected);
    }
    assert_eq!(config, expected);
}

#[test]
fn what_the_file_does_not_say_has_defaults() {
    let directory = Directory::new();
    let config = directory.load("projects: [{region: cn-north-4}]").unwrap();
    // An ECS' agency always seems to be there, so it ends the environment's chain.
    let project = regional("cn-north-4", None, "cn-north-4", agency());
    assert_eq!(config, Config { poll: POLL, projects: vec![project], proxies: Proxies::default() });

    let some = directory.load("poll: {concurrency: 9}\nprojects: [{region: cn-north-4}]").unwrap();
    assert_eq!(some.poll, PollConfig { concurrency: 9, ..POLL });
    // All below these keys may be commented out.
    let empty = "poll:\nprojects:\n- region: cn-north-4\n  user_quotas:\n  credentials:\n    agency:\n";
    assert_eq!(directory.load(empty).unwrap(), config);
}

#[test]
fn bounds_are_inside() {
    let directory = Directory::new();
    let poll = |poll: &str| {
        directory.load(&format!("poll: {poll}\nprojects: [{{region: cn-north-4}}]")).unwrap().poll
    };
    let least = poll(
        "{interval: 1ns, timeout: 1h 30m, max_staleness: 1.5h, concurrency: 1, requests_per_second: 0.001}",
    );
    assert_eq!(
        (least.interval, least.timeout, least.max_staleness),
        (Duration::from_nanos(1), Duration::from_secs(5400), Duration::from_secs(5400))
    );
    assert_eq!((least.concurrency, least.requests_per_second), (1, 0.001));
    let most = poll("{interval: 365days, concurrency: 100, requests_per_second: 1000000}");
    assert_eq!(most.interval, Duration::from_secs(365 * 24 * 3600));
    assert_eq!((most.concurrency, most.requests_per_second), (100, 1e6));
}

#[test]
fn a_text_is_what_is_written() {
    let directory = Directory::new();
    for text in ["1234567890", "1e10", "0x1F", "007", "1_000", "true", "no", "2026-01-01", "-1", "inf"] {
        let list = format!("- {{region: cn-north-4, project_id: {text}, name: \"{text}\"}}");
        let project = projects(&directory, &list, &Environment::default()).remove(0);
        assert_eq!((project.id.as_deref(), project.name.as_str()), (Some(text), text));
    }
    // Quotes make a text of what is nothing without them.
    let list = "- {region: cn-north-4, project_id: \"null\", name: '~'}";
    let project = projects(&directory, list, &Environment::default()).remove(0);
    assert_eq!((project.id.as_deref(), project.name.as_str()), (Some("null"), "~"));
}

#[test]
fn all_kinds_of_credentials_can_hold_or_name_their_secrets() {
    let directory = Directory::new();
    let source = |credentials: &str| {
        let list = format!("- {{region: cn-north-4, credentials: {credentials}}}");
        projects(&directory, &list, &Environment::default()).remove(0).credentials
    };
    let file = |name: &str| SecretValue::File(directory.path(name));
    assert_eq!(source("{access_key: {ak: AK, sk: SK}}"), access_key("AK", "SK"));
    assert_eq!(
        source("{access_key: {ak_file: ak, sk_file: ./sk, security_token: ST}}"),
        Source::AccessKey(KeyPair { ak: file("ak"), sk: file("sk"), security_token: Some(given("ST")) })
    );
    assert_eq!(
        source("{access_key: {ak: AK, sk: SK, security_token_file: token}}"),
        Source::AccessKey(KeyPair { ak: given("AK"), sk: given("SK"), security_token: Some(file("token")) })
    );
    // Like white space in a file, white space around a text does not count.
    assert_eq!(source("{token: {value: \" T\\n\"}}"), Source::Token(given("T")));
    let absolute = format!("{{token: {{file: {}}}}}", directory.path("token").display());
    assert_eq!(source(&absolute), Source::Token(file("token")));
    let Source::Password(password) = source("{password: {domain: d, user: u, password: p q}}") else {
        panic!("no password")
    };
    assert_eq!(password.password, given("p q"));
    let Source::Agency(agency) = source("{agency: {endpoint: \"http://127.0.0.1:1\"}}") else {
        panic!("no agency")
    };
    assert_eq!(agency.metadata_endpoint, url("http://127.0.0.1:1"));
    let Source::Oidc(oidc) = source(
        "{oidc: {provider_urn: p, agency_urn: a, token_file: token, session_name: s, duration: 15m, sts_endpoint: \
         \"https://sts.example.com\"}}",
    ) else {
        panic!("no OIDC")
    };
    assert_eq!((oidc.session_name.as_str(), oidc.duration.as_secs()), ("s", 900));
    assert_eq!(oidc.sts_endpoint, url("https://sts.example.com"));
}

#[test]
fn the_environment_fills_in_for_credentials_and_for_nothing_else() {
    let directory = Directory::new();
    let environment = Environment::from_iter([
        ("HUAWEICLOUD_SDK_PROJECT_ID", "of-the-environment"),
        ("METASTUDIO_REGION", "cn-east-3"),
        ("METASTUDIO_ENDPOINT", "https://environment.example.com"),
        ("HUAWEICLOUD_SDK_IAM_ENDPOINT", "https://environment.example.com"),
        ("METASTUDIO_METADATA_ENDPOINT", "http://127.0.0.1:1"),
        ("HUAWEICLOUD_SDK_AK", "AK"),
        ("HUAWEICLOUD_SDK_SK", "SK"),
        ("HC_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:2"),
        ("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/pod/token"),
    ]);
    let list = "- region: cn-north-4\n- {name: a, region: cn-north-4, credentials: {agency: {}}}\n\
                - {name: p, region: cn-north-4, credentials: {pod_identity: {}}}\n";
    let [first, agency, pod] = projects(&directory, list, &environment).try_into().unwrap();
    assert_eq!(first, regional("cn-north-4", None, "cn-north-4", access_key("AK", "SK")));
    let metadata_endpoint = url("http://127.0.0.1:1");
    assert_eq!(agency.credentials, Source::Agency(Agency { metadata_endpoint }));
    let identity = PodIdentity { uri: url("http://127.0.0.1:2"), token_file: "/pod/token".into() };
    assert_eq!(pod.credentials, Source::PodIdentity(identity));
}

#[test]
fn keys_from_the_environment_are_those_of_the_project_s_region() {
    let directory = Directory::new();
    let environment = Environment::from_iter([
        ("HUAWEICLOUD_OIDC_PROVIDER_URN", "p"),
        ("HUAWEICLOUD_OIDC_AGENCY_URN", "a"),
        ("HUAWEICLOUD_OIDC_TOKEN_FILE", "/token"),
    ]);
    for region in ["cn-north-4", "cn-east-3"] {
        let project = projects(&directory, &format!("- region: {region}"), &environment).remove(0);
        let Source::Oidc(oidc) = project.credentials else { panic!("no OIDC") };
        assert_eq!(oidc.sts_endpoint, url(&format!("https://sts.{region}.myhuaweicloud.com")));
    }
}

#[test]
fn a_profile_tells_what_the_file_does_not() {
    let directory = Directory::new();
    let text =
        "[basic]\nak = A\nsk = S\nproject_id = of-the-profile\niam_endpoint = https://profile.example.com\n";
    let profile = directory.write("profile", text);
    let environment =
        Environment::from_iter([("HUAWEICLOUD_SDK_CREDENTIALS_FILE", profile.to_str().unwrap())]);
    let list = "- region: cn-north-4\n\
                - {region: cn-north-4, project_id: own, iam_endpoint: \"https://own.example.com\"}\n\
                - {name: other, region: cn-north-4, credentials: {access_key: {ak: A, sk: S}}}\n\
                - {name: far, endpoint: \"https://far.example.com\"}\n";
    let [first, own, other, far] = projects(&directory, list, &environment).try_into().unwrap();
    let source = Source::Profile(profile);
    let iam_endpoint = url("https://profile.example.com");
    let expected = regional("of-the-profile", Some("of-the-profile"), "cn-north-4", source.clone());
    assert_eq!(first, ProjectConfig { iam_endpoint, ..expected });
    let iam_endpoint = url("https://own.example.com");
    assert_eq!(own, ProjectConfig { iam_endpoint, ..regional("own", Some("own"), "cn-north-4", source) });
    assert_eq!(other, regional("other", None, "cn-north-4", access_key("A", "S")));
    assert_eq!((far.id.as_deref(), far.region.as_str()), (Some("of-the-profile"), ""));
}
