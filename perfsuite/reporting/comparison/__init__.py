"""Reports on a comparison of two commits: its wording, and its form in the terminal, in Markdown and on a page."""
