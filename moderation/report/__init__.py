"""Verdicts for people: one HTML page, and pictures that prove a match."""

from moderation.report.evidence import aligned_difference, draw_difference, draw_evidence
from moderation.report.letter import public_originals, write_letter
from moderation.report.page import write_report
from moderation.report.pictures import ArchivePictures, PictureSource

__all__ = [
    "ArchivePictures",
    "PictureSource",
    "aligned_difference",
    "draw_difference",
    "draw_evidence",
    "public_originals",
    "write_letter",
    "write_report",
]
