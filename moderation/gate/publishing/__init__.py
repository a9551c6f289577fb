"""The publish pipeline at the gate.

- `submission`: what is asked, what is answered; `answering`: by then, and once for each key
- `keys`: one attempt at a time answers for a key
- `completing`: final verdicts that are owed; `settling`: those that nobody can give any more
- `referring`: notes that cannot be looked at
"""
