"""PostgreSQL's write-ahead log after an erasure: what was erased stands in it until its files are written over.

A checkpoint lets go of the files that hold it; the server then gives them new names and keeps them, bytes and all, until it
writes there again. So as much is written as there are files. What stays is told, never supposed gone.
"""

from __future__ import annotations

from sqlalchemy import Connection

#: More than that is not written for it: the server keeps old files on purpose then.
_BYTES_MAX = 4 << 30
_CHUNK = 1 << 20
_NEEDED = ("pg_ls_waldir", "pg_current_wal_lsn", "pg_walfile_name", "pg_logical_emit_message")

_ALLOWED = """
SELECT count(DISTINCT proname) FROM pg_proc
WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY(%(needed)s) AND has_function_privilege(oid, 'EXECUTE')"""


def may_checkpoint(connection: Connection) -> bool:
    """Whether this account may have pages put on disk at once; the server does so by itself within minutes."""
    role = "SELECT 1 FROM pg_roles WHERE rolname = 'pg_checkpoint' AND pg_has_role(current_user, oid, 'USAGE')"
    asked = f"SELECT usesuper OR EXISTS ({role}) FROM pg_user WHERE usename = current_user"  # noqa: S608 - nothing of anybody's
    return bool(connection.exec_driver_sql(asked).scalar_one_or_none())


def is_archived(connection: Connection) -> bool:
    """Whether the log is copied elsewhere, to an archive or another server: none of it is within our reach there."""
    copied = "SELECT current_setting('archive_mode') <> 'off' OR EXISTS (SELECT FROM pg_stat_replication)"
    return bool(connection.exec_driver_sql(copied).scalar_one())


def write_over(connection: Connection) -> bool:
    """Write over every file of the log that may hold what was erased before; False when some of it may stay.

    connection: outside of any transaction. It stays where this account may not do so (it must be allowed checkpoints, and to list
    the files: roles pg_checkpoint and pg_monitor), or where the server keeps old files for others (slots, wal_keep_size).
    """
    allowed = connection.exec_driver_sql(_ALLOWED, {"needed": list(_NEEDED)}).scalar_one()
    if not may_checkpoint(connection) or allowed < len(_NEEDED):
        return False
    size = int(connection.exec_driver_sql("SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'").scalar_one())
    connection.exec_driver_sql("CHECKPOINT")
    last = str(connection.exec_driver_sql("SELECT pg_walfile_name(pg_current_wal_lsn())").scalar_one())
    _fill(connection, size)
    connection.exec_driver_sql("CHECKPOINT")  # lets the file go that was being written at the beginning
    files = int(connection.exec_driver_sql(_files("")).scalar_one())
    if files * size > _BYTES_MAX:
        return False
    _fill(connection, files * size)
    return not connection.exec_driver_sql(_files("AND name <= %(last)s"), {"last": last}).scalar_one()


def _files(condition: str) -> str:
    """How many files of the log there are; their names sort as they were written."""
    return f"SELECT count(*) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{{24}}$' {condition}"  # noqa: S608 - our own words


def _fill(connection: Connection, size: int) -> None:
    """Write so many bytes of nothing."""
    for _ in range(size // _CHUNK + 1):
        connection.exec_driver_sql(f"SELECT pg_logical_emit_message(false, 'passerelle', repeat('0', {_CHUNK}))")
