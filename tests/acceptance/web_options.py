"""The web configuration of prometheus/exporter-toolkit: one row per option and value, with the toolkit's behaviour.

The rows are facts about the toolkit. Tests run every row on the exporter and on Debian's Prometheus, which uses toolkit
0.8. Rows with `newer` are about options that no program of Debian has. They state the behaviour of toolkit 0.20,
according to its documentation and to a manual test with a server of ten lines. If the exporter cannot behave in the
same way, the row states what it does instead, and its message to the user.

File names have no directory. Each configuration is in the directory of its files, but the programs run in another
directory, so every row also tests paths relative to the configuration.
"""

import json
import re
from dataclasses import dataclass, field
from enum import Enum

from web_client import CLOSED, Request, plain, secure


class Start(Enum):
    """The result of a program that does not start to serve."""

    REFUSED = "refused"


REFUSED = Start.REFUSED
OK = {"status": 200}


@dataclass(frozen=True)
class Instead:
    """What the exporter does if it must differ, why, and its message at the start."""

    why: str
    seen: Start | list
    # Empty if the exporter cannot know at the start.
    says: str = ""


@dataclass(frozen=True, eq=False)
class Row:
    """One value of an option, and the expected results."""

    option: str
    case: str
    web: str
    # Each request with its expected result, or that the program does not start.
    seen: Start | list[tuple[Request, dict]]
    newer: bool = False
    exporter: Instead | None = None
    # Texts that the exporter's error message contains.
    names: tuple[str, ...] = field(default=())

    def __str__(self):
        return f"{self.option}: {self.case}"

    @property
    def expected_of_exporter(self):
        return self.exporter.seen if self.exporter else self.seen

    def text(self, certificates):
        """The file, with `<<NAME>>` replaced by the text of a certificate file, and `<</>>` by their directory."""

        def text_of(found):
            return json.dumps(certificates.path(found[1]).read_text())

        return re.sub('"<<([^/>]+)>>"', text_of, self.web.replace("<</>>", f"{certificates.directory}/"))


ROWS = []


def row(option, case, web, seen, **more):
    """Adds a row. A configuration that is not text is written as JSON, which is also YAML."""
    if not isinstance(web, str):
        web = json.dumps(web)
    # An error message names the last part of the path in the file.
    more.setdefault("names", (option.rsplit(".", 1)[-1],))
    ROWS.append(Row(option, case, web, seen, **more))


def tls(**options):
    """A configuration with these options of `tls_server_config`, by default with a valid certificate."""
    return {"tls_server_config": {"cert_file": "server.crt", "key_file": "server.key"} | options}


def http(**options):
    return {"http_server_config": options}


def users(**hashes):
    return {"basic_auth_users": hashes}


# Hashes with cost 4, the lowest, except for the last one. The comments are the passwords.
# "the right one"
HASH = "$2a$04$a203K.3zUWgloeElzXDDa.6P9BGikshE9a9KASRqvVebOX.T8ZcQi"
# "another one"
ANOTHER_HASH = "$2a$04$3cjisbVyj7ercLuELMSm7eydVb/OOGcCkH4xFlUJND1mhKPLsFnsm"
# "a:b"
COLON_HASH = "$2a$04$MPNCuyTOsiiCnNmawSHo7.zJHixGkUgjRNIE8UnRBSjKo1dRigEP6"
# "пароль"
CYRILLIC_HASH = "$2a$04$VIp/5Bh7DFAEOLQMwEkHl.7iI/qxOA6Vq0XDntoSy/T3dFyvAgz4e"
# ""
EMPTY_HASH = "$2a$04$vwbAbB4Z0MXAVJgx3qBW6Ob5PTNgBPXWDXnpUAW8Wh7TYpGrdb7Ae"
# "0123456789ab" six times: 72 bytes, the maximum that bcrypt uses
LONG = "0123456789ab" * 6
LONG_HASH = "$2a$04$j5R3Bv7NfC.gqylmUmT8se8TaII3BDNKauOf0xME02gD48l5NUrG."
# "the right one", with cost 8
HASH_OF_COST_8 = "$2a$08$WW0TNWHENTzYEw5El9U1deQOKpRHmbqUL.Zngm1MEFXAEG2ejspYi"

ALICE = ("alice", "the right one")
# A rejection has the toolkit's headers too.
DENIED = {"status": 401, "WWW-Authenticate": "Basic", "X-Content-Type-Options": "nosniff", "body": "Unauthorized\n"}
ACCEPTED = [(secure(), OK)]
ACCEPTED_PLAIN = [(plain(), OK)]

# The file ----------------------------------------------------------------------------------------------------------

row("file", "empty", "", ACCEPTED_PLAIN)
row("file", "a comment alone", "# nothing\n", ACCEPTED_PLAIN)
row("file", "an empty mapping", "{}", ACCEPTED_PLAIN)
row("file", "every section empty", "tls_server_config: {}\nhttp_server_config: {}\nbasic_auth_users: {}\n", ACCEPTED_PLAIN)
row("file", "every section null", "tls_server_config:\nhttp_server_config:\nbasic_auth_users:\n", ACCEPTED_PLAIN)
row("file", "not a mapping", "hello\n", REFUSED, names=())
row("file", "not YAML", "tls_server_config: [\n", REFUSED, names=())
row("file", "unknown key", {"tls_config": {}}, REFUSED, names=("tls_config",))
# The exporter does not repeat the key: if the user forgets a colon, it may be a secret.
row("file", "unknown key of tls_server_config", tls(certificate="server.crt"), REFUSED, names=("tls_server_config.certificate",))
row("file", "unknown key of http_server_config", http(http3=True), REFUSED, names=("http_server_config: has an unknown key",))
row("file", "a key twice", "http_server_config: {http2: true, http2: true}\n", REFUSED, names=("http2",))
row("file", "a section of another type", {"tls_server_config": ["server.crt"]}, REFUSED, names=("tls_server_config",))
row("file", "plain HTTP to a server with TLS", tls(), [(plain(), {"status": 400})])

# The server's certificate ------------------------------------------------------------------------------------------

row("tls_server_config.cert_file", "good", tls(), ACCEPTED)
row("tls_server_config.cert_file", "an absolute path", tls(cert_file="<</>>server.crt"), ACCEPTED)
row("tls_server_config.cert_file", "a chain", tls(cert_file="server-chain.crt"), ACCEPTED)
row("tls_server_config.cert_file", "certificate and key in one file", tls(cert_file="server-both.pem", key_file="server-both.pem"), ACCEPTED)
row("tls_server_config.cert_file", "not given", {"tls_server_config": {"key_file": "server.key"}}, REFUSED)
row("tls_server_config.cert_file", "blank", tls(cert_file=""), REFUSED)
row("tls_server_config.cert_file", "no such file", tls(cert_file="nowhere.crt"), REFUSED)
row("tls_server_config.cert_file", "no PEM in it", tls(cert_file="empty.pem"), REFUSED)
row("tls_server_config.cert_file", "no certificate in it", tls(cert_file="server.key"), REFUSED)
row("tls_server_config.cert_file", "a directory", tls(cert_file="."), REFUSED)
row("tls_server_config.key_file", "not given", {"tls_server_config": {"cert_file": "server.crt"}}, REFUSED)
row("tls_server_config.key_file", "blank", tls(key_file=""), REFUSED)
row("tls_server_config.key_file", "no such file", tls(key_file="nowhere.key"), REFUSED)
row("tls_server_config.key_file", "no key in it", tls(key_file="server.crt"), REFUSED)
row("tls_server_config.key_file", "another certificate's key", tls(key_file="client.key"), REFUSED)
row("tls_server_config.key_file", "a key with a passphrase", tls(key_file="locked.key"), REFUSED)
row("tls_server_config.key_file", "EC, SEC 1", tls(key_file="server-old.key"), ACCEPTED)
row("tls_server_config.key_file", "EC, SEC 1, behind its parameters", tls(key_file="server-parameters.key"), ACCEPTED)
row("tls_server_config.key_file", "RSA, PKCS #8", tls(cert_file="server-rsa.crt", key_file="server-rsa.key"), ACCEPTED)
row("tls_server_config.key_file", "RSA, PKCS #1", tls(cert_file="server-rsa.crt", key_file="server-rsa-old.key"), ACCEPTED)
row("tls_server_config.key_file", "P-384", tls(cert_file="server-p384.crt", key_file="server-p384.key"), ACCEPTED)
row("tls_server_config.key_file", "Ed25519", tls(cert_file="server-ed25519.crt", key_file="server-ed25519.key"), ACCEPTED)
row(
    *("tls_server_config.key_file", "P-521", tls(cert_file="server-p521.crt", key_file="server-p521.key"), ACCEPTED),
    exporter=Instead("ring signs with P-256 and P-384 only", REFUSED, "key_file"),
)

INLINE = {"tls_server_config": {"cert": "<<server.crt>>", "key": "<<server.key>>"}}


def inline(**options):
    return {"tls_server_config": INLINE["tls_server_config"] | options}


row("tls_server_config.cert", "with key", INLINE, ACCEPTED, newer=True)
row("tls_server_config.cert", "with key_file", {"tls_server_config": {"cert": "<<server.crt>>", "key_file": "server.key"}}, ACCEPTED, newer=True)
row(
    *("tls_server_config.cert", "with cert_file, which counts", tls(cert="hello"), ACCEPTED),
    newer=True,
    exporter=Instead("it is unknown which of the two is intended", REFUSED, "cert_file"),
)
row("tls_server_config.cert", "no certificate in it", inline(cert="hello"), REFUSED, newer=True)
row("tls_server_config.key", "with cert_file", {"tls_server_config": {"cert_file": "server.crt", "key": "<<server.key>>"}}, ACCEPTED, newer=True)
row("tls_server_config.key", "another certificate's key", inline(key="<<client.key>>"), REFUSED, newer=True)
row("tls_server_config.key", "not given", {"tls_server_config": {"cert": "<<server.crt>>"}}, REFUSED, newer=True)

# Client certificates -----------------------------------------------------------------------------------------------

NO_CERTIFICATE, CLIENT, OTHER_CLIENT = secure(), secure(certificate="client"), secure(certificate="stranger")
ALL_ACCEPTED = [(NO_CERTIFICATE, OK), (CLIENT, OK), (OTHER_CLIENT, OK)]
ANY_CERTIFICATE = [(NO_CERTIFICATE, CLOSED), (CLIENT, OK), (OTHER_CLIENT, OK)]
TRUSTED_OR_NO_CERTIFICATE = [(NO_CERTIFICATE, OK), (CLIENT, OK), (OTHER_CLIENT, CLOSED)]
TRUSTED_CERTIFICATE = [(NO_CERTIFICATE, CLOSED), (CLIENT, OK), (OTHER_CLIENT, CLOSED)]
ALL_REJECTED = [(NO_CERTIFICATE, CLOSED), (CLIENT, CLOSED), (OTHER_CLIENT, CLOSED)]
AUTH = "tls_server_config.client_auth_type"
REQUIRED = {"client_auth_type": "RequireAndVerifyClientCert"}


def auth(kind, ca="ca.crt"):
    return tls(client_auth_type=kind, client_ca_file=ca)


def verifying(**options):
    return tls(**({"client_ca_file": "ca.crt"} | REQUIRED | options))


row(AUTH, "blank", tls(client_auth_type=""), ALL_ACCEPTED)
row(AUTH, "NoClientCert", tls(client_auth_type="NoClientCert"), ALL_ACCEPTED)
row(AUTH, "RequestClientCert", auth("RequestClientCert"), ALL_ACCEPTED)
row(AUTH, "RequestClientCert without client_ca_file", tls(client_auth_type="RequestClientCert"), ALL_ACCEPTED)
row(AUTH, "RequireAnyClientCert", auth("RequireAnyClientCert"), ANY_CERTIFICATE)
row(AUTH, "RequireAnyClientCert without client_ca_file", tls(client_auth_type="RequireAnyClientCert"), ANY_CERTIFICATE)
row(AUTH, "RequireClientCert, its old name", auth("RequireClientCert"), ANY_CERTIFICATE)
row(AUTH, "VerifyClientCertIfGiven", auth("VerifyClientCertIfGiven"), TRUSTED_OR_NO_CERTIFICATE)
row(AUTH, "RequireAndVerifyClientCert", auth("RequireAndVerifyClientCert"), TRUSTED_CERTIFICATE)
row(
    *(AUTH, "RequireAndVerifyClientCert, TLS 1.2", auth("RequireAndVerifyClientCert")),
    [(secure(version="TLS12", certificate=name), seen) for name, seen in ((None, CLOSED), ("client", OK), ("stranger", CLOSED))],
)
row(AUTH, "RequireAndVerifyClientCert, RSA", verifying(), [(secure(certificate="client-rsa"), OK)])
row(AUTH, "RequireAndVerifyClientCert, expired", verifying(), [(secure(certificate="client-expired"), CLOSED)])
row(AUTH, "RequireAnyClientCert, expired", auth("RequireAnyClientCert"), [(secure(certificate="client-expired"), OK)])
row(AUTH, "RequireAndVerifyClientCert, a server's certificate", verifying(), [(secure(certificate="client-for-servers"), CLOSED)])
for kind in ("RequireAndVerifyClientCert", "RequireAnyClientCert"):
    visitor = secure(certificate="client-without-extensions")
    row(
        *(AUTH, f"{kind}, a certificate of version 1", auth(kind), [(visitor, OK)]),
        exporter=Instead("rustls reads version 3 only", [(visitor, CLOSED)]),
    )
row(
    *(AUTH, "RequireAndVerifyClientCert, a certificate that is its own CA", verifying(client_ca_file="client-self-signed.crt")),
    [(secure(certificate="client-self-signed"), OK), (CLIENT, CLOSED)],
)
row(
    *(AUTH, "RequireAndVerifyClientCert, a leaf that is its own CA", verifying(client_ca_file="client-self-signed-leaf.crt")),
    [(secure(certificate="client-self-signed-leaf"), OK), (CLIENT, CLOSED)],
)
row(AUTH, "unknown", auth("RequireAndVerify"), REFUSED)
row(AUTH, "another case", auth("requireandverifyclientcert"), REFUSED)
row(AUTH, "without a certificate", {"tls_server_config": {"client_auth_type": "NoClientCert"}}, REFUSED, names=("cert_file",))

CA = "tls_server_config.client_ca_file"
row(CA, "the CA", verifying(), TRUSTED_CERTIFICATE)
row(CA, "several CAs", verifying(client_ca_file="both-cas.crt"), ANY_CERTIFICATE)
row(CA, "another CA", verifying(client_ca_file="other-ca.crt"), [(CLIENT, CLOSED), (OTHER_CLIENT, OK)])
row(CA, "no such file", verifying(client_ca_file="nowhere.crt"), REFUSED)
row(
    *(CA, "no certificate in it", verifying(client_ca_file="junk.pem"), ALL_REJECTED),
    exporter=Instead("no client could connect", REFUSED, "client_ca_file"),
)
row(CA, "without client_auth_type", tls(client_ca_file="ca.crt"), REFUSED)
row(CA, "with NoClientCert", auth("NoClientCert"), REFUSED)
row(
    *(CA, "not given with RequireAndVerifyClientCert: the machine's CAs", tls(**REQUIRED), ALL_REJECTED),
)
row(
    *(CA, "not given with VerifyClientCertIfGiven: the machine's CAs", tls(client_auth_type="VerifyClientCertIfGiven")),
    [(NO_CERTIFICATE, OK), (CLIENT, CLOSED), (OTHER_CLIENT, CLOSED)],
)
row("tls_server_config.client_ca", "the CA", tls(client_ca="<<ca.crt>>", **REQUIRED), TRUSTED_CERTIFICATE, newer=True)
row("tls_server_config.client_ca", "with NoClientCert", tls(client_ca="<<ca.crt>>"), REFUSED, newer=True)

SANS = "tls_server_config.client_allowed_sans"
for kind, san in (
    ("DNS", "prometheus.example"),
    ("IP", "192.0.2.7"),
    ("e-mail", "scraper@example.org"),
    ("URI", "spiffe://example/prometheus"),
):
    row(SANS, kind, verifying(client_allowed_sans=["other.example", san]), TRUSTED_CERTIFICATE, newer=True)
row(SANS, "no match", verifying(client_allowed_sans=["example"]), ALL_REJECTED, newer=True)
row(SANS, "another case", verifying(client_allowed_sans=["Prometheus.example"]), ALL_REJECTED, newer=True)
row(SANS, "the common name does not count", verifying(client_allowed_sans=["client"]), ALL_REJECTED, newer=True)
row(
    *(SANS, "an empty list", verifying(client_allowed_sans=[]), ALL_REJECTED),
    newer=True,
    exporter=Instead("nobody could come in, ever", REFUSED, "client_allowed_sans: is empty, which refuses every client"),
)
NEEDS_CERTIFICATES = "client_allowed_sans: needs client_auth_type RequireAndVerifyClientCert or RequireAnyClientCert"
row(
    *(SANS, "with NoClientCert", tls(client_allowed_sans=["prometheus.example"]), ALL_ACCEPTED),
    newer=True,
    exporter=Instead("a list of names without effect is a mistake", REFUSED, NEEDS_CERTIFICATES),
)
row(
    *(SANS, "with RequireAnyClientCert", tls(client_auth_type="RequireAnyClientCert", client_allowed_sans=["prometheus.example"])),
    ANY_CERTIFICATE,
    newer=True,
)
row(
    *(SANS, "with VerifyClientCertIfGiven", verifying(client_auth_type="VerifyClientCertIfGiven", client_allowed_sans=["prometheus.example"])),
    TRUSTED_CERTIFICATE,
    newer=True,
    exporter=Instead("the toolkit panics for clients without a certificate, which rejects them", REFUSED, NEEDS_CERTIFICATES),
)
row(SANS, "not a list", verifying(client_allowed_sans={"a": "b"}), REFUSED, newer=True)

# Versions, ciphers, curves -----------------------------------------------------------------------------------------

OLD_VERSIONS = "is a broken version of TLS: write TLS12 or TLS13"


def offers(**versions):
    """One request per version: whether it is accepted."""
    return [
        (secure(version=version), OK | {"version": f"TLSv1.{version[-1]}"} if served else CLOSED)
        for version, served in versions.items()
    ]


row("tls_server_config.min_version", "the default", tls(), offers(TLS10=False, TLS11=False, TLS12=True, TLS13=True))
row("tls_server_config.min_version", "TLS12", tls(min_version="TLS12"), offers(TLS11=False, TLS12=True, TLS13=True))
row("tls_server_config.min_version", "TLS13", tls(min_version="TLS13"), offers(TLS12=False, TLS13=True))
for old in ("TLS10", "TLS11"):
    row(
        *("tls_server_config.min_version", old, tls(min_version=old), offers(TLS11=True, TLS12=True, TLS13=True)),
        exporter=Instead("rustls has TLS 1.2 and 1.3 only", REFUSED, OLD_VERSIONS),
    )
row("tls_server_config.min_version", "another spelling", tls(min_version="TLS1.2"), REFUSED)
row("tls_server_config.min_version", "blank", tls(min_version=""), REFUSED)
row("tls_server_config.max_version", "TLS12", tls(max_version="TLS12"), offers(TLS12=True, TLS13=False))
row("tls_server_config.max_version", "TLS13", tls(max_version="TLS13"), offers(TLS12=True, TLS13=True))
row(
    *("tls_server_config.max_version", "TLS11", tls(min_version="TLS10", max_version="TLS11"), offers(TLS11=True, TLS12=False)),
    exporter=Instead("rustls has TLS 1.2 and 1.3 only", REFUSED, OLD_VERSIONS),
)
row(
    *("tls_server_config.max_version", "below min_version", tls(min_version="TLS13", max_version="TLS12")),
    offers(TLS12=False, TLS13=False),
    exporter=Instead("no client could connect", REFUSED, "max_version"),
)
row("tls_server_config.max_version", "unknown", tls(max_version="TLS14"), REFUSED)

SUITES = "tls_server_config.cipher_suites"
OLD_SUITES = "cipher_suites[0]: is a cipher suite (CBC, RC4 or RSA key exchange) that is not supported: remove it, or write "
# The certificate's algorithm, Go's name, OpenSSL's.
FOR_TLS12 = [
    ("server-rsa", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
    ("server-rsa", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"),
    ("server-rsa", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"),
    ("server", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
    ("server", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"),
    ("server", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
]


def suites(server, *names, **http_options):
    section = tls(cert_file=f"{server}.crt", key_file=f"{server}.key", cipher_suites=list(names))
    return section | {"http_server_config": http_options}


def offer(cipher):
    return secure(version="TLS12", ciphers=cipher)


for server, name, cipher in FOR_TLS12:
    others = [other for of_server, _, other in FOR_TLS12 if of_server == server and other != cipher]
    row(
        *(SUITES, name, suites(server, name, http2=False)),
        [(offer(cipher), OK | {"cipher": cipher}), *[(offer(other), CLOSED) for other in others], (secure(version="TLS13"), OK)],
    )
row(SUITES, "an empty list: the default", suites("server"), [(offer(cipher), OK | {"cipher": cipher}) for server, _, cipher in FOR_TLS12 if server == "server"])
row(
    *(SUITES, "none that HTTP/2 requires", suites("server-rsa", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", http2=True), REFUSED),
    names=("cipher_suites",),
)
row(
    *(SUITES, "the one that HTTP/2 requires", suites("server-rsa", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", http2=True)),
    [(secure(alpn=("h2", "http/1.1")), {"h2": True})],
)
row(
    *(SUITES, "one of TLS 1.3 among those of 1.2", suites("server", "TLS_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")),
    [(offer("ECDHE-ECDSA-AES128-GCM-SHA256"), OK), (offer("ECDHE-ECDSA-AES256-GCM-SHA384"), CLOSED), (secure(version="TLS13"), OK)],
)
row(
    *(SUITES, "those of TLS 1.3 alone", suites("server", "TLS_AES_256_GCM_SHA384", http2=False)),
    [(secure(version="TLS12"), CLOSED), (secure(version="TLS13"), OK)],
)
row(
    *(SUITES, "with CBC", suites("server-rsa", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", http2=False)),
    [(offer("ECDHE-RSA-AES128-SHA"), OK), (offer("ECDHE-RSA-AES128-GCM-SHA256"), CLOSED)],
    exporter=Instead("rustls has no CBC", REFUSED, OLD_SUITES),
)
row(
    *(SUITES, "without ECDHE", suites("server-rsa", "TLS_RSA_WITH_AES_128_GCM_SHA256", http2=False)),
    [(offer("AES128-GCM-SHA256"), OK), (offer("ECDHE-RSA-AES128-GCM-SHA256"), CLOSED)],
    # Go also removed them from its list of secure suites, after 1.19.
    exporter=Instead("rustls has ECDHE only", REFUSED, OLD_SUITES),
)
row(SUITES, "insecure to Go", suites("server-rsa", "TLS_RSA_WITH_RC4_128_SHA"), REFUSED)
row(SUITES, "unknown", suites("server", "TLS_ECDHE_ECDSA_WITH_2048"), REFUSED)
row(SUITES, "as OpenSSL names it", suites("server", "ECDHE-ECDSA-AES128-GCM-SHA256"), REFUSED)
row(SUITES, "not a list", tls(cipher_suites={"a": "b"}), REFUSED)

CURVES = "tls_server_config.curve_preferences"
P256, P384, P521, X25519 = "prime256v1", "secp384r1", "secp521r1", "X25519"


def curves(*names):
    # With TLS 1.2, the curves that a client offers also limit those of an EC certificate, so this one is RSA.
    return tls(cert_file="server-rsa.crt", key_file="server-rsa.key", curve_preferences=list(names))


def of_curves(**served):
    """One request per curve and version: whether it is accepted."""
    names = {"p256": P256, "p384": P384, "x25519": X25519}
    return [
        (secure(version=version, ciphers=ciphers, curve=names[curve]), OK if good else CLOSED)
        for curve, good in served.items()
        for version, ciphers in (("TLS12", "ECDHE"), ("TLS13", None))
    ]


row(CURVES, "the default", tls(cert_file="server-rsa.crt", key_file="server-rsa.key"), of_curves(p256=True, p384=True, x25519=True))
row(CURVES, "an empty list: the default", curves(), of_curves(p256=True, p384=True, x25519=True))
row(CURVES, "CurveP256", curves("CurveP256"), of_curves(p256=True, p384=False, x25519=False))
row(CURVES, "CurveP384", curves("CurveP384"), of_curves(p256=False, p384=True, x25519=False))
row(CURVES, "X25519", curves("X25519"), of_curves(p256=False, p384=False, x25519=True))
row(CURVES, "two", curves("X25519", "CurveP384"), of_curves(p256=False, p384=True, x25519=True))
row(
    *(CURVES, "CurveP521", curves("CurveP521"), [(secure(curve=P521), OK), (secure(curve=P256), CLOSED)]),
    exporter=Instead("ring has no P-521", REFUSED, "curve_preferences[0]: is a curve that is not supported: remove it, or write "),
)
row(CURVES, "unknown", curves("CurveP224"), REFUSED)
row(CURVES, "as OpenSSL names it", curves("prime256v1"), REFUSED)

row("tls_server_config.prefer_server_cipher_suites", "true", tls(prefer_server_cipher_suites=True), ACCEPTED)
row("tls_server_config.prefer_server_cipher_suites", "false", tls(prefer_server_cipher_suites=False), ACCEPTED)
row("tls_server_config.prefer_server_cipher_suites", "not a boolean", tls(prefer_server_cipher_suites="maybe"), REFUSED)

# HTTP --------------------------------------------------------------------------------------------------------------

BOTH = ("h2", "http/1.1")
H2, NOT_H2 = {"h2": True}, OK | {"h2": False}
row(
    *("http_server_config.http2", "the default", tls()),
    [(secure(alpn=BOTH), H2), (secure(alpn=("http/1.1",)), NOT_H2), (secure(), NOT_H2)],
)
row("http_server_config.http2", "true", tls() | http(http2=True), [(secure(alpn=BOTH), H2), (secure(alpn=("h2",)), H2)])
row("http_server_config.http2", "false", tls() | http(http2=False), [(secure(alpn=BOTH), NOT_H2)])
row("http_server_config.http2", "without TLS", http(http2=True), ACCEPTED_PLAIN)
row("http_server_config.http2", "not a boolean", http(http2="2"), REFUSED)
# The toolkit reads YAML 1.1, which has more spellings of booleans.
row(
    *("http_server_config.http2", "off, in YAML 1.1", "http_server_config: {http2: off}\n", ACCEPTED_PLAIN),
    exporter=Instead("the exporter reads YAML 1.2", REFUSED, "http2: must be true or false"),
)

HEADERS = "http_server_config.headers"


def header(name, value):
    return http(headers={name: value})


for name, value in (
    ("Content-Security-Policy", "default-src 'self'; script-src 'none'"),
    ("X-Frame-Options", "deny"),
    ("X-Frame-Options", "sameorigin"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-XSS-Protection", "1; mode=block"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
):
    row(
        *(HEADERS, f"{name}: {value}", header(name, value)),
        [(plain(path=path), {"status": status, name: value}) for path, status in (("/-/healthy", 200), ("/-/nothing", 404))],
    )
for name, value in (
    ("X-Frame-Options", "DENY"),
    ("X-Frame-Options", "allow-from https://example.org"),
    ("X-Content-Type-Options", "sniff"),
    ("x-frame-options", "deny"),
    ("Server", "nginx"),
):
    row(HEADERS, f"{name}: {value!r}", header(name, value), REFUSED, names=(name,))
# The toolkit's documentation says about each of them: unset if blank.
UNSET = "the exporter does what the documentation says"
for name in ("X-Frame-Options", "X-Content-Type-Options"):
    row(HEADERS, f"{name}: blank", header(name, ""), REFUSED, exporter=Instead(UNSET, [(plain(), OK | {name: None})]))
for name in ("Content-Security-Policy", "X-XSS-Protection", "Strict-Transport-Security"):
    web, seen, instead = header(name, ""), [(plain(), OK | {name: ""})], [(plain(), OK | {name: None})]
    row(HEADERS, f"{name}: blank", web, seen, exporter=Instead(UNSET, instead))
row(HEADERS, "a number", header("X-XSS-Protection", 0), [(plain(), OK | {"X-XSS-Protection": "0"})])
row(
    *(HEADERS, "several, with TLS", tls() | http(headers={"X-Frame-Options": "deny", "X-XSS-Protection": "0"})),
    [(secure(), OK | {"X-Frame-Options": "deny", "X-XSS-Protection": "0"})],
)
row(
    *(HEADERS, "to those without a password too", header("X-Frame-Options", "deny") | users(alice=HASH)),
    [(plain(), DENIED | {"X-Frame-Options": "deny"}), (plain(login=ALICE), OK | {"X-Frame-Options": "deny"})],
)

# Users -------------------------------------------------------------------------------------------------------------

USERS = "basic_auth_users"
ALICES = [
    (plain(), DENIED),
    (plain(login=ALICE), OK),
    (plain(login=("alice", "the wrong one")), DENIED),
    (plain(login=("alice", "")), DENIED),
    (plain(login=("bob", "the right one")), DENIED),
    (plain(login=("Alice", "the right one")), DENIED),
    (plain(login=("", "")), DENIED),
]
row(USERS, "one user", users(alice=HASH), ALICES)
row(USERS, "with TLS", tls() | users(alice=HASH), [(secure(), DENIED), (secure(login=ALICE), OK)])
row(
    *(USERS, "two users", users(alice=HASH, bob=ANOTHER_HASH)),
    [
        (plain(login=ALICE), OK),
        (plain(login=("bob", "another one")), OK),
        (plain(login=("bob", "the right one")), DENIED),
        (plain(login=("alice", "another one")), DENIED),
    ],
)
row(USERS, "every page", users(alice=HASH), [(plain(path=path), DENIED) for path in ("/", "/metrics", "/-/ready", "/-/nothing")])
row(USERS, "every method", users(alice=HASH), [(plain(method=method, path="/-/reload"), DENIED) for method in ("POST", "PUT", "DELETE")])
for kind in "aby":
    row(USERS, f"a hash of kind 2{kind}", users(alice=HASH.replace("2a", f"2{kind}", 1)), [(plain(login=ALICE), OK), (plain(), DENIED)])
row(USERS, "a hash of cost 8", users(alice=HASH_OF_COST_8), [(plain(login=ALICE), OK), (plain(), DENIED)])
row(USERS, "a password with a colon", users(alice=COLON_HASH), [(plain(login=("alice", "a:b")), OK), (plain(login=("alice", "a")), DENIED)])
row(USERS, "a password beyond ASCII", users(alice=CYRILLIC_HASH), [(plain(login=("alice", "пароль")), OK)])
row(USERS, "an empty password", users(alice=EMPTY_HASH), [(plain(login=("alice", "")), OK), (plain(login=("alice", "a")), DENIED), (plain(), DENIED)])
row(USERS, "an empty name", {"basic_auth_users": {"": HASH}}, [(plain(login=("", "the right one")), OK), (plain(), DENIED)])
row(
    *(USERS, "a password longer than bcrypt looks at", users(alice=LONG_HASH)),
    [(plain(login=("alice", LONG)), OK), (plain(login=("alice", LONG + "!")), OK), (plain(login=("alice", LONG[:-1])), DENIED)],
)
# alice:the right one
ENCODED = "YWxpY2U6dGhlIHJpZ2h0IG9uZQ=="
row(
    *(USERS, "how the credentials are written", users(alice=HASH)),
    [
        (plain(login=f"Basic {ENCODED}"), OK),
        (plain(login=f"basic {ENCODED}"), OK),
        (plain(login=f"BASIC {ENCODED}"), OK),
        (plain(login=f"Bearer {ENCODED}"), DENIED),
        (plain(login=f"Basic  {ENCODED}"), DENIED),
        (plain(login="Basic alice"), DENIED),
        (plain(login=f"Basic {ENCODED.rstrip('=')}"), DENIED),
        (plain(login="Basic"), DENIED),
        # alice, without a colon
        (plain(login="Basic YWxpY2U="), DENIED),
    ],
)
for case, bad in (
    ("not a hash", "the right one"),
    ("blank", ""),
    ("too short", HASH[:40]),
    ("MD5", "$apr1$Zp5rJEmJ$l5t4tDRtxvYNZkbBBVXaP/"),
    ("a cost below 4", HASH.replace("$04$", "$03$")),
    ("a cost above 31", HASH.replace("$04$", "$32$")),
):
    row(USERS, f"bad hash: {case}", users(alice=HASH, bob=bad), REFUSED, names=("bob",))
row(USERS, "not a mapping", {"basic_auth_users": ["alice"]}, REFUSED)

# Rate --------------------------------------------------------------------------------------------------------------

RATE = "rate_limit"
TOO_MANY = {"status": 429, "X-Content-Type-Options": "nosniff", "body": "Too Many Requests\n"}


def rate(interval, burst, **more):
    return {"rate_limit": {"interval": interval, "burst": burst}} | more


row(RATE, "one an hour, two at once", rate("1h", 2), [(plain(), OK), (plain(), OK), (plain(), TOO_MANY), (plain(), TOO_MANY)], newer=True)
for case, web in (("none at once", rate("1h", 0)), ("without a burst", {"rate_limit": {"interval": "1h"}})):
    row(
        *(RATE, f"one an hour, {case}", web, [(plain(), TOO_MANY)]),
        newer=True,
        exporter=Instead("no client could connect", REFUSED, "burst"),
    )
row(RATE, "interval 0: off", rate("0", 1), [(plain(), OK)] * 4, newer=True)
row(RATE, "interval 0s: off", rate("0s", 1), [(plain(), OK)] * 4, newer=True)
row(RATE, "a burst without an interval: off", {"rate_limit": {"burst": 1}}, [(plain(), OK)] * 4, newer=True)
row(RATE, "one a nanosecond", rate("1ns", 1), [(plain(), OK)] * 4, newer=True)
row(RATE, "an interval of two units", rate("1h30m", 1), [(plain(), OK), (plain(), TOO_MANY)], newer=True)
row(RATE, "a fraction", rate("1.5h", 1), [(plain(), OK), (plain(), TOO_MANY)], newer=True)
row(RATE, "an interval without a unit", rate("1", 1), REFUSED, newer=True, names=("interval",))
row(RATE, "an interval in days", rate("1d", 1), REFUSED, newer=True, names=("interval",))
row(RATE, "not an interval", rate("soon", 1), REFUSED, newer=True, names=("interval",))
row(RATE, "not a number", rate("1s", "many"), REFUSED, newer=True, names=("burst",))
row(RATE, "unknown key", {"rate_limit": {"interval": "1s", "limit": 1}}, REFUSED, newer=True, names=("limit",))
row(
    *(RATE, "before users and headers", rate("1h", 1, **users(alice=HASH), **header("X-Frame-Options", "deny"))),
    [(plain(), DENIED | {"X-Frame-Options": "deny"}), (plain(login=ALICE), TOO_MANY | {"X-Frame-Options": None})],
    newer=True,
    exporter=Instead(
        "every answer has the headers",
        [(plain(login=login), seen | {"X-Frame-Options": "deny"}) for login, seen in ((None, DENIED), (ALICE, TOO_MANY))],
    ),
)
