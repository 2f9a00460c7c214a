"""What a command's exit code says; 0 is done."""

FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130
