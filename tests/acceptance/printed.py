"""Compares what a command printed with what a document says that it prints.

Each line of the document must occur in the output, in this order. `...` within a line stands for any text, and a line
`...` for any lines. The output may have other lines.
"""

import difflib
import re


def difference(expected, output):
    """A unified diff of both if a line of the document is missing in the output, otherwise ''."""
    lines = [line.rstrip() for line in output.splitlines()]
    found, missing, position = [], False, 0
    for line in expected.splitlines():
        pattern = _pattern(line)
        places = (place for place in range(position, len(lines)) if pattern.fullmatch(lines[place]))
        if line.strip() in ("", "..."):
            continue
        if (place := next(places, None)) is None:
            missing = True
            found.append(line.rstrip())
        else:
            # As it was printed, so that only what differs is in the diff.
            found.append(lines[place])
            position = place + 1
    if not missing:
        return ""
    return "\n".join(difflib.unified_diff(found, lines, "in the document", "printed", lineterm="", n=len(lines)))


def _pattern(line):
    return re.compile(".*".join(re.escape(part) for part in line.rstrip().split("...")))
