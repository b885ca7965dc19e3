#!/bin/sh
# Demo: builds the dashboard's metrics file.
set -eu
data="$HOME/federation/data"
say() { printf '%s %s %s\n' "$(date +%H:%M:%S)" "$1" "$2"; }

lines=0
[ ! -e "$data/patterns/skills-patterns.jsonl" ] || lines=$(wc -l < "$data/patterns/skills-patterns.jsonl")
printf '{"generated":"%s","patterns":%d}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$lines" > "$data/dashboard.json.new"
mv "$data/dashboard.json.new" "$data/dashboard.json"
say INFO "dashboard data written: $((lines)) patterns"
