"""The search indexes of one machine, following the register's log.

- `followed`: hashes, details and descriptors, searched together; `place`: where snapshots lie
- `trust`: whether a snapshot tells of this register; `verification`: whether it tells the same
- `locking`: one process at a time writes snapshots
"""
