# shellcheck shell=bash
# Sourced after lib.sh. Starts a PostgreSQL server of the script's own, in a temporary folder and on
# a free port of loopback.
#
#   start_postgres [-c setting=value]…   sets $postgres_url (its `postgres` database); at most one at a time
#   stop_postgres                        stops it by its id and removes the folder; for the script's own trap
#
# The server does not flush to disk and does not authenticate, because it ends with the script.

postgres_folder='' postgres_pid=''

# Prints the newest version's folder of programs. Debian does not put them on PATH.
postgres_programs() {
    local folder
    for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
        [[ -x $folder/postgres ]] && { echo "$folder"; return; }
    done
    folder=$(dirname "$(command -v initdb || true)")
    [[ -x $folder/postgres ]] || die 'PostgreSQL is not installed; scripts/setup --for test installs it'
    echo "$folder"
}

start_postgres() {
    local programs port as_postgres=()
    programs=$(postgres_programs)
    postgres_folder=$(mktemp -d)
    # PostgreSQL refuses to run as root.
    if ((!EUID)); then
        as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups --)
        chown postgres: "$postgres_folder"
    fi
    (cd "$postgres_folder" && "${as_postgres[@]}" "$programs/initdb" --pgdata=data --username=interviewer --auth=trust \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync) >"$postgres_folder.log" 2>&1 ||
        { cat "$postgres_folder.log" >&2; die 'initdb failed'; }
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    # setpriv replaces itself by the server, so the process id is the server's.
    (cd "$postgres_folder" && exec "${as_postgres[@]}" "$programs/postgres" -D data -p "$port" -k "$postgres_folder" \
        -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c max_connections=200 "$@") \
        >>"$postgres_folder.log" 2>&1 &
    postgres_pid=$!
    for _ in {1..100}; do
        "$programs/pg_isready" -q -h 127.0.0.1 -p "$port" && break
        kill -0 "$postgres_pid" 2>/dev/null || { cat "$postgres_folder.log" >&2; die 'PostgreSQL did not start'; }
        sleep 0.1
    done
    # shellcheck disable=SC2034 # used by those who source this
    postgres_url=postgres://interviewer@127.0.0.1:$port/postgres
}

stop_postgres() {
    [[ -n $postgres_folder ]] || return 0
    if [[ -n $postgres_pid ]]; then
        # An immediate shutdown is enough, because the data is deleted with the folder.
        kill -QUIT "$postgres_pid" 2>/dev/null || true
        wait "$postgres_pid" 2>/dev/null || true
    fi
    rm -rf "$postgres_folder" "$postgres_folder.log"
    postgres_folder='' postgres_pid=''
}
