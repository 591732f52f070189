"""Argon2 with a memory cost that a few simultaneous sign-ins can afford (46 MiB, the OWASP figure)."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class PortalArgon2Hasher(Argon2PasswordHasher):
    time_cost = 2
    memory_cost = 47104
    parallelism = 1
