"""The files a repository starts with: its table, first components, and a workflow. None of them replaces a file."""
