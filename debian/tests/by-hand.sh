# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Sourced: starts the installed private database and supervisor by hand, without a service manager, in a directory of
# their own ($site), under the package's account; stops them when the test ends.

site=$(mktemp -d /tmp/taskyard-test.XXXXXX)
database_pid=
supervisor_pid=
listen=
settings=
TASKYARD_SOCKET=$site/control.sock
export TASKYARD_SOCKET

# Only with & behind it: that shell becomes the program, so that $! is the program's.
as_taskyard() {
    exec setpriv --reuid=taskyard --regid=taskyard --init-groups env -i PATH="$PATH" LANG=C.UTF-8 "$@"
}

stop() {
    status=$?
    for pid in $supervisor_pid $database_pid; do
        kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" || true
    done
    [ "$status" -eq 0 ] || tail -n 40 "$site"/*.log
    rm -rf "$site"
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

# within SECONDS COMMAND...: repeats the command until it succeeds.
within() {
    end=$(($(date +%s) + $1))
    shift
    until "$@"; do
        if [ "$(date +%s)" -ge "$end" ]; then
            echo "not in time: $*" >&2
            return 1
        fi
        sleep 0.1
    done
}

is_ready() {
    for pid in $supervisor_pid $database_pid; do
        kill -0 "$pid" || exit 1
    done
    taskyard status --json 2>/dev/null | tr -d ' \n' | grep -q '"state":"ready"'
}

# With $listen and $settings.
start_supervisor() {
    cat >"$site/taskyard.conf" <<CONF
listen = "$listen"
control_socket = "$TASKYARD_SOCKET"
state_dir = "$site/state"
types_dir = "$site/types.d"
drain_timeout = 1
$settings
database { socket = "$site/database.sock" }
CONF
    as_taskyard /usr/sbin/taskyard-supervisor --config "$site/taskyard.conf" >"$site/supervisor.log" 2>&1 &
    supervisor_pid=$!
    within 60 is_ready
}

start() {
    chown taskyard: "$site"
    mkdir -p "$site/types.d"
    as_taskyard /usr/libexec/taskyard/taskyard-database --small "$site/database" "$site/database.sock" \
        >"$site/database.log" 2>&1 &
    database_pid=$!
    start_supervisor
}
