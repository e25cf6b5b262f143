#!/usr/bin/env bash
# A subscriber that misses nothing, of curl and mosquitto_sub: subscriber.sh FILE, with the address and account in the
# environment. FILE gets one JSON object a line. Its last line holds the cursor, so that no kill can come between them.
set -euo pipefail
file=${1:-readings.ndjson}
touch "$file"
host=${MQTT_URL#mqtt://} host=${host%/}
cursor_of() { sed -n 's/^{"cursor":\([0-9]*\),.*/\1/p' <<<"$1"; }

# A line that was cut in half by a power cut is taken off again.
if [ -n "$(tail -c 1 "$file")" ]; then sed -i '$d' "$file"; fi
cursor=$(cursor_of "$(tail -n 1 "$file")")
cursor=${cursor:-0}

deal_with() {
  printf '%s\n' "$1" >>"$file"
  cursor=$2
}

read_on() {
  while IFS= read -r line; do deal_with "$line" "$(cursor_of "$line")"; done < <(
    printf 'user = "%s:%s"\n' "$ACCOUNT" "$PASSWORD" |
      curl -fsS --config - -H 'Accept: application/x-ndjson' "$HTTP_URL/v1/readings?since=$cursor"
  )
}

# The password stays out of the list of processes: mosquitto_sub reads it from a file that only this user may read. A
# client id of its own, so that a listener left over from a kill is not taken over and does not take over.
config=$file.account
(umask 077 && mkdir -p "$config" && printf -- '-h %s\n-p %s\n-i %s\n-u %s\n-P %s\n' \
  "${host%:*}" "${host##*:}" "$ACCOUNT:$$" "$ACCOUNT" "$PASSWORD" >"$config/mosquitto_sub")
exec 3< <(XDG_CONFIG_HOME=$config exec mosquitto_sub -q 1 -t "v1/orgs/$ORG/readings/#" -t "v1/orgs/$ORG/backfill/#" -F %p)
listener=$!
trap 'kill "$listener" 2>/dev/null || true' EXIT
# What comes between this and the first message shows as a gap then; a look every 10 s finds the rest.
read_on
while true; do
  if IFS= read -r -t 10 -u 3 line; then
    next=$(cursor_of "$line")
    next=${next:-0}
    if [ "$next" -eq $((cursor + 1)) ]; then deal_with "$line" "$next"
    elif [ "$next" -gt "$cursor" ]; then read_on; fi
  else
    kill -0 "$listener" 2>/dev/null || exit 1
    read_on
  fi
done
