"""What figures are made of, and how they are written: shapes, words, scales and colours. No figure is drawn here."""
