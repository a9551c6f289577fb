"""Results out and in: JSONL and Parquet without loss, CSV for people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from moderation.archive.json_lines import open_source, read_json_lines
from moderation.archive.note_table import is_parquet
from moderation.archive.whole_file import Sink, whole_file
from moderation.errors import BadArchive, BadNote, InputError
from moderation.finding import Finding, ItemFailure
from moderation.verdict import Verdict

ResultFormat = Literal["jsonl", "parquet", "csv"]
Result = Verdict | ItemFailure

_MAX_LINE_BYTES = 64 << 20  # a verdict quotes the author's text once a span
_ROWS_AT_ONCE = 1_000
_NESTED = ("reasons", "findings", "failures", "detectors", "summary", "skipped")
"""Parts of a verdict that Parquet and CSV keep as JSON."""

_CSV_COLUMNS = (
    "decision",
    "note",
    "revision",
    "reasons",
    "score",
    "best_match",
    "best_match_author",
    "share_copied",
    "spans",
    "completeness",
    "failures",
    "policy",
    "line",
    "hint",
)


def write_results(
    results: Iterable[Result],
    target: str | Path,
    *,
    format: ResultFormat,  # noqa: A002 - the word users know from other writers
) -> None:
    """Write results as they come; a file appears only when it is complete.

    Args:
        results: verdicts, and failures in place of them.
        target: the file; `-` is standard output.
        format: `jsonl`: `to_json` a line. `parquet`: flat columns, with reasons, findings,
            failures and detectors as JSON. `csv`: for people and spreadsheets; cells that a
            spreadsheet would run as a formula are prefixed with an apostrophe.

    Raises:
        StoreUnwritable: the folder is missing or forbidden, or the disk is full.
    """
    write = {"jsonl": _write_jsonl, "parquet": _write_parquet, "csv": _write_csv}[format]
    with whole_file(target) as sink:
        write(results, sink)


def read_results(source: str | Path) -> Iterator[Result]:
    """Read what `write_results` wrote as JSONL or Parquet; `-` is standard input.

    Yields:
        Results; a row that is none comes out as an `ItemFailure` with its number.

    Raises:
        BadArchive: the file is missing, or of another format.
    """
    path = Path(source)
    table = path.is_file() and is_parquet(path)
    for number, row in _parquet_rows(path) if table else _jsonl_rows(source):
        try:
            if isinstance(row, InputError):
                raise row
            yield _result(row)
        except InputError as error:
            yield ItemFailure(code=error.code, message=error.message, hint=error.hint, line=number)


def _result(row: dict[str, Any]) -> Result:
    try:
        return ItemFailure.from_json(row) if row.get("failed") else Verdict.from_json(row)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise BadNote(
            f"the row is no verdict: {type(error).__name__} {error}",
            hint="give the JSONL or Parquet that a check wrote",
        ) from None


def _write_jsonl(results: Iterable[Result], sink: Sink) -> None:
    for result in results:
        # A half surrogate cannot be UTF-8; its escape is the same JSON.
        line = json.dumps(result.to_json(), ensure_ascii=False)
        sink.write(line.encode("utf-8", "backslashreplace") + b"\n")


def _jsonl_rows(source: str | Path) -> Iterator[tuple[int, dict[str, Any] | InputError]]:
    with open_source(source) as stream:
        yield from read_json_lines(stream, limit=_MAX_LINE_BYTES)


def _write_csv(results: Iterable[Result], sink: Sink) -> None:
    sink.write("\ufeff".encode())  # without it, spreadsheets take UTF-8 for a local code page
    text = io.StringIO(newline="")
    rows = csv.DictWriter(text, _CSV_COLUMNS)
    rows.writeheader()
    for result in results:
        cells = _cells(result)
        rows.writerow({name: harmless(cell) for name, cell in cells.items()})
        sink.write(text.getvalue().encode("utf-8", "backslashreplace"))
        text.seek(0)
        text.truncate()
    sink.write(text.getvalue().encode())  # the header, where there was no result


def _cells(result: Result) -> dict[str, str]:
    if isinstance(result, ItemFailure):
        return {
            "decision": "failed",
            "note": result.note_id,
            "failures": f"{result.code}: {result.message}",
            "line": "" if result.line is None else str(result.line),
            "hint": result.hint,
        }
    cells = {
        "decision": result.decision.value,
        "note": result.note_id,
        "revision": str(result.revision),
        "reasons": "; ".join(dict.fromkeys(reason.code for reason in result.reasons)),
        "completeness": result.completeness.value,
        "failures": "; ".join(f"{f.code}: {f.message}" for f in result.failures),
        "policy": result.policy,
        "spans": " | ".join(span.text for f in result.findings for span in f.spans),
    }
    if result.findings:
        cells["score"] = f"{max(finding.score for finding in result.findings):.4f}"
    best = _best_copy(result)
    if best is not None and best.match is not None:
        cells["best_match"] = f"{best.match.note_id} #{best.match.image_number}"
        cells["best_match_author"] = best.match.author_id
        cells["share_copied"] = f"{best.match.share_of_original:.2f}"
    return cells


def _best_copy(verdict: Verdict) -> Finding | None:
    copies = [finding for finding in verdict.findings if finding.match is not None]
    return max(copies, key=lambda finding: (finding.score, finding.raw_score), default=None)


def harmless(cell: str) -> str:
    """OWASP's list of what starts a formula, with the full-width forms that Excel reads too."""
    return "'" + cell if cell.lstrip(" ").startswith(tuple("=+-@\t\r\n＝＋－＠")) else cell


def _write_parquet(results: Iterable[Result], sink: Sink) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema()
    stream = iter(results)
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema) as table:
        while rows := [_flat(result) for result in islice(stream, _ROWS_AT_ONCE)]:
            table.write_table(pa.Table.from_pylist(rows, schema=schema))


def _schema() -> Any:
    import pyarrow as pa

    text, number = pa.string(), pa.int64()
    return pa.schema(
        [
            ("failed", pa.bool_()),
            ("note_id", text),
            ("revision", number),
            ("decision", text),
            ("reason_codes", pa.list_(text)),
            ("score", pa.float64()),
            ("best_match_note_id", text),
            ("best_match_author_id", text),
            ("completeness", text),
            ("policy", text),
            ("policy_digest", text),
            ("register_seq", number),
            ("registration", text),
            *((name, text) for name in _NESTED),
            *((name, text) for name in ("code", "message", "hint", "detector", "cause")),
            ("line", number),
            ("image_number", number),
        ]
    )


def _flat(result: Result) -> dict[str, Any]:
    row = result.to_json()
    if isinstance(result, Verdict):
        best = _best_copy(result)
        row |= {
            "failed": False,
            "policy": result.policy,
            "policy_digest": result.policy_digest,
            "reason_codes": [reason.code for reason in result.reasons],
            "score": max((finding.score for finding in result.findings), default=None),
            "best_match_note_id": best.match.note_id if best and best.match else None,
            "best_match_author_id": best.match.author_id if best and best.match else None,
        } | {name: json.dumps(row[name]) for name in _NESTED}
    return {
        name: value.encode("utf-8", "backslashreplace").decode() if type(value) is str else value
        for name, value in row.items()
    }


def _parquet_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | InputError]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as table:
            missing = [name for name in _schema().names if name not in table.schema_arrow.names]
            if missing:
                raise BadArchive(
                    f"`{path}` has no column `{missing[0]}`", hint="give what a check wrote"
                )
            for batch in table.iter_batches(_ROWS_AT_ONCE):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row if row["failed"] else _nested(row)
    except (pa.ArrowException, OSError) as error:
        raise BadArchive(
            f"`{path}` breaks off after row {number}: {error}", hint="write or fetch it again"
        ) from error


def _nested(row: dict[str, Any]) -> dict[str, Any] | InputError:
    try:
        nested = {name: json.loads(row[name]) for name in _NESTED}
    except (ValueError, TypeError) as error:
        return BadNote(f"the row's JSON is damaged: {error}", hint="write the file again")
    policy = {"name": row["policy"], "digest": row["policy_digest"]}
    return row | nested | {"policy": policy}
