"""Looking at a note, without the register's lock.

- `underway`: its examination, step by step, as far as the time allows; `examination`: what is seen
- `detector_pool`: the threads in which it is looked at
- `search`: candidates → matches → sightings; `marks`: what a file says and what is written in it
- `inside`: the readers of what is written in pictures
"""
