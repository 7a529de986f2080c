"""What a worker does when it is asked: check, time, count, trace."""
