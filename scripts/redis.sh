#!/usr/bin/env bash
# Starts a Redis server of the script's own, on a free port of loopback, which stores nothing on
# disk. Sourced after lib.sh:
#
#   start_redis   sets $redis_url; at most one at a time
#   stop_redis    stops it by its id and removes its folder; for the script's own trap
#
# Run as a program (scripts/redis.sh PORT FOLDER), it becomes the server itself. The tests start it
# in this way, and may kill it.

redis_server() { # PORT FOLDER
    exec redis-server --port "$1" --bind 127.0.0.1 --dir "$2" --save '' --appendonly no --daemonize no --loglevel warning
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    command -v redis-server >/dev/null || {
        echo 'redis-server is not installed; scripts/setup --for test installs it' >&2
        exit 1
    }
    redis_server "$1" "$2"
fi

redis_folder='' redis_pid=''

start_redis() {
    local port
    command -v redis-server >/dev/null || die 'redis-server is not installed; scripts/setup --for test installs it'
    redis_folder=$(mktemp -d)
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    (redis_server "$port" "$redis_folder") >"$redis_folder/log" 2>&1 &
    redis_pid=$!
    for _ in {1..100}; do
        (echo >"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
        kill -0 "$redis_pid" 2>/dev/null || { cat "$redis_folder/log" >&2; die 'Redis did not start'; }
        sleep 0.05
    done
    # shellcheck disable=SC2034 # used by those who source this
    redis_url=redis://127.0.0.1:$port/
}

stop_redis() {
    [[ -n $redis_folder ]] || return 0
    if [[ -n $redis_pid ]]; then
        kill "$redis_pid" 2>/dev/null || true
        wait "$redis_pid" 2>/dev/null || true
    fi
    rm -rf "$redis_folder"
    redis_folder='' redis_pid=''
}
