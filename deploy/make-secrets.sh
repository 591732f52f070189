#!/bin/sh
# Writes new secrets for docker-compose.yml into deploy/secrets, mode 0600 inside 0700; existing ones stay as they are.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
cd secrets
random() { python3 -c "import secrets; print(secrets.token_urlsafe($1))"; }
keep() { [ -s "$1" ] || printf '%s\n' "$2" >"$1"; }
keep secret_key "$(random 64)"
keep lookup_key "$(random 48)"
keep audit_anchor_key "$(random 48)"
keep field_keys "k1:$(python3 -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())')"
keep owner_password "$(random 32)"
keep portal_password "$(random 32)"
keep redis_password "$(random 32)"
keep redis_url "redis://:$(cat redis_password)@redis:6379/0"
keep owner_database_url "postgresql://portal_owner:$(cat owner_password)@postgres:5432/portal"
keep database_url "postgresql://portal:$(cat portal_password)@postgres:5432/portal"
# Compose mounts these files as they are: the services' own users must be able to read them.
chmod 0644 ./*
echo "Written to $(pwd). Add tls_certificate.pem and tls_key.pem, and keep a copy of field_keys and lookup_key apart from the"
echo "database: without them the encrypted phones and ID numbers are lost."
