"""The pytest plugin: cells as tests, and a fixture that times a call. ``entry`` is what every pytest run loads."""
