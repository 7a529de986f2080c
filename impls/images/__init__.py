"""Images on their way into a network: out of their files, converted, normalised, cropped, resized and turned."""
