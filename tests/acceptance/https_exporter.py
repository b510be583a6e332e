"""An exporter with TLS, and its certificate, which can be replaced."""

import http.client
import socket
import ssl

import certificates
import configuration
import exposition
from exporter import LISTENING


class ServerCertificate:
    """The certificate of the exporter's web server, which can be replaced."""

    def __init__(self, directory):
        self._authority = certificates.Authority(directory, "ca")
        self.authority, self._directory = self._authority.certificate, directory
        self.file = directory / "web.yml"
        self.file.write_text("tls_server_config: {cert_file: server.crt, key_file: server.key}\n")
        self.replace()

    def replace(self):
        """Replaces key and certificate, one file after the other."""
        new = self._authority.sign("new", certificates.SERVER)
        configuration.replace(self._directory / "server.key", new.key.read_text())
        configuration.replace(self._directory / "server.crt", new.certificate.read_text())
        self.serial = new.serial


class HttpsExporter:
    """An exporter that serves HTTPS."""

    def __init__(self, program, certificate):
        self.program = program
        self.address = program.wait_until(lambda: LISTENING.search(program.stderr), "it logs its address")[1]
        self._authority = certificate.authority
        program.wait_until(lambda: self.request("GET", "/-/ready")[0] == 200, "the first polls end")

    def context(self):
        """The client's side of TLS."""
        return ssl.create_default_context(cafile=self._authority)

    def request(self, method, path, timeout=10):
        """Status and text of a response, on a new connection."""
        client = http.client.HTTPSConnection(self.address, timeout=timeout, context=self.context())
        try:
            client.request(method, path)
            response = client.getresponse()
            return response.status, response.read().decode()
        finally:
            client.close()

    def serial(self):
        """The serial number of the certificate in use."""
        host, port = self.address.split(":")
        with socket.create_connection((host, int(port)), timeout=10) as plain:
            with self.context().wrap_socket(plain, server_hostname=host) as connection:
                return connection.getpeercert()["serialNumber"]

    def scrape(self):
        status, text = self.request("GET", "/metrics")
        if status != 200:
            raise ConnectionError(f"a scrape has status {status}: {text[:200]}")
        return exposition.parse(text)
