#!/bin/sh
# Demo: a slow export that can fail: touch ~/federation/qdrant-is-down and it ends with status 1.
set -eu
say() { printf '%s %s %s\n' "$(date +%H:%M:%S)" "$1" "$2"; }

say INFO "export started  (pid $$)"
for part in 1 2 3 4 5 6 7 8; do
    if [ -e "$HOME/federation/qdrant-is-down" ]; then
        say ERROR "cannot reach Qdrant at http://localhost:6333: connection refused"
        exit 1
    fi
    sleep 1
    say INFO "collection skills-patterns: part $part of 8 written"
done
date -u +%Y-%m-%dT%H:%M:%SZ > "$HOME/federation/data/export-stamp"
say INFO "export complete"
