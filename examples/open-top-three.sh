#!/bin/sh
# Opens the three posts that are most worth a reply, in the browser ($BROWSER, if that is set).
#
#   examples/open-top-three.sh scanner.toml
set -eu

config=${1:?usage: open-top-three.sh CONFIG}

ids=$(scanner -c "$config" list --limit 3 --format jsonl | sed 's/^{"id": *"\([0-9a-f]*\)".*/\1/')
[ -n "$ids" ] || exit 0
# shellcheck disable=SC2086  # IDs are hexadecimal digits: splitting them into words is meant
scanner -c "$config" open $ids
