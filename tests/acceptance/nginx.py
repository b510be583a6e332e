"""A real nginx, with the settings that every test needs around those of its own `http` block."""

import grp
import os
import pwd

from programs import installed

_CONFIGURATION = """\
daemon off;
user {user} {group};
worker_processes 1;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path temporary;
    proxy_temp_path temporary;
    fastcgi_temp_path temporary;
    uwsgi_temp_path temporary;
    scgi_temp_path temporary;
{http}}}
"""


def start_nginx(start, directory, http):
    """Starts nginx in a directory, with the directives `http` in its block of that name."""
    configuration = directory / "nginx.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            http=http,
            # Otherwise, root's nginx would read files as a user without permission.
            user=pwd.getpwuid(os.getuid()).pw_name,
            group=grp.getgrgid(os.getgid()).gr_name,
        )
    )
    return start([installed("nginx"), "-p", directory, "-e", "stderr", "-c", configuration], {})
