"""The server's own root and time-stamping certificate, made once and kept in a folder."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOT_FILE = "root.pem"
CERTIFICATE_FILE = "tsa.pem"
KEY_FILE = "tsa-key.pem"

# A demonstration tells a past that began before its certificates were made.
VALID_BEFORE = timedelta(days=5 * 365)
VALID_AFTER = timedelta(days=25 * 365)


@dataclass(frozen=True, slots=True)
class Authority:
    """Who stamps: its root, its certificate for stamping, and that one's key."""

    root: x509.Certificate
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make_authority(now: datetime, name: str = "Luochui demonstration time stamps") -> Authority:
    """A new root, and under it a certificate that is good for stamping times and nothing else.

    The root's key is forgotten at once: there will never be a second certificate under it.
    """
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = _name_of(f"{name}: root")
    root = (
        _begin(root_name, root_name, root_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    certificate = (
        _begin(_name_of(name), root_name, key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(stamping, critical=True)  # alone and critical: RFC 3161, 2.3
        .add_extension(above, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    return Authority(root, certificate, key)


def _name_of(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID_BEFORE)
        .not_valid_after(now + VALID_AFTER)
        .add_extension(own, critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def open_authority(folder: Path, now: datetime) -> Authority:
    """The authority kept in `folder`, made there first if the folder is not there yet.

    It appears whole or not at all; of two processes that make one, both use the first.
    """
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            _save(make_authority(now), fresh)
            with suppress(OSError):  # somebody else's stands there by now
                fresh.rename(folder)
        finally:
            rmtree(fresh, ignore_errors=True)
    return _load(folder)


def _save(authority: Authority, folder: Path) -> None:
    (folder / ROOT_FILE).write_bytes(authority.root.public_bytes(Encoding.PEM))
    (folder / CERTIFICATE_FILE).write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    secret = authority.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor = os.open(folder / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)


def _load(folder: Path) -> Authority:
    key = load_pem_private_key((folder / KEY_FILE).read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{folder / KEY_FILE} holds no key of this server")
    return Authority(
        root=x509.load_pem_x509_certificate((folder / ROOT_FILE).read_bytes()),
        certificate=x509.load_pem_x509_certificate((folder / CERTIFICATE_FILE).read_bytes()),
        key=key,
    )
