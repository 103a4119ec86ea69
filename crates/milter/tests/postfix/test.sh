#!/usr/bin/env bash
# The mail filter beside a real Postfix: what may go is delivered, what may not is refused with the
# policy's words, what a person decides is held, and nothing is delivered while the filter is down.
#
#   test.sh DLPSCAN_MILTER        called by "bash ./check mail"
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
filter=$(realpath "$1")
folder=$(mktemp -d /tmp/dlpscan-mail.XXXXXX)
chmod 755 "$folder"
smtp=$((20000 + RANDOM % 10000)) port=$((30000 + RANDOM % 10000))
pid=

start_filter() {
    "$filter" --listen "inet:127.0.0.1:$port" --policy uk-council --incomplete quarantine \
        --own-domain hartle-tc.example --deadline 50 \
        --log "$folder/records.jsonl" --seen-log "$folder/seen" "$@" 2>>"$folder/filter.log" &
    pid=$!
    for _ in $(seq 300); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
        sleep 0.1
    done
    echo "the filter did not start:"; cat "$folder/filter.log"; exit 1
}
stop_filter() {
    kill "$pid" 2>/dev/null || true
    wait "$pid" || true
    pid=
}
end() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    bash "$here/stop.sh" "$folder" >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap end EXIT

# send NAME EXPECTED-CODE HEADER… < body: what the server answered must begin with the code.
answer=
send() {
    local name=$1 code=$2
    shift 2
    answer=$(swaks --server 127.0.0.1 --port "$smtp" --helo client.example \
        --from clerk@hartle-tc.example --to ann@box.example \
        --header "Message-ID: <$name@hartle-tc.example>" "$@" --body - --suppress-data 2>&1 |
        grep -E '^<(\*\*|~~|-) ' | tail -2 | head -1 || true)
    if [[ $answer != *" $code"* ]]; then
        echo "FAILED: $name was answered: $answer (expected $code)"
        tail -5 "$folder/filter.log" "$folder/maillog"
        exit 1
    fi
    echo "ok: $name: ${answer#* }"
}
says() { [[ $answer == *"$1"* ]] || { echo "FAILED: it does not say \"$1\": $answer"; exit 1; }; }
delivered() { grep -rls "<$1@hartle-tc.example>" "$folder/mail/box" 2>/dev/null; }
soon() { for _ in $(seq 100); do "$@" >/dev/null && return; sleep 0.1; done; return 1; }
held() { find "$folder/queue/hold" -type f | grep -q .; }

bash "$here/start.sh" "$folder" "$smtp" "inet:127.0.0.1:$port"

footer=$'\n-- \nHartle Town Council, The Old School\nOur privacy notice: www.hartle-tc.example/privacy\n'

# The filter is not there yet: Postfix must not take anything.
send down 451 <<<"Plot 14 is yours.$footer"

start_filter
"$filter" doctor --postfix "$folder/etc" --listen "inet:127.0.0.1:$port" --deadline 50 \
    2>"$folder/doctor.log" || { echo "FAILED: the doctor finds fault:"; cat "$folder/doctor.log"; exit 1; }
echo "ok: the doctor is content"

send clean 250 <<<"Plot 14 is yours.$footer"
soon delivered clean || { echo "FAILED: clean mail was not delivered"; exit 1; }

# A mark that the filter alone may set is taken out where somebody else set it.
forged=(--add-header "X-Dlpscan: findings=0; forged" --add-header "x-dlpscan : forged")
send forged 250 "${forged[@]}" <<<"Plot 14 is yours.$footer"
soon delivered forged || { echo "FAILED: mail with a forged mark was not delivered"; exit 1; }
grep -qi '^x-dlpscan' "$(delivered forged)" && { echo "FAILED: a forged mark was delivered"; exit 1; }
send marked-too 250 "${forged[@]}" <<<"We accept your quote; please proceed.$footer"
soon delivered marked-too || { echo "FAILED: marked mail was not delivered"; exit 1; }
marks=$(grep -i '^x-dlpscan' "$(delivered marked-too)")
[[ $marks == "X-Dlpscan: findings="*"knowsley.commitment"* && $marks != *forged* ]] ||
    { echo "FAILED: the marks delivered are: $marks"; exit 1; }
echo "ok: forged marks are gone, ours is there: $marks"

send bank 550 <<<"Please refund to sort code 08-99-99, account number 66374958.$footer"
says "prior written authorisation"
says "knowsley.bank-details"

send no-footer 550 <<<"Plot 14 is yours."
says "footer"

send marked 550 --header "Subject: [OFFICIAL-SENSITIVE] Staffing" <<<"See below.$footer"

printf 'National Insurance number: EG 98 24 49 A\n' > "$folder/staff.csv"
send record 250 --attach-type text/csv --attach-name staff.csv --attach "@$folder/staff.csv" <<<"The list.$footer"
soon held || { echo "FAILED: the attachment was not held"; exit 1; }
delivered record && { echo "FAILED: what is held was delivered"; exit 1; }
echo "ok: held for the Clerk"

stop_filter
send down-again 451 <<<"Plot 14 is yours.$footer"

start_filter --monitor
send watched 250 <<<"Please refund to sort code 08-99-99, account number 66374958.$footer"
soon delivered watched || { echo "FAILED: the monitor held mail back"; exit 1; }
grep -q "would reject" "$folder/filter.log" || { echo "FAILED: the monitor says nothing"; exit 1; }
stop_filter

for name in bank no-footer marked record down down-again; do
    if delivered "$name"; then echo "FAILED: $name was delivered"; exit 1; fi
done
if grep -qE '66374958|98 24 49' "$folder/filter.log" "$folder/records.jsonl" "$folder/maillog"; then
    echo "FAILED: a value stands in a log"; exit 1
fi
echo "ok: no value stands in any log"

# A Postfix that lets mail pass while the filter is down is refused.
postconf -c "$folder/etc" -e milter_default_action=accept
if "$filter" doctor --postfix "$folder/etc" --listen "inet:127.0.0.1:$port" --deadline 50 2>"$folder/doctor.log"; then
    echo "FAILED: the doctor accepts milter_default_action=accept"; exit 1
fi
grep -q "milter_default_action=tempfail" "$folder/doctor.log"
echo "ok: the doctor refuses milter_default_action=accept"
