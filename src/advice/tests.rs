use std::time::Duration;

use super::*;
use crate::cloud::credentials::SecretValue;
use crate::cloud::http::Response;

impl Advice {
    pub(crate) const ALL: [Self; 38] = [
        Self::CheckAccessKey,
        Self::CheckCaFile,
        Self::CheckCertificate,
        Self::CheckCredentialsFile,
        Self::CheckEndpoint,
        Self::CheckHeaderCharacters,
        Self::CheckIamEndpoint,
        Self::CheckIdentity,
        Self::CheckMetaStudioEndpoint,
        Self::CheckNetwork,
        Self::CheckOidc,
        Self::CheckPassword,
        Self::CheckPodIdentity,
        Self::CheckProfile,
        Self::CheckProjectAndRegion,
        Self::CheckProxy,
        Self::CheckStsEndpoint,
        Self::GrantListProjects,
        Self::GrantListUsers,
        Self::GrantMetaStudio,
        Self::InstallCertificates,
        Self::LookUpErrorCode,
        Self::LookUpIamErrorCode,
        Self::LowerRequestRate,
        Self::RaiseOpenFiles,
        Self::ReachIam,
        Self::ReachSts,
        Self::RenewToken,
        Self::ReportBug,
        Self::ReportShortList,
        Self::ReportToSupport,
        Self::RunInPod,
        Self::RunOnEcs,
        Self::SetClock,
        Self::SetFinalEndpoint,
        Self::SetFinalIamEndpoint,
        Self::SetProjectId,
        Self::UseRootAccount,
    ];
}

const VOICE_TRAINING: CalledApi = CalledApi::Collector(Collector::VoiceTraining);
const USER_QUOTAS: CalledApi = CalledApi::Collector(Collector::UserQuotas);

fn token() -> Source {
    Source::Token(SecretValue::Inline("t".into()))
}

fn response(status: u16) -> Error {
    Response::new(status, "").error(&[])
}

fn timeout() -> Error {
    Error::Timeout { host: "cloud".to_owned() }
}

#[test]
fn a_missing_right_depends_on_the_api() {
    for (api, advice) in [
        (VOICE_TRAINING, Advice::GrantMetaStudio),
        (USER_QUOTAS, Advice::UseRootAccount),
        (CalledApi::Projects, Advice::GrantListProjects),
        (CalledApi::Users, Advice::GrantListUsers),
    ] {
        assert_eq!(Advice::about(&response(403), &token(), api), advice);
    }
}

#[test]
fn rejected_credentials_depend_on_their_source() {
    let profile = Source::Profile("credentials".into());
    let paused = Error::Paused { principal: "access key A".to_owned(), remaining: Duration::ZERO };
    for (source, advice) in [(token(), Advice::RenewToken), (profile, Advice::CheckProfile)] {
        assert_eq!(Advice::about(&response(401), &source, USER_QUOTAS), advice);
        assert_eq!(Advice::about(&paused, &source, USER_QUOTAS), advice);
    }
}

#[test]
fn a_failed_issuer_depends_on_how_it_failed() {
    let decode = || Response::new(200, "").decode_error("it is empty");
    for (issuer, unreachable, rejection, redirect, unreadable) in [
        (
            Issuer::Iam,
            Advice::ReachIam,
            Advice::CheckPassword,
            Advice::SetFinalIamEndpoint,
            Advice::CheckIamEndpoint,
        ),
        (
            Issuer::Sts,
            Advice::ReachSts,
            Advice::CheckOidc,
            Advice::CheckStsEndpoint,
            Advice::CheckStsEndpoint,
        ),
        (Issuer::Metadata, Advice::RunOnEcs, Advice::RunOnEcs, Advice::RunOnEcs, Advice::RunOnEcs),
        (
            Issuer::PodIdentity,
            Advice::RunInPod,
            Advice::CheckPodIdentity,
            Advice::CheckPodIdentity,
            Advice::CheckPodIdentity,
        ),
    ] {
        for (error, advice) in [
            (timeout(), unreachable),
            (response(401), rejection),
            (response(403), rejection),
            (response(404), rejection),
            (response(302), redirect),
            (decode(), unreadable),
            (response(500), Advice::ReportToSupport),
            (response(429), Advice::LowerRequestRate),
        ] {
            assert_eq!(Advice::about(&Error::issuer(issuer, error), &token(), USER_QUOTAS), advice);
        }
    }
}

#[test]
fn other_errors_depend_on_their_reason() {
    let decode = || Response::new(200, "").decode_error("it is empty");
    let file = CredentialsError::File { name: "token", path: "t".into(), problem: "is empty".to_owned() };
    for (error, api, advice) in [
        (file.into(), USER_QUOTAS, Advice::CheckCredentialsFile),
        (CredentialsError::Header("token").into(), USER_QUOTAS, Advice::CheckHeaderCharacters),
        (Error::Project { region: "r".to_owned(), ids: vec![] }, USER_QUOTAS, Advice::SetProjectId),
        (timeout(), USER_QUOTAS, Advice::CheckNetwork),
        (timeout(), CalledApi::Projects, Advice::ReachIam),
        (timeout(), CalledApi::Users, Advice::ReachIam),
        (Error::Unproven { principal: "access key A".to_owned() }, USER_QUOTAS, Advice::CheckEndpoint),
        (decode(), USER_QUOTAS, Advice::CheckMetaStudioEndpoint),
        (decode(), CalledApi::Users, Advice::CheckIamEndpoint),
        (response(302), USER_QUOTAS, Advice::SetFinalEndpoint),
        (response(302), CalledApi::Projects, Advice::SetFinalIamEndpoint),
        (response(400), USER_QUOTAS, Advice::LookUpErrorCode),
        (response(400), CalledApi::Users, Advice::LookUpIamErrorCode),
        (response(429), USER_QUOTAS, Advice::LowerRequestRate),
        (response(500), USER_QUOTAS, Advice::ReportToSupport),
    ] {
        assert_eq!(Advice::about(&error, &token(), api), advice, "{error}");
    }
}

#[test]
fn every_advice_has_a_sentence_of_its_own_without_a_full_stop() {
    let mut sentences = Advice::ALL.map(Advice::sentence).to_vec();
    assert!(sentences.iter().all(|sentence| !sentence.ends_with('.')), "{sentences:?}");
    sentences.sort_unstable();
    sentences.dedup();
    assert_eq!(sentences.len(), Advice::ALL.len());
}

#[test]
fn a_certificate_file_that_cannot_be_used_is_to_be_checked() {
    let error = ClientError::CaFile { path: "ca.pem".into(), cause: "no such file".to_owned() };
    assert_eq!(error.to_string(), "the certificates in ca.pem cannot be used: no such file");
    assert_eq!(Advice::about_client(&error), Advice::CheckCaFile);
}

#[test]
fn too_many_open_files_certificates_and_refusals_of_the_proxy_have_their_own_advice() {
    let host = || "cloud".to_owned();
    let connect = |cause: &str| Error::Connect { host: host(), cause: cause.to_owned() };
    let file = |problem: &str| {
        let (name, path) = ("token", "/run/token".into());
        Error::Credentials(CredentialsError::File { name, path, problem: problem.to_owned() })
    };
    for (error, advice) in [
        (connect("Too many open files (os error 24)"), Advice::RaiseOpenFiles),
        (connect("Too many open files in system (os error 23)"), Advice::RaiseOpenFiles),
        (file("cannot be read: Too many open files (os error 24)"), Advice::RaiseOpenFiles),
        (Error::issuer(Issuer::Iam, connect("Too many open files (os error 24)")), Advice::RaiseOpenFiles),
        (connect("Connection refused (os error 111)"), Advice::CheckEndpoint),
        (connect("invalid peer certificate: UnknownIssuer"), Advice::CheckCertificate),
        (
            Error::issuer(Issuer::Sts, connect("invalid peer certificate: UnknownIssuer")),
            Advice::CheckCertificate,
        ),
        (Error::Proxy { host: host(), status: Some(407) }, Advice::CheckProxy),
        (Error::Proxy { host: host(), status: None }, Advice::CheckProxy),
        (Error::issuer(Issuer::Sts, response(407)), Advice::CheckProxy),
        (response(407), Advice::CheckProxy),
    ] {
        assert_eq!(Advice::about(&error, &token(), USER_QUOTAS), advice, "{error}");
    }
}
