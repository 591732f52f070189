"""The personal numbers of a line: sealed while the batch waits just as the person who is stored will hold them."""

import os

import orjson

from casework.sealing import lookup_hash, seal, unseal

FIELDS = {"phone": "phone", "id_number": "id"}


def sealed(secret, phone_hash=""):
    """The person's columns as JSON, sealed for the row the person will have; nothing without a number.

    Storing copies them by SQL; no number is opened again on the way from the workbook to the register. `phone_hash` is
    the look-up hash of the phone where the caller knows it already.
    """
    if not secret:
        return ""
    uid = fresh_uid()
    found = {"uid": uid}
    for key, text in secret.items():
        field = FIELDS[key]
        found[f"{field}_sealed"] = seal(text, row_uid=uid, field=field)
        known = phone_hash if key == "phone" else ""
        found[f"{field}_hash"] = known or lookup_hash(text, field)
    return orjson.dumps(found).decode()


def fresh_uid():
    """A random UUID (version 4) as text; the standard library takes four times as long."""
    sign = os.urandom(16).hex()
    return f"{sign[:8]}-{sign[8:12]}-4{sign[13:16]}-a{sign[17:20]}-{sign[20:]}"


def opened(line):
    """{"phone", "id_number"} in clear of one line."""
    found = orjson.loads(line.sealed or "{}")
    return {
        key: unseal(found[f"{field}_sealed"], row_uid=found["uid"], field=field)
        for key, field in FIELDS.items()
        if f"{field}_sealed" in found
    }
