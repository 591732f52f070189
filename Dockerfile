# One image for web, worker, beat and the migration job. For production, pin the base image by its digest:
#   docker build --build-arg BASE=python:3.11-slim-bookworm@sha256:… .
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS packages
COPY requirements.txt /tmp/
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes \
        -r /tmp/requirements.txt && /venv/bin/pip uninstall --yes --quiet pip setuptools

FROM ${BASE}
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/app/var DEBUG=0
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin portal
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
# Static files are part of the image; the secrets of this step end with it. Only uploads are writable later, as a volume.
RUN SECRET_KEY=build FIELD_KEYS=build:AAAA LOOKUP_KEY=build AUDIT_ANCHOR_KEY=build ALLOWED_HOSTS=build PUBLIC_ADDRESS=build \
        DATABASE_URL=postgresql://build/build REDIS_URL=redis://build/0 \
        python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q . \
    && install --directory --owner 10001 --group 10001 --mode 0700 var/media var/anchor
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=6s --start-period=30s --retries=4 CMD ["python", "-m", "config.probe"]
CMD ["gunicorn", "config.wsgi", "--config", "deploy/gunicorn.conf.py"]
