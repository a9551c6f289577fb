"""The command line from a checkout: `python cli.py check notes.jsonl`. Never part of the wheel."""

from moderation.cli import main

if __name__ == "__main__":
    main()
