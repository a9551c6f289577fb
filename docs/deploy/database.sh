#!/bin/sh
# Runs once, when PostgreSQL makes its data: the register's database and its two roles. The owner
# makes and changes tables; the gates' role only uses them.
set -eu
export SECRETS="${SECRETS:-/run/secrets}"
psql --set ON_ERROR_STOP=1 --no-psqlrc --quiet --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\set owner `cat "$SECRETS/owner_password"`
\set gate `cat "$SECRETS/gate_password"`
CREATE ROLE notegate_owner LOGIN PASSWORD :'owner';
CREATE ROLE notegate_gate LOGIN PASSWORD :'gate';
CREATE DATABASE notegate OWNER notegate_owner ENCODING UTF8 TEMPLATE template0;
REVOKE ALL ON DATABASE notegate FROM PUBLIC;
GRANT CONNECT ON DATABASE notegate TO notegate_gate;
\connect notegate
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO notegate_owner;
GRANT USAGE ON SCHEMA public TO notegate_gate;
ALTER DEFAULT PRIVILEGES FOR ROLE notegate_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO notegate_gate;
ALTER DEFAULT PRIVILEGES FOR ROLE notegate_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO notegate_gate;
SQL
