"""Verdicts for people: one HTML page, evidence pictures, tables."""
