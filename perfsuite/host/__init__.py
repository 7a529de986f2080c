"""The machine and its operating system: what is here, processes, memory, temporary folders."""
