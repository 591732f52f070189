"""How often one address may guess: counted in the cache, and not at all while the cache is away."""

import ipaddress

from django.core.cache import cache
from redis.exceptions import RedisError

from accounts.addresses import client_address


class Misses:
    """Counts wrong guesses of one kind per client address: `limit` of them within `seconds`."""

    def __init__(self, name, *, limit, seconds):
        self.name, self.limit, self.seconds = name, limit, seconds

    def key(self, request):
        return f"misses:{self.name}:{neighbourhood(client_address(request))}"

    def exceeded(self, request):
        try:
            return (cache.get(self.key(request)) or 0) >= self.limit
        except RedisError:
            return False

    def add(self, request):
        try:
            if not cache.add(self.key(request), 1, self.seconds):
                cache.incr(self.key(request))
        except (RedisError, ValueError):  # away, or run out between the two calls: this one is not counted
            return


def neighbourhood(address):
    """The address; of the newer kind its network, since one household has billions of those."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)
