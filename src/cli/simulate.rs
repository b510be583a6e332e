//! `simulate`: the simulated cloud alone, for whoever wants to point a client at it.

use std::time::Duration;

use clap::Args;

use super::{Failure, flags, listen, log, shutdown};
use crate::sim::{Cloud, Fault, Options, Project};

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
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    log: log::Log,
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
    /// Something that goes wrong, as NAME or NAME@API; may be given several times. An unknown name lists all.
    #[arg(long = "fault", env = "METASTUDIO_EXPORTER_FAULT", value_name = "NAME", value_delimiter = ',')]
    pub(super) faults: Vec<Fault>,
}

impl World {
    /// The cloud that these flags describe.
    pub(super) fn cloud(&self, projects: Vec<Project>) -> Cloud {
        let options = Options {
            seed: self.seed,
            projects,
            latency: self.latency,
            speed: self.speed,
            ..Options::default()
        };
        let cloud = Cloud::new(options);
        cloud.set_faults(self.faults.clone());
        cloud
    }
}

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    flags.log.start();
    let project = Project::new("production", "cn-north-4", flags.world.users, flags.world.resources);
    let cloud = flags.world.cloud(vec![project.clone()]);
    let listener = listen::bind(&flags.listen, "--listen").await?;
    let address = listener.local_addr().map_err(|error| Failure::Work(error.to_string()))?;
    println!("HUAWEICLOUD_SDK_AK={}", cloud.access_key());
    println!("HUAWEICLOUD_SDK_SK={}", cloud.secret_key());
    println!("HUAWEICLOUD_SDK_PROJECT_ID={}", project.id);
    println!("METASTUDIO_ENDPOINT=http://{}", listen::reachable(address));
    println!("METASTUDIO_REGION={}", project.region);
    let served = cloud.serve(listener, shutdown()?.cancelled_owned()).await;
    served.map_err(|error| Failure::Work(format!("the simulated cloud failed: {error}")))
}
