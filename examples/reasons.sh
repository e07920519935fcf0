#!/bin/sh
# What people complain about, counted: a jq pipeline over the queue.
#
#   examples/reasons.sh scanner.toml
set -eu

config=${1:?usage: reasons.sh CONFIG}

scanner -c "$config" list --format jsonl --limit 0 --status all --intent complaint |
    jq -r '.reasons[]' | sort | uniq -c | sort -rn
