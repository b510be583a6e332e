"""HTTP to this machine, past any proxy."""

import urllib.error
import urllib.request

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Answer:
    """What a server said, whatever its status. The body is as it was sent, compressed or not."""

    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()


def get(url, **headers):
    """Asks once; header names are written with `_` for `-`."""
    request = urllib.request.Request(url)
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with _OPENER.open(request, timeout=10) as response:
            return Answer(response)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error)


def answers_200(url):
    """Whether `url` answers, and well."""
    try:
        return get(url).status == 200
    except (urllib.error.URLError, ConnectionError):
        return False
