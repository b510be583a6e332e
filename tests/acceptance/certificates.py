"""Creates certificates for tests with `openssl`: two authorities, and certificates that they signed."""

import itertools
import subprocess
from pathlib import Path

SERVER = "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost\nextendedKeyUsage=serverAuth"
CLIENT = (
    "subjectAltName=DNS:prometheus.example,IP:192.0.2.7,email:scraper@example.org,URI:spiffe://example/prometheus\n"
    "extendedKeyUsage=clientAuth"
)
LEAF = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nauthorityKeyIdentifier=keyid\n"
AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"

P256 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
P384 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384")
P521 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521")
RSA = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
ED25519 = ("-algorithm", "ED25519")

_serials = itertools.count(1000)


class Certificate:
    """A certificate and its key, as two PEM files: `NAME.crt` and `NAME.key`."""

    def __init__(self, directory, name):
        self.name = name
        self.certificate, self.key = directory / f"{name}.crt", directory / f"{name}.key"

    @property
    def serial(self):
        """The serial number, as `openssl x509 -serial` writes it."""
        return openssl("x509", "-in", self.certificate, "-noout", "-serial").strip().removeprefix("serial=")


class Authority(Certificate):
    """A certificate authority."""

    def __init__(self, directory, name):
        super().__init__(directory, name)
        directory.mkdir(parents=True, exist_ok=True)
        make_key(self.key, P256)
        config = write(directory / f"{name}.cnf", f"[req]\ndistinguished_name=dn\n[dn]\n[v3]\n{AUTHORITY}")
        openssl(
            *("req", "-new", "-x509", "-config", config, "-extensions", "v3", "-subj", f"/CN={name}", "-days", "2"),
            *("-key", self.key, "-out", self.certificate),
        )

    def sign(self, name, extensions, algorithm=P256, days=2, directory=None):
        """Creates a certificate with a unique serial number. Without extensions it has version 1."""
        made = Certificate(directory or self.certificate.parent, name)
        make_key(made.key, algorithm)
        request = made.certificate.with_suffix(".csr")
        openssl("req", "-new", "-key", made.key, "-subj", f"/CN={name}", "-out", request)
        details = ()
        if extensions:
            details = ("-extfile", write(made.certificate.with_suffix(".ext"), LEAF + extensions))
        openssl(
            *("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, *details),
            *("-set_serial", next(_serials), "-days", days, "-out", made.certificate),
        )
        return made


def self_signed(directory, name, extensions):
    """Creates a self-signed certificate."""
    made = Certificate(directory, name)
    config = write(directory / f"{name}.cnf", f"[req]\ndistinguished_name=dn\n[dn]\n[v3]\n{extensions}")
    make_key(made.key, P256)
    openssl(
        *("req", "-new", "-x509", "-config", config, "-extensions", "v3", "-subj", f"/CN={name}", "-days", "2"),
        *("-key", made.key, "-out", made.certificate),
    )
    return made


def make_key(path, algorithm):
    """Creates a private key in PKCS #8."""
    openssl("genpkey", *algorithm, "-out", path)


def openssl(*arguments):
    """Runs `openssl`; returns its output."""
    command = ["openssl", *(str(argument) for argument in arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def write(path: Path, text):
    path.write_text(text)
    return path


class Certificates:
    """All certificates of the TLS tests in one directory, by name."""

    def __init__(self, directory):
        self.directory = directory
        self.authority, self.stranger_authority = Authority(directory, "ca"), Authority(directory, "other-ca")
        sign = self.authority.sign
        self.server = sign("server", SERVER)
        sign("server-rsa", SERVER, RSA)
        sign("server-p384", SERVER, P384)
        sign("server-p521", SERVER, P521)
        sign("server-ed25519", SERVER, ED25519)
        self.client = sign("client", CLIENT)
        sign("client-for-servers", CLIENT.replace("clientAuth", "serverAuth"))
        sign("client-expired", CLIENT, days=-1)
        sign("client-without-extensions", "")
        sign("client-rsa", CLIENT, RSA)
        self.stranger_authority.sign("stranger", CLIENT)
        self_signed(directory, "client-self-signed", "basicConstraints=critical,CA:TRUE\n" + CLIENT)
        self_signed(directory, "client-self-signed-leaf", "basicConstraints=critical,CA:FALSE\n" + CLIENT)
        self._write_other_formats()

    def path(self, name):
        return self.directory / name

    def _write_other_formats(self):
        """Writes the same keys and certificates in the formats of other programs."""
        for server in ("server", "server-rsa"):
            openssl("pkey", "-traditional", "-in", self.path(f"{server}.key"), "-out", self.path(f"{server}-old.key"))
        parameters = openssl("ecparam", "-name", "prime256v1")
        write(self.path("server-parameters.key"), parameters + self.path("server-old.key").read_text())
        certificate, key = self.server.certificate.read_text(), self.server.key.read_text()
        write(self.path("server-both.pem"), key + certificate)
        write(self.path("server-chain.crt"), certificate + self.authority.certificate.read_text())
        write(self.path("both-cas.crt"), "".join(self.path(f"{ca}.crt").read_text() for ca in ("other-ca", "ca")))
        openssl("pkey", "-aes128", "-passout", "pass:secret", "-in", self.server.key, "-out", self.path("locked.key"))
        write(self.path("junk.pem"), "-----BEGIN JUNK-----\nAAAA\n-----END JUNK-----\n")
        write(self.path("empty.pem"), "")
