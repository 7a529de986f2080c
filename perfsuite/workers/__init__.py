"""Worker processes that variants run in: start, fork, watch, give jobs, and end them."""
