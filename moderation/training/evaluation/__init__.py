"""How well are copies found? One way of asking and counting, for every engine.

- `collection`: which pictures are registered, which are attacked, which are strangers
- `questions`: attacked pictures, and pictures of which no copy is registered
- `templates`: other contents on a registered template
- `asking`: questions → answers of an engine, resumable
- `counting`: answers → shares, precision, recall, false matches, all with intervals
- `curves`: recall over the strength of an attack
- `running`: all of this through the gate
- `plots`, `page`: the same as pictures and as one HTML file

An engine is anything that answers a picture with names and scores: the gate, a peer.
"""
