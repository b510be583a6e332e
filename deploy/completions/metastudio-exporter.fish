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

complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l config.file -d 'Configuration file. Without one, the environment configures one project' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l poll.interval -d 'Time from one poll to the next' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l poll.timeout -d 'Time for all pages of one API' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l poll.max-staleness -d 'Age at which data that could not be renewed is dropped' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l poll.concurrency -d 'Pages of one list requested concurrently' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l poll.requests-per-second -d 'Limit on requests per second for one project' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l project.id -d 'Project ID [default: $HUAWEICLOUD_SDK_PROJECT_ID]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l project.region -d 'Region, which determines the endpoints [default: $METASTUDIO_REGION]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l project.endpoint -d 'URL of MetaStudio, if it is not the region\'s [default: $METASTUDIO_ENDPOINT]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l project.iam-endpoint -d 'URL of IAM, if it is not the region\'s [default: $HUAWEICLOUD_SDK_IAM_ENDPOINT]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l project.collectors -d 'APIs to poll, separated by commas' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l shard -d 'Number of this replica\'s share of the projects, from 0' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l total-shards -d 'Number of shares that the projects are divided into' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l config.auto-reload-interval -d 'How often to check the configuration file for changes, and reload it [default: never]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.listen-address -d 'Address to listen on, as HOST:PORT or :PORT. Repeatable' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.config.file -d 'Web configuration file with TLS, users, headers and a rate limit, in the format of Prometheus\' exporter-toolkit' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.max-requests -d 'Maximum number of concurrent scrapes; 0 is no limit' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.external-url -d 'URL by which clients reach the pages, for example through a reverse proxy' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.route-prefix -d 'Path below which all pages are [default: the path of --web.external-url]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.telemetry-path -d 'Path of the metrics' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l log.level -d 'Lowest level to log: trace, debug, info, warn or error' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l log.format -d 'Format of log lines' -r -f -a "logfmt\t''
json\t''"
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l config.check -d 'Check the configuration and exit, with code 0 if it is good and 1 if not'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.systemd-socket -d 'Listen on the sockets that systemd passes, instead of addresses'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.enable-lifecycle -d 'Enable POST /-/reload, which reads the configuration again'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -l web.no-overview -d 'Serve a page with links instead of the overview'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -s h -l help -d 'Print help'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -s V -l version -d 'Print version'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -f -a "check" -d 'Check the credentials, rights, clock and pages of every project, and say what to fix. Exits with 1 if any API failed'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -f -a "demo" -d 'Run the exporter on a simulated cloud, without an account, credentials or configuration'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -f -a "healthcheck" -d 'Ask the exporter on this machine with the same --web flags or variables whether it is healthy. Exits with 1 if not'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -f -a "once" -d 'Poll once, print the metrics to standard output or write them to a file, and exit. Exits with 1 if any API failed'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_needs_command" -f -a "simulate" -d 'Serve a simulated MetaStudio, and print the environment variables for its clients'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l format -d 'Format of the report' -r -f -a "table\t''
json\t''"
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l record -d 'Poll every API once after the check, and write what the cloud answered to FILE, which must not exist. IDs, names and other texts of the account are replaced; requests, credentials and their issuers are left out' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l config.file -d 'Configuration file. Without one, the environment configures one project' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l poll.interval -d 'Time from one poll to the next' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l poll.timeout -d 'Time for all pages of one API' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l poll.max-staleness -d 'Age at which data that could not be renewed is dropped' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l poll.concurrency -d 'Pages of one list requested concurrently' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l poll.requests-per-second -d 'Limit on requests per second for one project' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l project.id -d 'Project ID [default: $HUAWEICLOUD_SDK_PROJECT_ID]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l project.region -d 'Region, which determines the endpoints [default: $METASTUDIO_REGION]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l project.endpoint -d 'URL of MetaStudio, if it is not the region\'s [default: $METASTUDIO_ENDPOINT]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l project.iam-endpoint -d 'URL of IAM, if it is not the region\'s [default: $HUAWEICLOUD_SDK_IAM_ENDPOINT]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l project.collectors -d 'APIs to poll, separated by commas' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l shard -d 'Number of this replica\'s share of the projects, from 0' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l total-shards -d 'Number of shares that the projects are divided into' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l log.format -d 'Format of log lines' -r -f -a "logfmt\t''
json\t''"
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -l log.level -d 'Lowest level to log: trace, debug, info, warn or error' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand check" -s h -l help -d 'Print help'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.listen-address -d 'Address to listen on, as HOST:PORT or :PORT. Repeatable' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.config.file -d 'Web configuration file with TLS, users, headers and a rate limit, in the format of Prometheus\' exporter-toolkit' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.max-requests -d 'Maximum number of concurrent scrapes; 0 is no limit' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.external-url -d 'URL by which clients reach the pages, for example through a reverse proxy' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.route-prefix -d 'Path below which all pages are [default: the path of --web.external-url]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.telemetry-path -d 'Path of the metrics' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l users -d 'Number of users with quotas' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l resources -d 'Number of voice training resources' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l products -d 'Number of products in the list of all resources' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l latency -d 'Delay before each response' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l seed -d 'Determines keys, IDs and numbers' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l fault -d 'Fault to simulate, as NAME, NAME@API, NAME#PROJECT or NAME@API#PROJECT; can be repeated. An unknown name lists all faults' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l poll.timeout -d 'Time for all pages of one API' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l poll.max-staleness -d 'Age at which data that could not be renewed is dropped' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l poll.concurrency -d 'Pages of one list requested concurrently' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l poll.requests-per-second -d 'Limit on requests per second for one project' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l log.level -d 'Lowest level to log: trace, debug, info, warn or error' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l log.format -d 'Format of log lines' -r -f -a "logfmt\t''
json\t''"
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l poll.interval -d 'Time from one poll to the next' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l speed -d 'Simulated seconds per real second; 0 stops simulated time' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.systemd-socket -d 'Listen on the sockets that systemd passes, instead of addresses'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.enable-lifecycle -d 'Enable POST /-/reload, which reads the configuration again'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -l web.no-overview -d 'Serve a page with links instead of the overview'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand demo" -s h -l help -d 'Print help'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l timeout -d 'Time to wait for the response' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.listen-address -d 'Address to listen on, as HOST:PORT or :PORT. Repeatable' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.config.file -d 'Web configuration file with TLS, users, headers and a rate limit, in the format of Prometheus\' exporter-toolkit' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.max-requests -d 'Maximum number of concurrent scrapes; 0 is no limit' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.external-url -d 'URL by which clients reach the pages, for example through a reverse proxy' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.route-prefix -d 'Path below which all pages are [default: the path of --web.external-url]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.telemetry-path -d 'Path of the metrics' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.systemd-socket -d 'Listen on the sockets that systemd passes, instead of addresses'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.enable-lifecycle -d 'Enable POST /-/reload, which reads the configuration again'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -l web.no-overview -d 'Serve a page with links instead of the overview'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand healthcheck" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l config.file -d 'Configuration file. Without one, the environment configures one project' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l poll.interval -d 'Time from one poll to the next' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l poll.timeout -d 'Time for all pages of one API' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l poll.max-staleness -d 'Age at which data that could not be renewed is dropped' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l poll.concurrency -d 'Pages of one list requested concurrently' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l poll.requests-per-second -d 'Limit on requests per second for one project' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l project.id -d 'Project ID [default: $HUAWEICLOUD_SDK_PROJECT_ID]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l project.region -d 'Region, which determines the endpoints [default: $METASTUDIO_REGION]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l project.endpoint -d 'URL of MetaStudio, if it is not the region\'s [default: $METASTUDIO_ENDPOINT]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l project.iam-endpoint -d 'URL of IAM, if it is not the region\'s [default: $HUAWEICLOUD_SDK_IAM_ENDPOINT]' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l project.collectors -d 'APIs to poll, separated by commas' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l shard -d 'Number of this replica\'s share of the projects, from 0' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l total-shards -d 'Number of shares that the projects are divided into' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l output -d 'Write the metrics to this file, which is replaced as a whole, also if an API failed' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l log.level -d 'Lowest level to log: trace, debug, info, warn or error' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -l log.format -d 'Format of log lines' -r -f -a "logfmt\t''
json\t''"
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand once" -s h -l help -d 'Print help'
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l listen -d 'Address to serve on' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l projects -d 'Number of projects. Each has the users and resources given below' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l accounts -d 'Number of accounts. Projects are assigned to them in turn' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l replay -d 'Serve FILE, which `check --record` wrote, in place of simulated data. Any credentials are accepted. Pages have the recorded limit and offset only: 100 rows' -r -F
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l users -d 'Number of users with quotas' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l resources -d 'Number of voice training resources' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l products -d 'Number of products in the list of all resources' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l latency -d 'Delay before each response' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l seed -d 'Determines keys, IDs and numbers' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l speed -d 'Simulated seconds per real second; 0 stops simulated time' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l fault -d 'Fault to simulate, as NAME, NAME@API, NAME#PROJECT or NAME@API#PROJECT; can be repeated. An unknown name lists all faults' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l log.level -d 'Lowest level to log: trace, debug, info, warn or error' -r
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -l log.format -d 'Format of log lines' -r -f -a "logfmt\t''
json\t''"
complete -c metastudio-exporter -n "__fish_metastudio_exporter_using_subcommand simulate" -s h -l help -d 'Print help'
