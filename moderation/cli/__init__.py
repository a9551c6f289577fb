"""The command line: thin doors to the Python API."""
