#!/bin/sh
# Demo: a quick sync. Adds a few patterns; a node that does not answer is a warning, not a failure.
set -eu
data="$HOME/federation/data/patterns/skills-patterns.jsonl"
say() { printf '%s %s %s\n' "$(date +%H:%M:%S)" "$1" "$2"; }

say INFO "federated sync started  (pid $$)"
say INFO "collecting patterns from 3 nodes"
new=0
for node in node1 node2 node3; do
    if [ "$node" = "${DEMO_NODE_DOWN:-}" ]; then
        say WARN "$node: Qdrant does not answer at http://$node:6333, skipped"
        continue
    fi
    new=$((new + 1))
    printf '{"timestamp":"%s","node":"%s"}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$node" >> "$data"
    say INFO "$node: 1 pattern read, 1 new"
    sleep 0.3
done
say INFO "sort -u data/patterns/skills-patterns.jsonl  ($(wc -l < "$data" | tr -d ' ') lines)"
say INFO "sync complete, $new new"
