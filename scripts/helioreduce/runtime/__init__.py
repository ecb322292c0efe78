"""How a job runs: log, locks, batches, overlapped reading and writing, threads."""
