#!/usr/bin/env python3
"""Makes a certificate authority and the server certificates that TLS tests present.

    python3 make_certificates.py DIR

Writes ca.pem and, for each of good, expired, othername and stranger (whose issuer is another authority), NAME.pem and
NAME.key. Fresh on every run, good for a day, and worth nothing.
"""
import datetime
import ipaddress
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.timezone.utc)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject, key, issuer, issuer_key, begins, ends, is_authority=False, address="127.0.0.1"):
    builder = (
        x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True))
    if not is_authority:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    authority, other_authority = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(
        certificate("test authority", authority, "test authority", authority, NOW - DAY, NOW + DAY, True).public_bytes(pem))
    rows = {
        "good": ("test authority", authority, NOW - DAY, NOW + DAY, "127.0.0.1"),
        "expired": ("test authority", authority, NOW - 3 * DAY, NOW - DAY, "127.0.0.1"),
        "othername": ("test authority", authority, NOW - DAY, NOW + DAY, "192.0.2.1"),
        "stranger": ("another authority", other_authority, NOW - DAY, NOW + DAY, "127.0.0.1"),
    }
    for row, (issuer, issuer_key, begins, ends, address) in rows.items():
        key = ec.generate_private_key(ec.SECP256R1())
        (folder / f"{row}.key").write_bytes(key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        (folder / f"{row}.pem").write_bytes(
            certificate(row, key, issuer, issuer_key, begins, ends, address=address).public_bytes(pem))


main()
