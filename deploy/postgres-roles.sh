#!/bin/sh
# Runs once, when the database folder is new. The owner changes tables and is used by the migration job only; the portal
# role reads and writes rows. `python -m config.prepare` gives it the rights on the tables after each migration.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set password="$(cat /run/secrets/portal_password)" <<'SQL'
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
CREATE ROLE portal LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
ALTER ROLE portal SET idle_in_transaction_session_timeout = '15s';
SQL
