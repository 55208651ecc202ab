"""With a certificate the front speaks TLS and nothing else, and one process can be served alone."""

from __future__ import annotations

import http.client
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from service.clock import utc_now
from service.settings import Settings
from service.walk.demo import free_ports, serving
from tests.service.processes.serving import children, is_up


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that it has signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    return paths


def test_the_front_alone_speaks_tls(tmp_path: Path) -> None:
    data = tmp_path / "data"
    free_ports(data)
    cert, key = certificate(tmp_path)
    told = ("--init", "--demo", "--only", "front", "--tls-cert", str(cert), "--tls-key", str(key))
    with serving(data, *told) as process:
        assert len(children(process.pid)) == 1
        port = Settings.load(data).front_port
        trusted = ssl.create_default_context(cafile=str(cert))
        connection = http.client.HTTPSConnection("localhost", port, context=trusted, timeout=10)
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("server"), answer.getheader("date")) == (200, None, None)
        answer.read()
        connection.close()
        assert not is_up(data, "front")
        with pytest.raises(ConnectionRefusedError):
            http.client.HTTPConnection("127.0.0.1", Settings.load(data).back_port, timeout=10).connect()
