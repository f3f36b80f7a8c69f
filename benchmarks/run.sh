#!/usr/bin/env bash
# Our engine's speed beside that of the usdm4 package, on the same study and the same Python; then what is stored:
# a table imported beside SQLAlchemy's own way to write the same rows, facts recorded among few and among many, pages,
# reports of a million visits beside pandas and bare statements, starting; then messages: sent beside Celery with Redis,
# and claimed among few and among many; then calendars: feeds beside Radicale and nginx, and rebuilt beside the icalendar
# package's own serialiser.
#
#   benchmarks/run.sh [SECONDS]      each run lasts SECONDS (2 unless given); five pairs of runs
#
# The reference data is looked for in $PLANNER_REFERENCE_DATA, or ../shared/data beside the project. The
# peers get environments of their own, .venv-usdm4, .venv-celery, .venv-radicale and .venv-pandas, made on first use; Redis, wrk and nginx
# are Debian's redis-server, wrk and nginx-light.
# Without the data or a peer, only ours is measured. PLANNER_BENCH_STORED is how many messages are stored at most.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-2}
pairs=5
study="${PLANNER_REFERENCE_DATA:-../shared/data}/usdm/CDISC_Pilot_Study.json"
peer_package='usdm4==0.19.*'
peer_env=.venv-usdm4
celery_package='celery[redis]==5.*'
celery_env=.venv-celery
radicale_package='radicale==3.9.*'
radicale_env=.venv-radicale
pandas_packages=('pandas==3.*' 'psycopg[binary]==3.*')
pandas_env=.venv-pandas
our_python=.venv/bin/python
uv=.bootstrap/bin/uv
results=$(mktemp)
trap 'rm -f "$results"' EXIT

say() { printf '%s\n' "$*" >&2; }

# Whether the peer's environment is there and whole.
peer_works() {
    [[ -x $peer_env/bin/python ]] && "$peer_env/bin/python" -c 'import usdm4.expander' 2>/dev/null
}

# make_environment FOLDER PACKAGE...: with the Python that runs ours, so that the two differ in nothing else.
make_environment() {
    local folder=$1
    shift
    say "making $folder for $*"
    rm -rf "$folder"
    if [[ -x $uv ]]; then
        "$uv" venv --quiet --python "$our_python" "$folder" && "$uv" pip install --quiet --python "$folder/bin/python" "$@"
    else
        "$our_python" -m venv "$folder" && "$folder/bin/python" -m pip install --quiet "$@"
    fi
}

make_peer() { make_environment "$peer_env" "$peer_package"; }

# python_with NAME MODULES FOLDER PACKAGE…: prints the Python that has a peer's modules, made where there is none; says
# what is missing if it cannot be.
python_with() {
    local name=$1 modules=$2 folder=$3
    shift 3
    if "$folder/bin/python" -c "import $modules" 2>/dev/null || make_environment "$folder" "$@" >&2; then
        echo "$folder/bin/python"
    else
        rm -rf "$folder"
        say "$1 could not be installed: $name is not measured"
    fi
}

celery_python() {
    if command -v redis-server >/dev/null; then
        python_with Celery 'celery, redis' "$celery_env" "$celery_package"
    else
        say "no redis-server (on Debian: apt-get install redis-server): Celery is not measured"
    fi
}

radicale_python() { python_with Radicale radicale "$radicale_env" "$radicale_package"; }

pandas_python() { python_with pandas 'pandas, psycopg' "$pandas_env" "${pandas_packages[@]}"; }

# Whether the peer can be measured; says what is missing if not.
have_peer() {
    if [[ ! -r $study ]]; then
        say "no reference study at $study (set PLANNER_REFERENCE_DATA): the peer is not measured"
        return 1
    fi
    if ! peer_works && ! { make_peer >&2 && peer_works; }; then
        rm -rf "$peer_env"
        say "$peer_package could not be installed: the peer is not measured"
        return 1
    fi
}

# record PAIR SIDE COMMAND...: run the command and keep the JSON line that it prints last.
record() {
    local pair=$1 side=$2 line
    shift 2
    line=$("$@" | tail -n 1) || return 1
    [[ -n $line ]] || return 1
    printf '{"pair": %d, "side": "%s", "result": %s}\n' "$pair" "$side" "$line" >>"$results"
}

run_ours() {
    record "$1" ours "$our_python" benchmarks/plan_speed.py --seconds "$seconds" --history "$history" ||
        { say "our own benchmark failed in pair $1"; exit 1; }
}

run_peer() {
    record "$1" peer "$peer_env/bin/python" benchmarks/peer_usdm4.py "$study" "$seconds" ||
        say "the peer failed in pair $1: left out"
}

if [[ ! -x $our_python ]]; then
    say "no $our_python: set the project up first"
    exit 1
fi

peer=no
if have_peer; then peer=yes; fi

# Who goes first changes from pair to pair, so that neither always has the warmer machine.
for history in start-only in-treatment; do
    printf '\n%s: a calendar for %s\n' "$history" \
        "$([[ $history == start-only ]] && echo 'somebody who might join' || echo 'a participant with ten facts')"
    : >"$results"
    for ((pair = 1; pair <= pairs; pair++)); do
        if [[ $peer == no ]]; then
            run_ours "$pair"
        elif ((pair % 2)); then
            run_ours "$pair"
            run_peer "$pair"
        else
            run_peer "$pair"
            run_ours "$pair"
        fi
    done
    "$our_python" benchmarks/compare.py "$results"
done

printf '\nGrowth\n'
"$our_python" -m benchmarks.growth

printf '\nImporting a table\n'
"$our_python" -m benchmarks.import_speed

printf '\nRecording a fact\n'
"$our_python" -m benchmarks.record_speed

printf '\nPages\n'
"$our_python" -m benchmarks.page_speed

printf '\nReports\n'
pandas=$(pandas_python)
"$our_python" -m benchmarks.report_speed ${pandas:+--pandas "$pandas"}

printf '\nSDTM datasets\n'
"$our_python" -m benchmarks.sdtm_speed

printf '\nStarting\n'
"$our_python" -m benchmarks.start_up

printf '\nSending messages\n'
"$our_python" -m benchmarks.dispatch_speed --peer "$(celery_python)"

printf '\nCalendar feeds\n'
if command -v wrk >/dev/null; then
    radicale=$(radicale_python)
    "$our_python" -m benchmarks.feed_speed ${radicale:+--radicale "$radicale"}
else
    say "no wrk (on Debian: apt-get install wrk): calendar feeds are not measured"
fi

printf '\nClaiming messages\n'
"$our_python" -m benchmarks.claim_growth --many "${PLANNER_BENCH_STORED:-10000000}"

printf '\nRebuilding calendars\n'
"$our_python" -m benchmarks.ical_speed
