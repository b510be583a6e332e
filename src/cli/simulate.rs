//! `simulate`: the simulated cloud alone, for any client.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::{Error, flags, listen, log, print, shutdown};
use crate::sim::replay::{RecordedProject, Replay};
use crate::sim::{Cloud, CloudOptions, Fault, ProjectSpec};

/// The regions of the projects.
const REGIONS: [&str; 2] = ["cn-north-4", "cn-east-3"];

/// Serve a simulated MetaStudio for an exporter or an SDK.
///
/// Prints the environment variables for its clients.
#[derive(Args)]
pub(super) struct Flags {
    /// Address to serve on.
    #[arg(
        long,
        env = "METASTUDIO_EXPORTER_LISTEN",
        value_name = "ADDRESS",
        value_parser = flags::listen_address,
        default_value = "127.0.0.1:8480"
    )]
    listen: String,
    /// Number of projects. Each has the users and resources given below.
    #[arg(
        long,
        env = "METASTUDIO_EXPORTER_PROJECTS",
        value_name = "NUMBER",
        value_parser = number,
        default_value = "1"
    )]
    projects: usize,
    /// Number of accounts. Projects are assigned to them in turn.
    #[arg(
        long,
        env = "METASTUDIO_EXPORTER_ACCOUNTS",
        value_name = "NUMBER",
        value_parser = number,
        default_value = "1"
    )]
    accounts: usize,
    /// Serve a recording of `check --record` in place of simulated data.
    ///
    /// Any credentials are accepted. Pages have the recorded limit and offset only: 100 rows.
    #[arg(
        long,
        env = "METASTUDIO_EXPORTER_REPLAY",
        value_name = "FILE",
        conflicts_with_all = ["projects", "accounts", "CloudFlags"]
    )]
    replay: Option<PathBuf>,
    #[command(flatten)]
    cloud: CloudFlags,
    #[command(flatten)]
    log: log::LogFlags,
}

/// The contents and faults of the simulated cloud.
#[derive(Args)]
pub(super) struct CloudFlags {
    /// Number of users with quotas.
    #[arg(long, env = "METASTUDIO_EXPORTER_USERS", value_name = "NUMBER", default_value = "250")]
    pub(super) users: usize,
    /// Number of voice training resources.
    #[arg(long, env = "METASTUDIO_EXPORTER_RESOURCES", value_name = "NUMBER", default_value = "30")]
    pub(super) resources: usize,
    /// Number of products in the list of all resources.
    #[arg(long, env = "METASTUDIO_EXPORTER_PRODUCTS", value_name = "NUMBER", default_value = "30")]
    pub(super) products: usize,
    /// Delay before each response.
    #[arg(
        long,
        env = "METASTUDIO_EXPORTER_LATENCY",
        value_name = "DURATION",
        value_parser = humantime::parse_duration,
        default_value = "0s"
    )]
    pub(super) latency: Duration,
    /// Determines keys, IDs and numbers.
    #[arg(long, env = "METASTUDIO_EXPORTER_SEED", value_name = "NUMBER", default_value = "1")]
    pub(super) seed: u64,
    /// Simulated seconds per real second; 0 stops simulated time.
    #[arg(
        long,
        env = "METASTUDIO_EXPORTER_SPEED",
        value_name = "FACTOR",
        value_parser = flags::speed,
        default_value = "1"
    )]
    pub(super) speed: f64,
    /// Fault to simulate. Repeatable. An unknown name lists all faults.
    ///
    /// NAME, NAME@API, NAME#PROJECT or NAME@API#PROJECT.
    #[arg(long = "fault", env = "METASTUDIO_EXPORTER_FAULT", value_name = "NAME", value_delimiter = ',')]
    pub(super) faults: Vec<Fault>,
}

impl CloudFlags {
    /// Creates the cloud with these projects.
    pub(super) fn build(&self, projects: Vec<ProjectSpec>) -> Result<Cloud, Error> {
        let cloud = Cloud::new(CloudOptions {
            seed: self.seed,
            projects,
            latency: self.latency,
            speed: self.speed,
            ..CloudOptions::default()
        });
        cloud.set_faults(self.faults.clone()).map_err(|error| Error::Usage(format!("--fault: {error}")))?;
        Ok(cloud)
    }
}

impl Flags {
    /// The project `production`, or `project-0001` and so on.
    ///
    /// Accounts take turns, and so do the regions within an account: IAM names projects by region, so that a client
    /// can look up the first two projects of an account by region.
    fn projects(&self) -> Result<Vec<ProjectSpec>, Error> {
        if self.accounts > self.projects {
            return Err(Error::Usage(format!(
                "--accounts {} is more than --projects {}: every account needs a project",
                self.accounts, self.projects
            )));
        }
        let project = |index: usize| {
            let name = match self.projects {
                1 => "production".to_owned(),
                _ => format!("project-{:04}", index + 1),
            };
            let (account, number_in_account) = (index % self.accounts, index / self.accounts);
            let region = REGIONS[(account + number_in_account) % REGIONS.len()];
            let CloudFlags { users, resources, products, .. } = self.cloud;
            ProjectSpec { products, ..ProjectSpec::new(&name, region, users, resources) }.in_account(account)
        };
        Ok((0..self.projects).map(project).collect())
    }
}

fn number(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=9999) => Ok(number),
        _ => Err("write a whole number from 1 to 9999".to_owned()),
    }
}

pub(super) async fn run(flags: Flags) -> Result<(), Error> {
    let _log = flags.log.start();
    if let Some(file) = &flags.replay {
        return serve_recording(file, &flags.listen).await;
    }
    let projects = flags.projects()?;
    // `GET /simulation/accounts` shows the others.
    let first = projects[0].clone();
    let cloud = flags.cloud.build(projects)?;
    let listener = listen::bind(&flags.listen, "--listen").await?;
    let address = listener.local_addr().map_err(|error| Error::Failed(error.to_string()))?;
    let variables = [
        ("HUAWEICLOUD_SDK_AK", cloud.access_key().to_owned()),
        ("HUAWEICLOUD_SDK_SK", cloud.secret_key().to_owned()),
        ("HUAWEICLOUD_SDK_PROJECT_ID", first.id),
        ("METASTUDIO_ENDPOINT", format!("http://{}", listen::reachable(address))),
        ("METASTUDIO_REGION", first.region),
    ];
    print(&variables.map(|(name, value)| format!("{name}={value}\n")).concat())?;
    cloud.serve(listener, shutdown()?.cancelled_owned()).await;
    Ok(())
}

async fn serve_recording(file: &Path, address: &str) -> Result<(), Error> {
    let cannot_replay =
        |cause: String| Error::Usage(format!("--replay: cannot read {}: {cause}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| cannot_replay(error.to_string()))?;
    let replay = Replay::read(&text).map_err(cannot_replay)?;
    let listener = listen::bind(address, "--listen").await?;
    let address = listener.local_addr().map_err(|error| Error::Failed(error.to_string()))?;
    let endpoint = format!("http://{}", listen::reachable(address));
    let (first, others) =
        replay.projects().split_first().ok_or_else(|| cannot_replay("it has no project".to_owned()))?;
    let mut lines = variables(first, &endpoint);
    let line = lines.join(" ");
    let collectors = first.collectors.join(",");
    lines.push(format!("# {line} metastudio-exporter once --project.collectors={collectors}"));
    // Their other variables are the same.
    lines.extend(others.iter().map(|project| {
        let id = project.project_id.as_deref().unwrap_or_default();
        format!("# HUAWEICLOUD_SDK_PROJECT_ID={id} METASTUDIO_REGION={}", project.region)
    }));
    print(&(lines.join("\n") + "\n"))?;
    replay.serve(listener, shutdown()?.cancelled_owned()).await;
    Ok(())
}

/// For clients of a recorded project.
fn variables(project: &RecordedProject, endpoint: &str) -> Vec<String> {
    let id = project.project_id.as_ref().map(|id| format!("HUAWEICLOUD_SDK_PROJECT_ID={id}"));
    let mut lines = vec!["HUAWEICLOUD_SDK_AK=REPLAY".to_owned(), "HUAWEICLOUD_SDK_SK=replay".to_owned()];
    lines.extend(id);
    lines.push(format!("METASTUDIO_ENDPOINT={endpoint}"));
    lines.push(format!("HUAWEICLOUD_SDK_IAM_ENDPOINT={endpoint}"));
    lines.push(format!("METASTUDIO_REGION={}", project.region));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(arguments: &[&str]) -> Flags {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            flags: Flags,
        }
        <Line as clap::Parser>::parse_from(["simulate"].iter().chain(arguments)).flags
    }

    fn projects(projects: &str, accounts: &str) -> Vec<(String, String, usize)> {
        let projects = flags(&["--projects", projects, "--accounts", accounts]).projects().unwrap();
        projects.into_iter().map(|project| (project.name, project.region, project.account)).collect()
    }

    fn row(name: &str, region: &str, account: usize) -> (String, String, usize) {
        (name.to_owned(), region.to_owned(), account)
    }

    #[test]
    fn a_single_project_is_named_production() {
        assert_eq!(projects("1", "1"), [row("production", "cn-north-4", 0)]);
    }

    #[test]
    fn accounts_take_turns_and_so_do_regions_within_an_account() {
        assert_eq!(
            projects("5", "2"),
            [
                row("project-0001", "cn-north-4", 0),
                row("project-0002", "cn-east-3", 1),
                row("project-0003", "cn-east-3", 0),
                row("project-0004", "cn-north-4", 1),
                row("project-0005", "cn-north-4", 0),
            ]
        );
        assert_eq!(
            projects("3", "3"),
            [
                row("project-0001", "cn-north-4", 0),
                row("project-0002", "cn-east-3", 1),
                row("project-0003", "cn-north-4", 2),
            ]
        );
    }

    #[test]
    fn more_accounts_than_projects_are_refused() {
        let Err(Error::Usage(sentence)) = flags(&["--projects", "2", "--accounts", "3"]).projects() else {
            panic!("three accounts for two projects were accepted");
        };
        assert_eq!(sentence, "--accounts 3 is more than --projects 2: every account needs a project");
    }

    #[test]
    fn every_project_has_the_given_size() {
        let flags = flags(&["--projects", "2", "--users", "7", "--resources", "4"]);
        let sizes = flags.projects().unwrap().into_iter().map(|project| (project.users, project.resources));
        assert_eq!(sizes.collect::<Vec<_>>(), [(7, 4), (7, 4)]);
    }

    #[test]
    fn a_fault_of_an_unknown_project_is_a_usage_error() {
        let flags = flags(&["--fault", "flaky#staging"]);
        let Err(Error::Usage(sentence)) = flags.cloud.build(flags.projects().unwrap()) else {
            panic!("a fault of an unknown project was accepted");
        };
        assert_eq!(sentence, "--fault: there is no project \"staging\"");
    }

    #[test]
    fn numbers_are_between_1_and_9999() {
        for (text, valid) in [("0", false), ("1", true), ("9999", true), ("10000", false), ("-1", false)] {
            assert_eq!(number(text).is_ok(), valid, "{text}");
        }
    }
}
