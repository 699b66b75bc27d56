"""RS256 tokens without a library: a key made for one run, good for nothing but a check."""

import base64
import hashlib
import json
import random
import secrets
import time

# RFC 8017 §9.2, note 1: the DigestInfo of SHA-256.
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_SMALL_PRIMES = [n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _is_prime(number):
    if any(number % prime == 0 for prime in _SMALL_PRIMES):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    # Random candidates of this size: a few rounds leave no doubt worth having.
    for _ in range(8):
        power = pow(random.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = pow(power, 2, number)
            if power == number - 1:
                break
        else:
            return False
    return True


def _prime(bits):
    while True:
        candidate = secrets.randbits(bits) | (0b11 << (bits - 2)) | 1
        if candidate % 65_537 != 1 and _is_prime(candidate):
            return candidate


class SigningKey:
    """An RSA key of 2,048 bits."""

    def __init__(self, identifier="check-1"):
        self.identifier = identifier
        self.p, self.q = _prime(1024), _prime(1024)
        self.modulus = self.p * self.q
        private = pow(65_537, -1, (self.p - 1) * (self.q - 1))
        self.at_p, self.at_q = private % (self.p - 1), private % (self.q - 1)
        self.inverse = pow(self.q, -1, self.p)

    @property
    def key_set(self):
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.identifier,
               "n": base64url(self.modulus.to_bytes(256, "big")), "e": "AQAB"}
        return json.dumps({"keys": [key]})

    def sign(self, text):
        digest = _DIGEST_INFO + hashlib.sha256(text).digest()
        padded = int.from_bytes(b"\x00\x01" + b"\xff" * (256 - 3 - len(digest)) + b"\x00" + digest, "big")
        from_p, from_q = pow(padded, self.at_p, self.p), pow(padded, self.at_q, self.q)
        return (from_q + self.q * ((from_p - from_q) * self.inverse % self.p)).to_bytes(256, "big")

    def token(self, issuer, audience, seconds=3600, scope="read write", **claims):
        now = int(time.time())
        header = {"alg": "RS256", "typ": "at+jwt", "kid": self.identifier}
        payload = {"iss": issuer, "aud": audience, "sub": "check", "client_id": "check", "scope": scope,
                   "iat": now, "exp": now + seconds, "jti": secrets.token_hex(8), **claims}
        signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, payload))
        return f"{signed}.{base64url(self.sign(signed.encode()))}"
