//! `simulate`: the simulated cloud alone, for whoever wants to point a client at it.

use std::time::Duration;

use clap::Args;

use super::{Error, flags, listen, log, shutdown};
use crate::sim::{Cloud, Fault, Options, ProjectSpec};

/// Where projects are.
const REGIONS: [&str; 2] = ["cn-north-4", "cn-east-3"];

/// Serve a simulated MetaStudio, and print the variables that point a client at it.
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
    /// Projects, each with the sub-users and resources below.
    #[arg(
        long,
        env = "METASTUDIO_EXPORTER_PROJECTS",
        value_name = "NUMBER",
        value_parser = number,
        default_value = "1"
    )]
    projects: usize,
    /// Accounts that own the projects, in turns.
    #[arg(
        long,
        env = "METASTUDIO_EXPORTER_ACCOUNTS",
        value_name = "NUMBER",
        value_parser = number,
        default_value = "1"
    )]
    accounts: usize,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    log: log::LogFlags,
}

/// What the simulated cloud holds, and what is wrong with it.
#[derive(Args)]
pub(super) struct World {
    /// Sub-users with quotas.
    #[arg(long, env = "METASTUDIO_EXPORTER_USERS", value_name = "NUMBER", default_value = "250")]
    pub(super) users: usize,
    /// Voice training resources.
    #[arg(long, env = "METASTUDIO_EXPORTER_RESOURCES", value_name = "NUMBER", default_value = "30")]
    pub(super) resources: usize,
    /// Time before each answer.
    #[arg(
        long,
        env = "METASTUDIO_EXPORTER_LATENCY",
        value_name = "DURATION",
        value_parser = humantime::parse_duration,
        default_value = "0s"
    )]
    pub(super) latency: Duration,
    /// The same seed makes the same keys, IDs and numbers.
    #[arg(long, env = "METASTUDIO_EXPORTER_SEED", value_name = "NUMBER", default_value = "1")]
    pub(super) seed: u64,
    /// World seconds that pass in a second; 0 keeps the world still.
    #[arg(
        long,
        env = "METASTUDIO_EXPORTER_SPEED",
        value_name = "FACTOR",
        value_parser = flags::speed,
        default_value = "1"
    )]
    pub(super) speed: f64,
    /// Something that goes wrong, as NAME, NAME@API, NAME#PROJECT or NAME@API#PROJECT; may be given several times. An
    /// unknown name lists all.
    #[arg(long = "fault", env = "METASTUDIO_EXPORTER_FAULT", value_name = "NAME", value_delimiter = ',')]
    pub(super) faults: Vec<Fault>,
}

impl World {
    /// The cloud that these flags describe.
    pub(super) fn cloud(&self, projects: Vec<ProjectSpec>) -> Result<Cloud, Error> {
        let options = Options {
            seed: self.seed,
            projects,
            latency: self.latency,
            speed: self.speed,
            ..Options::default()
        };
        let cloud = Cloud::new(options);
        let set = cloud.set_faults(self.faults.clone());
        set.map_err(|error| Error::Usage(format!("--fault: {error}")))?;
        Ok(cloud)
    }
}

impl Flags {
    /// `production`, or as many projects as were asked for.
    ///
    /// Accounts take turns, and within each account regions do: IAM knows projects by their region, and so can tell
    /// the first two of an account apart.
    fn projects(&self) -> Result<Vec<ProjectSpec>, Error> {
        let (users, resources) = (self.world.users, self.world.resources);
        if self.accounts > self.projects {
            return Err(Error::Usage(format!(
                "--accounts {} is more than --projects {}: an account would have none",
                self.accounts, self.projects
            )));
        }
        if self.projects == 1 {
            return Ok(vec![ProjectSpec::new("production", REGIONS[0], users, resources)]);
        }
        let project = |index: usize| {
            let (account, place) = (index % self.accounts, index / self.accounts);
            let region = REGIONS[(account + place) % REGIONS.len()];
            ProjectSpec::new(&format!("project-{:04}", index + 1), region, users, resources)
                .in_account(account)
        };
        Ok((0..self.projects).map(project).collect())
    }
}

/// How many of something that cannot be absent.
fn number(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=9999) => Ok(number),
        _ => Err("write a whole number from 1 to 9999".to_owned()),
    }
}

pub(super) async fn run(flags: Flags) -> Result<(), Error> {
    flags.log.start();
    let projects = flags.projects()?;
    // `GET /simulation/accounts` tells of the others.
    let first = projects[0].clone();
    let cloud = flags.world.cloud(projects)?;
    let listener = listen::bind(&flags.listen, "--listen").await?;
    let address = listener.local_addr().map_err(|error| Error::Failed(error.to_string()))?;
    println!("HUAWEICLOUD_SDK_AK={}", cloud.access_key());
    println!("HUAWEICLOUD_SDK_SK={}", cloud.secret_key());
    println!("HUAWEICLOUD_SDK_PROJECT_ID={}", first.id);
    println!("METASTUDIO_ENDPOINT=http://{}", listen::reachable(address));
    println!("METASTUDIO_REGION={}", first.region);
    let served = cloud.serve(listener, shutdown()?.cancelled_owned()).await;
    served.map_err(|error| Error::Failed(format!("the simulated cloud failed: {error}")))
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
    fn one_project_is_production() {
        assert_eq!(projects("1", "1"), [row("production", "cn-north-4", 0)]);
    }

    #[test]
    fn accounts_and_within_them_regions_take_turns() {
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
    fn there_are_no_more_accounts_than_projects() {
        let Err(Error::Usage(sentence)) = flags(&["--projects", "2", "--accounts", "3"]).projects() else {
            panic!("three accounts, two projects");
        };
        assert_eq!(sentence, "--accounts 3 is more than --projects 2: an account would have none");
    }

    #[test]
    fn every_project_is_as_large_as_asked() {
        let flags = flags(&["--projects", "2", "--users", "7", "--resources", "4"]);
        let sizes = flags.projects().unwrap().into_iter().map(|project| (project.users, project.resources));
        assert_eq!(sizes.collect::<Vec<_>>(), [(7, 4), (7, 4)]);
    }

    #[test]
    fn a_fault_of_an_unknown_project_is_a_wrong_flag() {
        let flags = flags(&["--fault", "flaky#staging"]);
        let Err(Error::Usage(sentence)) = flags.world.cloud(flags.projects().unwrap()) else {
            panic!("there is no staging");
        };
        assert_eq!(sentence, "--fault: there is no project \"staging\"");
    }

    #[test]
    fn there_are_between_one_and_9999() {
        for (text, good) in [("0", false), ("1", true), ("9999", true), ("10000", false), ("-1", false)] {
            assert_eq!(number(text).is_ok(), good, "{text}");
        }
    }
}
