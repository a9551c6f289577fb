"""The demo: a story on real photographs, from registration to verdict.

    from moderation.demo import run_demo

    result = run_demo(Path("demo-register"), Path("demo-report"), lang="zh", audience=audience)
    result.as_expected      # True if every verdict was the right one, for the right reason

The story prints nothing itself. An `Audience` hears it as it happens: `tell(text)` for a sentence,
`show(outcome)` for each verdict, `suggest(purpose, command)` for what to try next. All text is in
`lang` already.

- `photographs`, `cards`, `edits`: pictures, and what people do to them
- `drafts`: notes and pictures as files
- `published`, `incoming`, `scenes`: who posted what, and what should come of it
- `places`: the demo's folders, and which may be emptied
- `story`: `run_demo`
"""

from moderation.demo.story import Audience, DemoResult, Outcome, run_demo

__all__ = ["Audience", "DemoResult", "Outcome", "run_demo"]
