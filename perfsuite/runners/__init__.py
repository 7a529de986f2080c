"""What starts runs: the command line and the front ends of other tools."""
