"""The data model: cells, components, records, roofs, and what is computed from them alone. No torch, no files."""
