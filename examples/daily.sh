#!/bin/sh
# A cron job that mails what is new as CSV, and sends no mail where nothing is.
#
#   15 7 * * 1-5  MAILTO=you@example.org /home/you/scanner/examples/daily.sh /home/you/scanner.toml
#
# cron mails whatever a job prints. With -q scanner prints only data and failures, so a quiet day
# is a day without mail. To send the CSV as an attachment instead, set MAILER to a command that
# takes a file's name, such as:  MAILER='mutt -s "worth a reply" you@example.org -a'
set -eu

config=${1:?usage: daily.sh CONFIG}
table=$(mktemp "${TMPDIR:-/tmp}/scanner-XXXXXX")
trap 'rm -f "$table"' EXIT

status=0
scanner -q -c "$config" scan --format csv >"$table" || status=$?

if [ -s "$table" ]; then
    if [ -n "${MAILER:-}" ]; then
        $MAILER "$table"
    else
        cat "$table"
    fi
fi
exit "$status" # 3: some feeds failed, which scanner has said on stderr, so it is in the mail too
