"""The trail's side of the database: tables, the functions that alone may write them, rights, and every query.

A migration runs `CREATE`, then `GRANTS`; its way back is `DROP`. They belong to the owner of the schema; no other role
may write the tables, only call the functions. Not even the owner can change or remove an entry while the triggers
stand; who takes the triggers away is found out by the witness.

`append_audit` locks the one row of the head until the caller's transaction ends: acts are appended one after another,
so append last. Use READ COMMITTED, PostgreSQL's default; a stricter level would fail instead of waiting.
"""

from __future__ import annotations

from typing import Final

from service.audit.entries import HEAD, TAIL

__all__ = [
    "APPEND",
    "CHECKPOINTS",
    "CREATE",
    "DROP",
    "ENTRIES",
    "GRANTS",
    "LOCK_HEAD",
    "NEWEST",
    "ONE_MOMENT",
    "RECORD",
    "SEEN",
]

_SAFELY: Final = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"

_TABLES: Final = (
    "CREATE SCHEMA IF NOT EXISTS fristad",
    """CREATE TABLE fristad.audit_entries (
  seq bigint PRIMARY KEY CHECK (seq > 0),
  entry bytea NOT NULL
)""",
    """CREATE TABLE fristad.audit_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  size bigint NOT NULL CHECK (size >= 0),
  frontier bytea[] NOT NULL
)""",
    """CREATE TABLE fristad.audit_checkpoints (
  size bigint PRIMARY KEY CHECK (size > 0),
  note text NOT NULL,
  frontier bytea[] NOT NULL
)""",
    "INSERT INTO fristad.audit_head (size, frontier) VALUES (0, '{}')",
)

_APPEND_FUNCTION: Final = rf"""CREATE FUNCTION fristad.append_audit(entry_text text) RETURNS bigint
{_SAFELY} AS $$
DECLARE
  head_size bigint;
  peaks bytea[];
  numbered bytea;
  node bytea;
  remaining bigint;
  cut integer;
BEGIN
  IF entry_text IS NULL OR octet_length(entry_text) > 2000 OR entry_text !~ '^{HEAD},{TAIL}$' THEN
    RAISE EXCEPTION 'an audit entry is not in the closed form' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT h.size, h.frontier INTO STRICT head_size, peaks FROM fristad.audit_head AS h FOR UPDATE;
  cut := strpos(entry_text, ',"versions":');
  numbered := convert_to(
    left(entry_text, cut) || '"seq":' || (head_size + 1) || substr(entry_text, cut), 'UTF8');
  node := sha256('\x00'::bytea || numbered);
  remaining := head_size;
  WHILE (remaining & 1) = 1 LOOP
    node := sha256('\x01'::bytea || peaks[array_length(peaks, 1)] || node);
    peaks := trim_array(peaks, 1);
    remaining := remaining >> 1;
  END LOOP;
  INSERT INTO fristad.audit_entries (seq, entry) VALUES (head_size + 1, numbered);
  UPDATE fristad.audit_head SET size = head_size + 1, frontier = array_append(peaks, node);
  RETURN head_size + 1;
END $$"""

_LOCK_FUNCTION: Final = f"""CREATE FUNCTION fristad.lock_audit_head(OUT size bigint, OUT frontier bytea[])
{_SAFELY} AS $$
BEGIN
  SELECT h.size, h.frontier INTO STRICT size, frontier FROM fristad.audit_head AS h FOR UPDATE;
END $$"""

# The root is worked out here once more, so that no role can record a head that this trail never had.
_RECORD_FUNCTION: Final = rf"""CREATE FUNCTION fristad.record_audit_checkpoint(signed_note text) RETURNS void
{_SAFELY} AS $$
DECLARE
  head_size bigint;
  peaks bytea[];
  root bytea;
BEGIN
  SELECT h.size, h.frontier INTO STRICT head_size, peaks FROM fristad.audit_head AS h FOR UPDATE;
  FOR at IN REVERSE coalesce(array_length(peaks, 1), 0)..1 LOOP
    root := CASE WHEN root IS NULL THEN peaks[at] ELSE sha256('\x01'::bytea || peaks[at] || root) END;
  END LOOP;
  IF root IS NULL OR signed_note IS NULL OR octet_length(signed_note) > 4000
      OR split_part(signed_note, chr(10), 2) <> head_size::text
      OR split_part(signed_note, chr(10), 3) <> encode(root, 'base64')
      OR split_part(signed_note, chr(10), 4) <> ''
      OR left(split_part(signed_note, chr(10), 5), 2) <> '— ' THEN
    RAISE EXCEPTION 'an audit checkpoint is not of the present head' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO fristad.audit_checkpoints (size, note, frontier) VALUES (head_size, signed_note, peaks)
    ON CONFLICT DO NOTHING;
END $$"""

_REFUSE_FUNCTION: Final = """CREATE FUNCTION fristad.refuse_audit_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail is only ever added to' USING ERRCODE = 'insufficient_privilege';
END $$"""

_FUNCTIONS: Final = (
    "fristad.append_audit(text)",
    "fristad.lock_audit_head()",
    "fristad.record_audit_checkpoint(text)",
    "fristad.refuse_audit_change()",
)
_PROTECTED: Final = {
    "audit_entries": "UPDATE OR DELETE OR TRUNCATE",
    "audit_checkpoints": "UPDATE OR DELETE OR TRUNCATE",
    "audit_head": "DELETE OR TRUNCATE",
}


def _protections() -> tuple[str, ...]:
    statements = []
    for table, events in _PROTECTED.items():
        statements += [
            f"CREATE TRIGGER only_added_to BEFORE {events} ON fristad.{table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_audit_change()",
            f"ALTER TABLE fristad.{table} ENABLE ALWAYS TRIGGER only_added_to",
            f"REVOKE ALL ON fristad.{table} FROM PUBLIC",
        ]
    return (*statements, *(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC" for function in _FUNCTIONS))


CREATE: Final[tuple[str, ...]] = (
    *_TABLES,
    _APPEND_FUNCTION,
    _LOCK_FUNCTION,
    _RECORD_FUNCTION,
    _REFUSE_FUNCTION,
    *_protections(),
)
"""Statements that make everything, in order; run by the owner of the schema."""

GRANTS: Final[tuple[str, ...]] = (
    "GRANT USAGE ON SCHEMA fristad TO fristad_front, fristad_back, fristad_solver",
    "GRANT EXECUTE ON FUNCTION fristad.append_audit(text) TO fristad_front, fristad_back, fristad_solver",
    # the auditor reads in front; back signs heads and proves them to the witness
    "GRANT SELECT ON fristad.audit_entries, fristad.audit_checkpoints TO fristad_front, fristad_back",
    "GRANT EXECUTE ON FUNCTION fristad.lock_audit_head() TO fristad_back",
    "GRANT EXECUTE ON FUNCTION fristad.record_audit_checkpoint(text) TO fristad_back",
)
"""Who may do what with it; needs the three roles."""

DROP: Final[tuple[str, ...]] = (
    "DROP TABLE fristad.audit_checkpoints, fristad.audit_head, fristad.audit_entries",
    *(f"DROP FUNCTION {function}" for function in _FUNCTIONS),
)
"""The way back; the schema stays."""

APPEND: Final = "SELECT fristad.append_audit(:entry)"
ENTRIES: Final = """SELECT seq, entry FROM fristad.audit_entries
WHERE seq > :after AND seq <= :until ORDER BY seq LIMIT :most"""
LOCK_HEAD: Final = "SELECT size, frontier FROM fristad.lock_audit_head()"
RECORD: Final = "SELECT fristad.record_audit_checkpoint(:note)"
SEEN: Final = "SELECT note, frontier FROM fristad.audit_checkpoints WHERE size = :size"
CHECKPOINTS: Final = "SELECT note FROM fristad.audit_checkpoints ORDER BY size"
NEWEST: Final = "SELECT coalesce(max(seq), 0) FROM fristad.audit_entries"
ONE_MOMENT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
