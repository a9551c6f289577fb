"""The publish service: the gate behind HTTP, for pipelines that ask before every note.

- `settings`: what can be set, from the environment
- `running`: worker processes on one socket, and their end
- `app`, `routes`: the operations; `requests`, `answers`, `problems`: what goes in and out
- `calls`: bounded threads between the event loop and the gate, which blocks
- `state`: what a process holds; `readiness`: whether it should be asked
- `tenants`: which gate a request means; `envelope`, `logs`, `metrics`: what is seen from outside

The web framework lives here and nowhere else.
"""
