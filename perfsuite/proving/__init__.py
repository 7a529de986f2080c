"""Whether an answer is right: inputs, references, answers as evidence."""
