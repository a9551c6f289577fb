"""Pictures: decode, fingerprint, find candidates, prove matches, judge claims."""
