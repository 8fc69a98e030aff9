-- Roles and database of an application, at every start: a new server has new passwords.
-- Nothing that holds a password may reach a log or an error message.
SET log_min_error_statement = panic;
SET client_min_messages = warning;
\set VERBOSITY sqlstate
\getenv database database
\getenv owner_password owner_password
\getenv reader_password reader_password

SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY[:'owner', :'reader']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE :"owner" PASSWORD :'owner_password';
ALTER ROLE :"reader" PASSWORD :'reader_password';

\set VERBOSITY default
ALTER ROLE :"reader" SET default_transaction_read_only = on;
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"reader";

\connect :"database"
SET client_min_messages = warning;
-- Whatever the owner makes, the reader reads.
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT USAGE ON SCHEMAS TO :"reader";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT SELECT ON TABLES TO :"reader";

CREATE SCHEMA IF NOT EXISTS meta;
CREATE TABLE IF NOT EXISTS meta.schema_version (
    name text NOT NULL,
    version integer NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, version)
);
COMMENT ON SCHEMA meta IS '元数据：数据库结构版本';
COMMENT ON TABLE meta.schema_version IS '已执行的结构版本，每个版本一行';
INSERT INTO meta.schema_version VALUES ('database', 1) ON CONFLICT DO NOTHING;
GRANT USAGE ON SCHEMA meta TO :"owner", :"reader";
GRANT SELECT ON meta.schema_version TO :"owner", :"reader";

SELECT coalesce(max(version), 0) FROM meta.schema_version WHERE name = :'schema';
