"""The register: what is known, who was first, what was decided."""
