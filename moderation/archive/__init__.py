"""Archives in and out: notes, hashes and results as files, streamed with bounded memory.

A bad row never stops a batch: it comes out as an `ItemFailure` in its place.
Only a file that cannot be read at all raises `BadArchive`.
"""

from moderation.archive.banks import BankRow, read_bank, rows_to_json
from moderation.archive.hash_export import HASH_FORMATS, HashFormat, hash_list
from moderation.archive.hashes import HASH_DIGITS, HashRow, read_hashes
from moderation.archive.notes import (
    NoteFormat,
    archive_folder,
    count_notes,
    note_within,
    notes_in_batch,
    read_notes,
)
from moderation.archive.results import ResultFormat, read_results, write_results
from moderation.archive.store_connections import hidden
from moderation.archive.whole_file import whole_file

__all__ = [
    "HASH_DIGITS",
    "HASH_FORMATS",
    "BankRow",
    "HashFormat",
    "HashRow",
    "NoteFormat",
    "ResultFormat",
    "archive_folder",
    "count_notes",
    "hash_list",
    "hidden",
    "note_within",
    "notes_in_batch",
    "read_bank",
    "read_hashes",
    "read_notes",
    "read_results",
    "rows_to_json",
    "whole_file",
    "write_results",
]
