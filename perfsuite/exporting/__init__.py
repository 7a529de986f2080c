"""Records for other tools: a format is a function from runs to rows or text. Nothing is measured or judged here."""
