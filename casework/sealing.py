"""Personal numbers at rest: encrypted text bound to its row, a keyed hash for exact look-up, and masks for every page.

A sealed text is "algorithm:key id:base64(nonce + ciphertext + tag)". The row's `uid` and the field's name are
authenticated with it, so a sealed text copied to another row or field does not open. Keys stand in FIELD_KEYS, newest
first: the first seals, all open.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
import unicodedata
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES = 12
TAG_BYTES = 16
# Algorithm and key id at the front of a sealed file are shorter than this.
HEAD_BYTES = 200


class SealError(ValueError):
    """A text that does not open: unknown key or algorithm, damaged, or bound to another row."""


class Sm4Gcm:
    """SM4 in GCM (GB/T 32907) behind the two calls of AESGCM."""

    def __init__(self, key):
        self.algorithm = algorithms.SM4(key)

    def encrypt(self, nonce, data, associated):
        work = Cipher(self.algorithm, modes.GCM(nonce)).encryptor()
        work.authenticate_additional_data(associated)
        return work.update(data) + work.finalize() + work.tag

    def decrypt(self, nonce, data, associated):
        work = Cipher(self.algorithm, modes.GCM(nonce, bytes(data[-TAG_BYTES:]))).decryptor()
        work.authenticate_additional_data(associated)
        return work.update(data[:-TAG_BYTES]) + work.finalize()


CIPHERS = {"aes-gcm": (AESGCM, 32), "sm4-gcm": (Sm4Gcm, 16)}


@lru_cache(maxsize=32)
def cipher_of(algorithm, secret):
    """The cipher of one key; each algorithm gets a key of its own derived from the secret."""
    make, length = CIPHERS[algorithm]
    derive = HKDF(SHA256(), length, salt=None, info=b"field:" + algorithm.encode())
    return make(derive.derive(base64.b64decode(secret)))


@lru_cache(maxsize=8)
def key_table(lines):
    """{key id: secret} of the FIELD_KEYS lines, in their order."""
    return dict(line.split(":", 1) for line in lines)


@lru_cache(maxsize=8)
def newest_of(lines, algorithm):
    key_id, secret = next(iter(key_table(lines).items()))
    return algorithm, key_id, cipher_of(algorithm, secret)


@lru_cache(maxsize=32)
def known_cipher(lines, algorithm, key_id):
    secret = key_table(lines).get(key_id)
    if secret is None or algorithm not in CIPHERS:
        raise SealError(f"No key {key_id!r} for {algorithm!r} among FIELD_KEYS.")
    return cipher_of(algorithm, secret)


def newest():
    """(algorithm, key id, cipher) that new texts are sealed with."""
    return newest_of(tuple(settings.FIELD_KEYS), settings.FIELD_CIPHER)


def seal_bytes(data, *, row_uid, field):
    """(algorithm, key id, nonce + ciphertext) of the bytes, bound to the row and the field."""
    algorithm, key_id, cipher = newest()
    nonce = os.urandom(NONCE_BYTES)
    return algorithm, key_id, nonce + cipher.encrypt(nonce, data, f"{row_uid}|{field}".encode())


def unseal_bytes(algorithm, key_id, body, *, row_uid, field):
    """The bytes in clear. Raises SealError when they do not open with that key for that row and field."""
    cipher = known_cipher(tuple(settings.FIELD_KEYS), algorithm, key_id)
    try:
        return cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], f"{row_uid}|{field}".encode())
    except (InvalidTag, ValueError) as error:
        raise SealError("The sealed text is damaged or belongs to another row.") from error


def seal_file(data, *, row_uid, field):
    """The bytes encrypted with the newest key as one piece of bytes that names it."""
    algorithm, key_id, body = seal_bytes(data, row_uid=row_uid, field=field)
    return f"{algorithm}:{key_id}:".encode() + body


def unseal_file(content, *, row_uid, field):
    """The bytes in clear of what `seal_file` gave; copies no more than it must, for such files are large."""
    algorithm, key_id = bytes(content[:HEAD_BYTES]).split(b":", 2)[:2]
    body = memoryview(content)[len(algorithm) + len(key_id) + 2 :]
    return unseal_bytes(algorithm.decode(), key_id.decode(), body, row_uid=row_uid, field=field)


def seal(text, *, row_uid, field):
    """The text encrypted with the newest key; an empty text stays empty."""
    if not text:
        return ""
    algorithm, key_id, body = seal_bytes(text.encode(), row_uid=row_uid, field=field)
    return f"{algorithm}:{key_id}:{base64.b64encode(body).decode()}"


def unseal(sealed, *, row_uid, field):
    """The text in clear; raises SealError when it does not open."""
    if not sealed:
        return ""
    algorithm, key_id, body = parts_of(sealed)
    return unseal_bytes(algorithm, key_id, binascii.a2b_base64(body), row_uid=row_uid, field=field).decode()


def is_newest(sealed):
    """Whether the text is sealed with today's algorithm and key (an empty one needs nothing)."""
    return not sealed or tuple(parts_of(sealed)[:2]) == newest()[:2]


def head():
    """How everything begins that is sealed with today's algorithm and key."""
    algorithm, key_id, _cipher = newest()
    return f"{algorithm}:{key_id}:"


def parts_of(sealed):
    parts = sealed.split(":", 2)
    if len(parts) != 3:
        raise SealError("Not a sealed text.")
    return parts


def lookup_hash(text, field):
    """HMAC-SHA-256 of the normalised number in hex, for exact look-up only; empty for an empty text."""
    plain = normalised(text)
    if not plain:
        return ""
    work = keyed(settings.LOOKUP_KEY, field).copy()
    work.update(plain.encode())
    return work.hexdigest()


@lru_cache(maxsize=8)
def keyed(secret, field):
    """The HMAC of a field's look-ups up to the number itself: imports compute a hundred thousand of them."""
    return hmac.new(secret.encode(), f"{field}|".encode(), hashlib.sha256)


def normalised(text):
    """Digits and letters only, narrow and upper-case, without the country's +86 before a mobile number."""
    if text.isascii() and text.isdecimal() and len(text) == 11:
        return text
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(sign for sign in plain if sign.isalnum()).upper()
    return re.sub(r"^(?:00)?86(?=1[3-9]\d{9}$)", "", plain)


def mask_phone(text):
    """138****5678; of a landline the area code and the last four, of anything shorter nothing."""
    if "-" in text:
        area, _, rest = text.partition("-")
        return f"{area}-{mask_phone(rest)}"
    if len(text) < 7:
        return "*" * len(text)
    return f"{text[:3] if len(text) >= 11 else ''}****{text[-4:]}"


def mask_id(text):
    """310***********1234 for 18 characters, 310********1234 for 15; of anything shorter nothing."""
    return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}" if len(text) >= 15 else "*" * len(text)


def mask_name(text):
    """王* — the family name's first character, however long the name is."""
    return f"{text[0]}*" if text else ""
