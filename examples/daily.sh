#!/bin/sh
# A cron job that mails what is new, and sends no mail where nothing is. For `crontab -e`:
#
#   MAILTO=you@example.org
#   CONTENT_TYPE=text/plain; charset=utf-8
#   SCANNER=/home/you/.local/bin/scanner
#   15 7 * * 1-5  /home/you/scanner/examples/daily.sh /home/you/scanner.toml
#
# Paths are whole, because cron looks for programs in few folders and starts in your home;
# `command -v scanner` prints the one for SCANNER. cron mails whatever a job prints: with -q
# that is the table and what failed, so a quiet day is a day without mail. Options of `scan` may
# follow the config: `daily.sh scanner.toml --min-worth 40`, or `--format csv`.
#
# To get the posts as a CSV attachment instead, give a command that mails the file "$1":
#
#   MAILER='mutt -s "Worth a reply" -a "$1" -- you@example.org </dev/null'
set -eu

config=${1:?usage: daily.sh CONFIG [OPTION OF scan ...]}
shift

status=0 # 3 in the end: some feeds do not work; scanner says so on stderr when it asked them
if [ -z "${MAILER:-}" ]; then
    "${SCANNER:-scanner}" -q -c "$config" scan "$@" || status=$?
    exit "$status"
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/scanner-XXXXXX")
trap 'rm -rf "$folder"' EXIT
file=$folder/worth-a-reply.csv
"${SCANNER:-scanner}" -q -c "$config" scan "$@" --format csv >"$file" || status=$?
if [ -s "$file" ]; then
    # scanner will not show these posts again: if they cannot be sent, cron's own mail has them
    sh -c "$MAILER" mailer "$file" || { status=$?; cat "$file"; }
fi
exit "$status"
