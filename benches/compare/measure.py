"""What the kernel says about a process: its CPU time, its wake-ups."""

import time
from pathlib import Path

from programs import wait_until

# A process without CPU time for so long, in seconds, has finished its work.
QUIET = 0.2


def cpu_seconds(process_id):
    """User and system time of all threads so far, also of those that ended, in nanoseconds of precision."""
    # The CPU clock of another process, as clock_getcpuclockid(3) makes it.
    return time.clock_gettime((~process_id << 3) | 2)


def wake_ups(process_id):
    """Voluntary context switches so far of each thread."""
    switches = {}
    for thread in Path(f"/proc/{process_id}/task").iterdir():
        for line in (thread / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                switches[thread.name] = int(line.split()[1])
    return switches


def only_child(process_id):
    """The process ID of the only child, such as nginx's worker."""
    children = Path(f"/proc/{process_id}/task/{process_id}/children")
    return int(wait_until(lambda: children.read_text().split(), "the process has a child")[0])


def wait_until_quiet(process_id, otherwise=lambda: False):
    """Waits until the process does not use the CPU, or until `otherwise` is true."""
    state = {"cpu": cpu_seconds(process_id), "since": time.monotonic()}

    def quiet():
        cpu = cpu_seconds(process_id)
        # Timers of an idle process use some microseconds.
        if cpu - state["cpu"] > 0.0005:
            state.update(cpu=cpu, since=time.monotonic())
        return time.monotonic() - state["since"] > QUIET or otherwise()

    wait_until(quiet, "the process is quiet", deadline=300)
