"""Hugging Face's libraries on small models: tokenizers, encoders, generation, fine-tuning, and the same by hand."""
