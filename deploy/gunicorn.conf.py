"""gunicorn in a container: sync workers with persistent database connections were the fastest on database pages."""

import os

bind = "0.0.0.0:8000"
workers = int(os.environ.get("WEB_WORKERS") or 2 * (os.cpu_count() or 1) + 1)
worker_class = "sync"
preload_app = True
timeout = 30
graceful_timeout = 30
max_requests = 2000
max_requests_jitter = 200
limit_request_line = 4094
limit_request_field_size = 8190
accesslog = "-"
# The route and the outcome, no query string: it may hold what somebody searched for.
access_log_format = '%({x-forwarded-for}i)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'
forwarded_allow_ips = "*"  # only the reverse proxy reaches this port
control_socket_disable = True
