//! What to do about variables that cannot be used, with the flags that override them.

use crate::config::{ENDPOINT, EnvironmentError, IAM_ENDPOINT, PROJECT_ID, REGION};

/// A sentence that says what is wrong and what to set.
pub(crate) fn describe(error: &EnvironmentError) -> String {
    let [id, region, endpoint, iam_endpoint] = [PROJECT_ID, REGION, ENDPOINT, IAM_ENDPOINT].map(with_flag);
    match error {
        EnvironmentError::NotPlain(REGION) => {
            format!("the region must have only letters, digits, - and _: set {region} to one like cn-north-4")
        }
        EnvironmentError::NotPlain(_) => format!(
            "the project ID must have only letters, digits, - and _: set {id} to the ID that the console shows under My \
             Credentials"
        ),
        EnvironmentError::NoProject => format!(
            "no project: set {id} to the ID of a MetaStudio project, or {region} to have IAM look the project up"
        ),
        EnvironmentError::NoRegion => {
            format!("no region: set {region}, for example to cn-north-4, or {endpoint} to a URL")
        }
        EnvironmentError::Url { name: ENDPOINT, problem } => format!("{endpoint} {problem}"),
        EnvironmentError::Url { name: IAM_ENDPOINT, problem } => format!("{iam_endpoint} {problem}"),
        EnvironmentError::Incomplete { set, missing } => {
            format!("incomplete credentials: {set} is set, so set {missing} too")
        }
        EnvironmentError::StsDuration(name) => {
            format!(
                "{name} is not a whole number from 900 to 43200: set it to the seconds that temporary keys live"
            )
        }
        EnvironmentError::Profile(problem) => {
            format!("{problem}: write [basic] into it, and below that ak = ... and sk = ...")
        }
        EnvironmentError::Region(_) | EnvironmentError::Url { .. } | EnvironmentError::Proxy { .. } => {
            error.to_string()
        }
    }
}

/// A variable and the flag that overrides it.
fn with_flag(name: &str) -> String {
    let flag = match name {
        PROJECT_ID => "--project.id",
        REGION => "--project.region",
        ENDPOINT => "--project.endpoint",
        IAM_ENDPOINT => "--project.iam-endpoint",
        _ => return name.to_owned(),
    };
    format!("{name} (or {flag})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_names_what_to_set() {
        let problem = || "is not a URL".to_owned();
        for (error, expected) in [
            (
                EnvironmentError::NotPlain(REGION),
                "the region must have only letters, digits, - and _: set METASTUDIO_REGION (or --project.region) to one \
                 like cn-north-4",
            ),
            (
                EnvironmentError::NoProject,
                "no project: set HUAWEICLOUD_SDK_PROJECT_ID (or --project.id) to the ID of a MetaStudio project, or \
                 METASTUDIO_REGION (or --project.region) to have IAM look the project up",
            ),
            (
                EnvironmentError::NoRegion,
                "no region: set METASTUDIO_REGION (or --project.region), for example to cn-north-4, or \
                 METASTUDIO_ENDPOINT (or --project.endpoint) to a URL",
            ),
            (
                EnvironmentError::Url { name: IAM_ENDPOINT, problem: problem() },
                "HUAWEICLOUD_SDK_IAM_ENDPOINT (or --project.iam-endpoint) is not a URL",
            ),
            (
                EnvironmentError::Profile("the profile file c has no section [basic]".to_owned()),
                "the profile file c has no section [basic]: write [basic] into it, and below that ak = ... and sk = ...",
            ),
            (
                EnvironmentError::Url { name: "METASTUDIO_METADATA_ENDPOINT", problem: problem() },
                "METASTUDIO_METADATA_ENDPOINT is not a URL",
            ),
            (
                EnvironmentError::Incomplete { set: "HUAWEICLOUD_SDK_AK", missing: "HUAWEICLOUD_SDK_SK" },
                "incomplete credentials: HUAWEICLOUD_SDK_AK is set, so set HUAWEICLOUD_SDK_SK too",
            ),
        ] {
            assert_eq!(describe(&error), expected);
        }
    }
}
