"""`once` for the textfile collector of a real node_exporter."""

import exposition
import loopback
from programs import free_port, installed


def test_node_exporter_exposes_what_once_writes_and_its_own_metrics_once(simulate, once, start, tmp_path):
    directory = tmp_path / "textfiles"
    directory.mkdir()
    file = directory / "metastudio.prom"
    written = once(simulate("--speed", "0"), f"--output={file}")
    assert written.returncode == 0, written.stderr
    address = f"127.0.0.1:{free_port()}"
    collector = f"--collector.textfile.directory={directory}"
    program = start([installed("prometheus-node-exporter"), f"--web.listen-address={address}", collector], {})
    program.wait_until(lambda: loopback.returns_200(f"http://{address}/metrics"), "it serves")

    # A series that two sources expose is an error here.
    samples = exposition.parse(loopback.get(f"http://{address}/metrics").text)

    assert samples[exposition.key("node_textfile_scrape_error")] == 0
    ours = exposition.parse(file.read_text())
    assert len(exposition.data(ours)) > 250 * 8
    assert exposition.with_prefix(samples, "metastudio_") == exposition.with_prefix(ours, "metastudio_")
    assert not exposition.with_prefix(ours, "process_")
    assert exposition.with_prefix(samples, "process_")
