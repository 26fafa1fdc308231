#!/bin/sh
# SPDX-License-Identifier: MIT
# The launcher of the private database: its refusals, and 20 first starts killed in the middle, after each of which the next
# start must come up. TAP. TASKYARD_DATABASE names the launcher; as root it goes on as an ordinary user.
set -u

launcher=${TASKYARD_DATABASE:?names the launcher to test}
dir=$(mktemp -d /tmp/taskyard-launcher.XXXXXX) || exit 99
cp "$launcher" "$dir/launcher" && chmod 755 "$dir/launcher"
as_user=
if [ "$(id -u)" -eq 0 ]; then
    id -u taskyard > /dev/null 2>&1 && user=taskyard || user=nobody
    chown "$user" "$dir"
    as_user="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups"
fi
number=0
failed=0

# Kills all that was started for a state directory: each such process has its path in its arguments or works in it.
processes() {
    for link in /proc/[0-9]*/cwd; do
        case $(readlink "$link" 2> /dev/null) in "$1" | "$1"/*) pid=${link#/proc/}; echo "${pid%/cwd}" ;; esac
    done
}
kill_all() {
    for pid in $(processes "$1"); do kill -9 "$pid" 2> /dev/null; done
}
# shellcheck disable=SC2317  # called by the trap
tidy() {
    for path in "$dir"/*; do kill_all "$path"; done
    rm -rf "$dir"
}
trap tidy EXIT

result() { # ok-or-not text
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then echo "ok $number - $2"; else echo "not ok $number - $2"; failed=1; fi
}
run() {
    $as_user sh "$dir/launcher" "$@"
}
refuses() { # status pattern text arguments...
    wanted=$1 pattern=$2 text=$3
    shift 3
    output=$(run "$@" 2>&1)
    status=$?
    [ "$status" -eq "$wanted" ] && echo "$output" | grep -q "$pattern"
    result $? "$text"
}
comes_up() { # state socket; true when the server says so within 30 s
    run "$1" "$2" > "$1.log" 2>&1 &
    tries=0
    until grep -q 'ready for connections' "$1.log"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 600 ]; then sed 's/^/# /' "$1.log"; return 1; fi
        sleep 0.05
    done
}
stops() { # state; SIGTERM ends it within 20 s
    kill -TERM "$(cat "$1/mariadbd.pid")"
    tries=0
    while [ -n "$(processes "$1")" ]; do
        tries=$((tries + 1))
        [ "$tries" -le 400 ] || return 1
        sleep 0.05
    done
}

echo 1..12
run --version | grep -q '^taskyard-database [0-9]'
result $? "--version"
run --help | grep -q '^Usage: taskyard-database'
result $? "--help"
refuses 64 'Usage' "one argument is too few" only-one
refuses 64 'unknown option' "an unknown option" --nonsense a b
refuses 78 'bytes long, 107 at most' "a socket path that is too long" "$dir/long" "$dir/$(printf '%0120d' 0)"
refuses 78 'no directory for the socket' "a socket in no directory" "$dir/nowhere" "$dir/absent/socket"

empty=$dir/empty
mkdir "$empty"
for program in sh id wc dirname printf sed cat; do ln -s "$(command -v $program)" "$empty/$program" 2> /dev/null; done
sed 's|^PATH=.*|PATH='"$empty"'|' "$dir/launcher" > "$dir/bare"
output=$($as_user sh "$dir/bare" "$dir/none" "$dir/socket" 2>&1)
[ $? -eq 69 ] && echo "$output" | grep -q 'mariadb-server-core'
result $? "no server installed: the package is named"

if [ "$(id -u)" -eq 0 ]; then
    output=$(sh "$dir/launcher" "$dir/root" "$dir/socket" 2>&1)
    [ $? -eq 77 ] && echo "$output" | grep -q 'does not run as root'
    result $? "refuses root"
else
    number=$((number + 1))
    echo "ok $number - refuses root # SKIP not root"
fi

spaced="$dir/with space"
comes_up "$spaced" "$dir/s1"
result $? "comes up in a directory with a space in its name"
TASKYARD_DATABASE_WAIT=1
export TASKYARD_DATABASE_WAIT
refuses 75 'another server is using' "a second one for the same directory is refused" "$spaced" "$dir/s2"
unset TASKYARD_DATABASE_WAIT
stops "$spaced"
result $? "SIGTERM ends it"

# 20 first starts, each killed a little later than the one before.
killed_well=0
round=0
while [ $round -lt 20 ]; do
    state=$dir/k$round
    run "$state" "$dir/s3" > "$dir/first.log" 2>&1 &
    sleep "$(awk "BEGIN { print 0.05 + $round * 0.08 }")"
    kill_all "$state"
    if comes_up "$state" "$dir/s3"; then
        killed_well=$((killed_well + 1))
    else
        echo "# round $round did not come up"
    fi
    kill_all "$state"
    rm -rf "$state"
    round=$((round + 1))
done 2> /dev/null
[ $killed_well -eq 20 ]
result $? "20 killed first starts, and the next start came up ($killed_well times)"
exit $failed
