"""Connections to the cache: a server that does not answer is left alone for some seconds."""

import time

import redis

REST_SECONDS = 5


class RestingPool(redis.ConnectionPool):
    """Refuses at once for some seconds after a connection could not be made.

    A server that stands still takes a second of every call. Whoever counts in the cache goes on without it; with the
    rest one request in five seconds waits, not each.
    """

    rests_until = 0.0

    def get_connection(self, *args, **kwargs):
        if time.monotonic() < self.rests_until:
            raise redis.ConnectionError("The cache did not answer a moment ago.")
        try:
            return super().get_connection(*args, **kwargs)
        except (redis.ConnectionError, redis.TimeoutError):
            self.rests_until = time.monotonic() + REST_SECONDS
            raise
