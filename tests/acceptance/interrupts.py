"""Ctrl-C and SIGTERM, which end all programs that were started, also one that is just starting."""

import signal
import sys
from contextlib import ExitStack, contextmanager

from programs import running

_state = {"starting": False, "interrupted": False}


def handle():
    """Ends this program at both signals, with all that it started."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(*_):
    _state["interrupted"] = True
    if not _state["starting"]:
        sys.exit("interrupted")


@contextmanager
def delayed():
    """Delays the end until a program that starts is one that can be stopped."""
    _state["starting"] = True
    try:
        yield
    finally:
        _state["starting"] = False
    if _state["interrupted"]:
        sys.exit("interrupted")


@contextmanager
def starting(directory):
    """A function that starts programs below `directory`, each with its environment; all of them end with this one."""
    with ExitStack() as programs:

        def start(arguments, environment):
            with delayed():
                return programs.enter_context(running(arguments, environment, directory))

        yield start
