"""What is written down: the journal of a run, record files, and the runs that a project keeps."""
