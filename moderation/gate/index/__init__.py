"""The search indexes, following the register's log.

- `search_index`: what the gate asks of an index, wherever it lies; `opening`: which one is meant
- `nominated`: hits become candidates; a part that did not answer is named
- `followed`: hashes, details and descriptors in this process; `entries`: the log as it takes it in
- `place`: where snapshots lie; `trust`, `verification`: whether they tell of this register, and all
- `locking`: one process at a time writes snapshots
- `sharded`, `shard_calls`: an index in other processes; `shard_server`, `serving`: these processes
- `shard_hits`, `frames`: what they say to each other
- `milvus`, `milvus_collections`: hashes and descriptors in Milvus
"""
