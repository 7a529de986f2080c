"""An engine that proves, times and explains variants of the same work. Importing this package loads no torch."""
