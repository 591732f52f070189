"""Where a request came from: what sign-in locks, limits and the trail go by."""

import ipaddress

from django.conf import settings


def client_address(request):
    """The client's address; behind proxies the one the outermost of our own (settings.PROXY_COUNT) saw."""
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if 0 < settings.PROXY_COUNT <= len(hops):
        try:
            return str(ipaddress.ip_address(hops[-settings.PROXY_COUNT].strip()))
        except ValueError:
            pass
    return request.META.get("REMOTE_ADDR", "")
