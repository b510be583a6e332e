"""A simulated cloud in a booted system, a configuration for it, and a scrape from inside."""

ADDRESS = "127.0.0.1:8080"
CONFIG = """
projects:
  - name: {name}
    region: cn-north-4
    project_id: {HUAWEICLOUD_SDK_PROJECT_ID}
    endpoint: {METASTUDIO_ENDPOINT}
    credentials:
      access_key:
        ak: {HUAWEICLOUD_SDK_AK}
        sk_file: /run/credentials/{unit}.service/secrets_sk
"""


def start_cloud(system, program):
    """Starts a cloud with three users, and returns its variables."""
    system.run("systemd-run", "--unit=cloud", program, "simulate", f"--listen={ADDRESS}", "--users=3")
    system.wait_until(lambda: "METASTUDIO_REGION=" in system.journal("cloud"), "the cloud listens")
    lines = (line.split("=", maxsplit=1) for line in system.journal("cloud").splitlines())
    return dict(line for line in lines if len(line) == 2 and line[0].isupper())


def configuration(cloud, name="production", unit="metastudio-exporter"):
    return CONFIG.format(name=name, unit=unit, **cloud)


def metrics(system):
    """A scrape from inside, with a shell of Debian's minimal system."""
    request = r'exec 3<>/dev/tcp/127.0.0.1/10036; printf "GET /metrics HTTP/1.0\r\n\r\n" >&3; cat <&3'
    return system.run("bash", "-c", request)
