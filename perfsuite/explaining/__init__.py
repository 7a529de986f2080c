"""Why one cell is slower than another: evidence of both from passes of their own, and rules that name the reason."""
