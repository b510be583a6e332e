# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_metastudio_exporter_global_optspecs
    string join \n config.file= poll.interval= poll.timeout= poll.max-staleness= poll.concurrency= poll.requests-per-second= project.id= project.region= project.endpoint= project.iam-endpoint= project.collectors= shard= total-shards= config.check config.auto-reload-interval= web.listen-address= web.systemd-socket web.config.file= web.max-requests= web.external-url= web.route-prefix= web.telemetry-path= web.enable-lifecycle web.no-overview log.level= log.format= h/help V/version
end

function __fish_metastudio_exporter_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_metastudio_exporter_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_metastudio_exporter_using_subcommand
    set -l cmd (__fish_metastudio_exporter_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l config.file -d 'Configuration file with the projects' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l poll.interval -d 'Time between polls' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l poll.timeout -d 'Time limit for all pages of one API' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l poll.max-staleness -d 'Age at which values that could not be updated are no longer exposed' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l poll.concurrency -d 'Maximum number of pages of one list to request concurrently' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l poll.requests-per-second -d 'Maximum number of requests per second for one project' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l project.id -d 'Project ID. Defaults to $HUAWEICLOUD_SDK_PROJECT_ID, else IAM looks it up by the region' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l project.region -d 'Region of the one project without a file' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l project.endpoint -d 'URL of MetaStudio, if it is not the region\'s. Defaults to $METASTUDIO_ENDPOINT' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l project.iam-endpoint -d 'URL of IAM, if it is not the region\'s. Defaults to $HUAWEICLOUD_SDK_IAM_ENDPOINT' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l project.collectors -d 'APIs to poll, separated by commas: voice_training, user_quotas, tenant_resources' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l shard -d 'Shard of the projects to poll, from 0' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l total-shards -d 'Number of shards that the projects are divided into' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l config.auto-reload-interval -d 'How often to check the configuration file for changes. A changed file is reloaded. Without this flag, only SIGHUP and POST /-/reload reload it' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.listen-address -d 'Address to listen on' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.config.file -d 'Web configuration file with TLS, users, headers and a rate limit' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.max-requests -d 'Maximum number of concurrent scrapes. Further ones get 503. Use 0 to disable the limit' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.external-url -d 'URL by which clients reach the pages, for example through a reverse proxy' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.route-prefix -d 'Path below which all pages are, also the metrics and /-/healthy. Defaults to the path of --web.external-url' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.telemetry-path -d 'Path under which to expose the metrics' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l log.level -d 'Lowest level to log' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l log.format -d 'Output format of log lines' -r -f -a "logfmt\t''
json\t''"
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l config.check -d 'Check the configuration and exit'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.systemd-socket -d 'Use the TCP sockets that systemd passes, instead of --web.listen-address'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.enable-lifecycle -d 'Enable reloading the configuration by POST /-/reload'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.no-overview -d 'Serve a page with links at / instead of the overview'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -s V -l version -d 'Print version'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -f -a "check" -d 'Check credentials, rights, clock and pages, and say what to fix'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -f -a "demo" -d 'Run the exporter on a simulated cloud, without an account'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -f -a "healthcheck" -d 'Ask the exporter on this machine whether it is healthy'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -f -a "once" -d 'Poll once, print the metrics, and exit'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -f -a "simulate" -d 'Serve a simulated MetaStudio for an exporter or an SDK'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l format -d 'Format of the report' -r -f -a "table\t''
json\t''"
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l record -d 'Record what the cloud answers, for a report of a problem' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l config.file -d 'Configuration file with the projects' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l poll.interval -d 'Time between polls' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l poll.timeout -d 'Time limit for all pages of one API' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l poll.max-staleness -d 'Age at which values that could not be updated are no longer exposed' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l poll.concurrency -d 'Maximum number of pages of one list to request concurrently' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l poll.requests-per-second -d 'Maximum number of requests per second for one project' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l project.id -d 'Project ID. Defaults to $HUAWEICLOUD_SDK_PROJECT_ID, else IAM looks it up by the region' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l project.region -d 'Region of the one project without a file' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l project.endpoint -d 'URL of MetaStudio, if it is not the region\'s. Defaults to $METASTUDIO_ENDPOINT' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l project.iam-endpoint -d 'URL of IAM, if it is not the region\'s. Defaults to $HUAWEICLOUD_SDK_IAM_ENDPOINT' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l project.collectors -d 'APIs to poll, separated by commas: voice_training, user_quotas, tenant_resources' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l shard -d 'Shard of the projects to poll, from 0' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l total-shards -d 'Number of shards that the projects are divided into' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l log.format -d 'Output format of log lines' -r -f -a "logfmt\t''
json\t''"
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l log.level -d 'Lowest level to log' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.listen-address -d 'Address to listen on' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.config.file -d 'Web configuration file with TLS, users, headers and a rate limit' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.max-requests -d 'Maximum number of concurrent scrapes. Further ones get 503. Use 0 to disable the limit' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.external-url -d 'URL by which clients reach the pages, for example through a reverse proxy' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.route-prefix -d 'Path below which all pages are, also the metrics and /-/healthy. Defaults to the path of --web.external-url' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.telemetry-path -d 'Path under which to expose the metrics' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l users -d 'Number of users with quotas' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l resources -d 'Number of voice training resources' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l products -d 'Number of products in the list of all resources' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l latency -d 'Delay before each response' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l seed -d 'Determines keys, IDs and numbers' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l fault -d 'Fault to simulate. Repeatable. An unknown name lists all faults' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l poll.timeout -d 'Time limit for all pages of one API' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l poll.max-staleness -d 'Age at which values that could not be updated are no longer exposed' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l poll.concurrency -d 'Maximum number of pages of one list to request concurrently' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l poll.requests-per-second -d 'Maximum number of requests per second for one project' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l log.level -d 'Lowest level to log' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l log.format -d 'Output format of log lines' -r -f -a "logfmt\t''
json\t''"
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l poll.interval -d 'Time between polls' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l speed -d 'Simulated seconds per real second; 0 stops simulated time' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.systemd-socket -d 'Use the TCP sockets that systemd passes, instead of --web.listen-address'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.enable-lifecycle -d 'Enable reloading the configuration by POST /-/reload'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.no-overview -d 'Serve a page with links at / instead of the overview'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l timeout -d 'Time to wait for the response' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.listen-address -d 'Address to listen on' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.config.file -d 'Web configuration file with TLS, users, headers and a rate limit' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.max-requests -d 'Maximum number of concurrent scrapes. Further ones get 503. Use 0 to disable the limit' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.external-url -d 'URL by which clients reach the pages, for example through a reverse proxy' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.route-prefix -d 'Path below which all pages are, also the metrics and /-/healthy. Defaults to the path of --web.external-url' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.telemetry-path -d 'Path under which to expose the metrics' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.systemd-socket -d 'Use the TCP sockets that systemd passes, instead of --web.listen-address'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.enable-lifecycle -d 'Enable reloading the configuration by POST /-/reload'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.no-overview -d 'Serve a page with links at / instead of the overview'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l config.file -d 'Configuration file with the projects' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l poll.interval -d 'Time between polls' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l poll.timeout -d 'Time limit for all pages of one API' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l poll.max-staleness -d 'Age at which values that could not be updated are no longer exposed' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l poll.concurrency -d 'Maximum number of pages of one list to request concurrently' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l poll.requests-per-second -d 'Maximum number of requests per second for one project' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l project.id -d 'Project ID. Defaults to $HUAWEICLOUD_SDK_PROJECT_ID, else IAM looks it up by the region' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l project.region -d 'Region of the one project without a file' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l project.endpoint -d 'URL of MetaStudio, if it is not the region\'s. Defaults to $METASTUDIO_ENDPOINT' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l project.iam-endpoint -d 'URL of IAM, if it is not the region\'s. Defaults to $HUAWEICLOUD_SDK_IAM_ENDPOINT' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l project.collectors -d 'APIs to poll, separated by commas: voice_training, user_quotas, tenant_resources' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l shard -d 'Shard of the projects to poll, from 0' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l total-shards -d 'Number of shards that the projects are divided into' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l output -d 'Write the metrics to this file' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l log.level -d 'Lowest level to log' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l log.format -d 'Output format of log lines' -r -f -a "logfmt\t''
json\t''"
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l listen -d 'Address to serve on' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l projects -d 'Number of projects. Each has the users and resources given below' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l accounts -d 'Number of accounts. Projects are assigned to them in turn' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l replay -d 'Serve a recording of `check --record` in place of simulated data' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l users -d 'Number of users with quotas' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l resources -d 'Number of voice training resources' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l products -d 'Number of products in the list of all resources' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l latency -d 'Delay before each response' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l seed -d 'Determines keys, IDs and numbers' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l speed -d 'Simulated seconds per real second; 0 stops simulated time' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l fault -d 'Fault to simulate. Repeatable. An unknown name lists all faults' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l log.level -d 'Lowest level to log' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l log.format -d 'Output format of log lines' -r -f -a "logfmt\t''
json\t''"
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -s h -l help -d 'Print help (see more with \'--help\')'
