"""Tables of plain cells out: CSV for spreadsheets, JSONL and Parquet for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from pathlib import PurePath
from typing import Any, Literal

from moderation.archive.results import ResultFormat, harmless
from moderation.archive.whole_file import Sink

Cell = str | int | float | datetime | None
Sort = Literal["text", "number", "seconds", "time"]
"""What a column holds: strings, integers, seconds with a fraction, aware times."""
_ROWS_AT_ONCE = 1_000


_SUFFIXES: dict[str, ResultFormat] = {".csv": "csv", ".jsonl": "jsonl", ".parquet": "parquet"}


def format_by_name(name: str) -> ResultFormat | None:
    """The format that the end of a file's name says; None where it says none."""
    return _SUFFIXES.get(PurePath(name).suffix.lower())


def write_table(
    rows: Iterable[Mapping[str, Cell]],
    sink: Sink,
    columns: Mapping[str, Sort],
    format: ResultFormat,  # noqa: A002 - as `write_results` has it
) -> int:
    """Write rows as they come.

    Args:
        rows: each with all columns.
        sink: see `whole_file`.
        columns: name → what it holds, in order.
        format: `csv` begins with a byte order mark, and cells that a spreadsheet would run as a
            formula are prefixed with an apostrophe; `jsonl` and `parquet` hold cells as they are.

    Returns:
        How many rows were written.

    Raises:
        StoreUnwritable: the disk is full or fails.
    """
    write = {"csv": _write_csv, "jsonl": _write_jsonl, "parquet": _write_parquet}[format]
    return write(rows, sink, columns)


def _write_csv(rows: Iterable[Mapping[str, Cell]], sink: Sink, columns: Mapping[str, Sort]) -> int:
    sink.write("\ufeff".encode())  # without it, spreadsheets take UTF-8 for a local code page
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(columns)
    number = 0
    for row in rows:
        number += 1
        cells = (_plain(row[name]) for name in columns)
        table.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in cells])
        sink.write(text.getvalue().encode("utf-8", "backslashreplace"))
        text.seek(0)
        text.truncate()
    sink.write(text.getvalue().encode())  # the header, where there was no row
    return number


def _write_jsonl(
    rows: Iterable[Mapping[str, Cell]], sink: Sink, columns: Mapping[str, Sort]
) -> int:
    number = 0
    for row in rows:
        number += 1
        line = json.dumps({name: _plain(row[name]) for name in columns}, ensure_ascii=False)
        sink.write(line.encode("utf-8", "backslashreplace") + b"\n")
    return number


def _write_parquet(
    rows: Iterable[Mapping[str, Cell]], sink: Sink, columns: Mapping[str, Sort]
) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "text": pa.string(),
        "number": pa.int64(),
        "seconds": pa.float64(),
        "time": pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(name, types[sort]) for name, sort in columns.items()])
    stream, number = iter(rows), 0
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema) as table:
        while some := [_storable(row, columns) for row in islice(stream, _ROWS_AT_ONCE)]:
            table.write_table(pa.Table.from_pylist(some, schema=schema))
            number += len(some)
    return number


def _plain(cell: Cell) -> str | int | float | None:
    return cell.isoformat() if isinstance(cell, datetime) else cell


def _storable(row: Mapping[str, Cell], columns: Mapping[str, Sort]) -> dict[str, Any]:
    return {
        name: cell.encode("utf-8", "backslashreplace").decode() if isinstance(cell, str) else cell
        for name, cell in ((name, row[name]) for name in columns)
    }
