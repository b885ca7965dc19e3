"""Whether a job does its work: one judge for rows, findings, alerts, status, metrics and JSON."""
