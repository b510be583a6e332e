"""All lines of the table, in its order. A line is a function that measures and yields its rows."""

import decode_line
import host_lines
import latency_lines
import memory_lines
import overview_lines
import poll_lines
import prometheus_lines
import scrape_lines

LINES = [
    memory_lines.memory_at_100_000_users,
    memory_lines.memory_with_few_changes,
    memory_lines.memory_at_10_000_users,
    memory_lines.memory_a_project,
    scrape_lines.gzip_scrape_at_10_000_users,
    scrape_lines.gzip_scrape_at_100_000_users,
    scrape_lines.plain_scrape_at_10_000_users,
    poll_lines.cpu_of_a_poll,
    poll_lines.cpu_a_user,
    decode_line.decode,
    poll_lines.walk_of_1_000_pages,
    latency_lines.tail_of_scrapes,
    host_lines.idle_memory,
    host_lines.idle_wake_ups,
    host_lines.start_to_first_answer,
    host_lines.stripped_binary,
    overview_lines.overview_pages,
    prometheus_lines.prometheus_plain_and_gzip,
]
