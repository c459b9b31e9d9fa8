"""A time-stamp query is answered with a signed token, or with the reason why not (RFC 3161).

Pure but for the serial number, which is drawn at random: two tokens never share one.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from typing import ClassVar

from asn1crypto import algos, cms, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from bidding.timestamp_server.authority import Authority

# A policy under the arc that is set aside for examples (ITU-T X.660): these stamps bind nobody.
POLICY = "2.999.3161.1"
DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
SERIAL_BITS = 128


class Refusal(Exception):
    """Why a query gets no token: the failure's name in RFC 3161, 2.4.2, and a sentence."""

    def __init__(self, failure: str, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure
        self.reason = reason


class Reply(tsp.TimeStampResp):  # type: ignore[misc]  # the library is untyped
    """A refusal has no token, which the library's own class does not allow for."""

    _fields: ClassVar = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


def answer_query(query: bytes, authority: Authority, now: datetime) -> bytes:
    """The DER of the TimeStampResp to the DER of a TimeStampReq."""
    try:
        asked = read_query(query)
    except Refusal as refusal:
        return _refuse(refusal)
    token = make_token(asked, authority, now)
    reply = Reply({"status": {"status": "granted"}, "time_stamp_token": token})
    return bytes(reply.dump())


def read_query(query: bytes) -> tsp.TimeStampReq:
    """The query, once it asks for nothing this server cannot give; Refusal otherwise."""
    try:
        asked = tsp.TimeStampReq.load(query, strict=True)
        told = asked.native  # decodes every part
    except (ValueError, TypeError):
        raise Refusal("bad_data_format", "not a time-stamp query") from None
    digest = told["message_imprint"]["hash_algorithm"]["algorithm"]
    if told["version"] != "v1":
        raise Refusal("bad_request", "version 1 is spoken here")
    if digest not in DIGEST_BYTES:
        raise Refusal("bad_alg", "SHA-256, SHA-384 or SHA-512")
    if len(told["message_imprint"]["hashed_message"]) != DIGEST_BYTES[digest]:
        raise Refusal("bad_data_format", "the digest has not the length of its algorithm")
    if told["req_policy"] not in (None, POLICY):
        raise Refusal("unaccepted_policy", f"the policy here is {POLICY}")
    if told["extensions"]:
        raise Refusal("unaccepted_extensions", "no extension is known here")
    return asked


def _refuse(refusal: Refusal) -> bytes:
    status = {
        "status": "rejection",
        "status_string": [refusal.reason],
        "fail_info": {refusal.failure},
    }
    return bytes(Reply({"status": status}).dump())


def make_token(asked: tsp.TimeStampReq, authority: Authority, now: datetime) -> cms.ContentInfo:
    """Signed: that the digest was there at `now`, to the second below."""
    info = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": asked["message_imprint"],
            "serial_number": secrets.randbits(SERIAL_BITS),
            "gen_time": now.replace(microsecond=0),
            "accuracy": {"seconds": 1},
            "nonce": asked["nonce"].native,
        }
    )
    content = info.dump()
    certificate = x509.Certificate.load(authority.certificate.public_bytes(Encoding.DER))
    signed = {
        "version": "v3",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": {
            "content_type": "tst_info",
            "content": cms.ParsableOctetString(content),
        },
        "signer_infos": [_sign(content, certificate, authority.key)],
    }
    if asked["cert_req"].native:
        signed["certificates"] = [certificate]
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})


def _sign(
    content: bytes, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> cms.SignerInfo:
    """The signature covers the content's digest and names the certificate it was made with."""
    named = tsp.SigningCertificateV2(
        {"certs": [{"cert_hash": sha256(certificate.dump()).digest()}]}
    )
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [sha256(content).digest()]},
            {"type": "signing_certificate_v2", "values": [named]},
        ]
    )
    issuer = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    return cms.SignerInfo(
        {
            "version": "v1",
            "sid": {"issuer_and_serial_number": issuer},
            "digest_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
        }
    )
