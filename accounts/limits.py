"""How often one may guess: counted in the cache, and not at all while the cache is away."""

import hashlib
import ipaddress

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from accounts.addresses import client_address


class Misses:
    """Counts wrong guesses of one kind, `limit` in `seconds`: per client address, or per what is guessed at."""

    def __init__(self, name, *, limit, seconds):
        self.name, self.limit, self.seconds = name, limit, seconds

    def key(self, whose):
        told = digest(whose) if isinstance(whose, str) else neighbourhood(client_address(whose))
        return f"misses:{self.name}:{told}"

    def exceeded(self, whose):
        try:
            return (cache.get(self.key(whose)) or 0) >= self.limit
        except RedisError:
            return False

    def add(self, whose):
        try:
            if not cache.add(self.key(whose), 1, self.seconds):
                cache.incr(self.key(whose))
        except (RedisError, ValueError):  # away, or run out between the two calls: this one is not counted
            return

    def forget(self, whose):
        try:
            cache.delete(self.key(whose))
        except RedisError:
            return


def digest(text):
    """What somebody typed, as a key may carry it: of any length and sign, capital or not."""
    return hashlib.sha256(text.casefold().encode(errors="replace")).hexdigest()


def neighbourhood(address):
    """The address; of the newer kind its network, since one household has billions of those."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


# Beside the lock of one name at one address: many names tried from one address, one name tried from many.
LOCKED = settings.AXES_COOLOFF_TIME.total_seconds()
PASSWORDS_AT = Misses("passwords-at", limit=settings.AXES_FAILURE_LIMIT * 10, seconds=LOCKED)
PASSWORDS_OF = Misses("passwords-of", limit=settings.AXES_FAILURE_LIMIT * 10, seconds=LOCKED)
