-- What the read-only role can do and what it cannot; prints key=value for the report.
SELECT 'schema=' || string_agg(name || ' ' || version, ', ' ORDER BY name, version) FROM meta.schema_version;
SELECT 'postgresql=' || split_part(current_setting('server_version'), ' ', 1);
SELECT extname || '=' || extversion FROM pg_extension WHERE extname = 'postgis';

-- The role's transactions are read-only by themselves; it is its privileges that must hold when it asks for others.
BEGIN READ WRITE;
DO $$
BEGIN
    INSERT INTO meta.schema_version VALUES ('check', 0);
    RAISE EXCEPTION 'the read-only role % can write', current_user;
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;
ROLLBACK;
