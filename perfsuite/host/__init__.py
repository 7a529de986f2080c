"""The machine and its operating system: hardware, software, processes, memory, temporary folders."""
