# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# What script/server, script/test and script/taskyard share: packages, the account that things run as, the build.
# Sourced, never run. Errors end the calling script with one clear line on stderr.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
service_account=taskyard

build_packages=(gcc libc6-dev make autoconf automake libtool pkg-config libevent-dev libjson-c-dev uuid-dev
  libconfuse-dev libcurl4-openssl-dev libssl-dev libcrypt-dev check libmariadb-dev libsystemd-dev
  scdoc)
run_packages=(mariadb-server-core mariadb-client-core python3) # python3 for two of the examples
test_packages=(libeatmydata1 libfaketime python3-pytest python3-jsonschema python3-prometheus-client xz-utils)
lint_packages=(clang-format-14 shellcheck) # another version formats differently
fuzz_packages=(clang libclang-rt-14-dev)
browser_packages=(chromium) # for the end-to-end tests of the web console
bench_packages=(wrk)
peer_packages=(gearman-job-server gearman-tools python3-rq python3-celery celery python3-redis redis-server ruby-sidekiq task-spooler)

say() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
  say "$*"
  exit 1
}

is_root() {
  [ "$(id -u)" -eq 0 ]
}

# ---- packages ----

# Prints those of the named packages that are not installed, on one line.
packages_missing() {
  local package missing=()
  for package in "$@"; do
    # shellcheck disable=SC2016  # ${...} is dpkg-query's, not the shell's
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  printf '%s' "${missing[*]-}"
}

# What a clone needs to build the web console, unless node and npm are there, wherever they come from.
web_packages() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    printf 'nodejs npm'
  fi
}

# install_packages yes|no PACKAGE...: installs what is missing, or says what is missing where it may not.
install_packages() {
  local allowed=$1 missing
  shift
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "this is not a Debian system; configure will tell what it does not find"
    return 0
  fi
  missing=$(packages_missing "$@")
  [ -n "$missing" ] || return 0
  if [ "$allowed" = no ]; then
    die "these Debian packages are missing: $missing (install them as root: apt-get install $missing)"
  fi
  local become=()
  if ! is_root; then
    command -v sudo >/dev/null ||
      die "these Debian packages are missing and there is no sudo: $missing (as root: apt-get install $missing)"
    become=(sudo)
  fi
  say "installing $missing"
  "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null >&2 ||
    die "apt-get update failed"
  # shellcheck disable=SC2086  # a list of package names
  "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing \
    </dev/null >&2 || die "apt-get could not install: $missing"
}

# ---- the account under which the supervisor, the database and the tasks run ----

# As root: makes sure that there is an ordinary system account, and prepares `as_service` to become it.
# As anybody else, everything runs as the caller.
prepare_account() {
  as_service_words=()
  service_user=$(id -un)
  is_root || return 0
  if ! getent passwd "$service_account" >/dev/null; then
    useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin \
      "$service_account" || die "could not create the system account $service_account"
  fi
  service_user=$service_account
  as_service_words=(setpriv "--reuid=$service_account" "--regid=$(id -gn "$service_account")" --init-groups)
}

# Runs a command under that account, with a plain environment. Usable after prepare_account.
as_service() {
  "${as_service_words[@]}" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 HOME="${service_home:-/}" "$@"
}

# ---- the build ----

# Where the programs of a build are installed. A clone may lie where the service account cannot go (below /root,
# say), and what root runs may not lie where the service account can write: so for root it is a place of its own.
install_prefix() {
  local flavour=$1
  if is_root; then
    printf '/usr/local/lib/taskyard-dev/%s-%s' "$(printf '%s' "$top" | cksum | cut -d ' ' -f 1)" "$flavour"
  else
    printf '%s/build/stage-%s' "$top" "$flavour"
  fi
}

# True if the generated build system is missing or older than what it is made from.
needs_autoreconf() {
  [ -x "$top/configure" ] && [ -f "$top/Makefile.in" ] || return 0
  local newer
  newer=$(find "$top" -path "$top/build" -prune -o \
    \( -name configure.ac -o -name Makefile.am -o -name '*.am' \) -newer "$top/configure" -print -quit)
  [ -n "$newer" ]
}

# build_tree FLAVOUR [CONFIGURE OPTION...]: configures (when needed), makes and installs the tree out of tree, in
# build/FLAVOUR. Sets build_dir and prefix. The log is build/FLAVOUR.log; its end is shown when something fails.
build_tree() {
  local flavour=$1 log
  shift
  build_dir=$top/build/$flavour
  prefix=$(install_prefix "$flavour")
  log=$top/build/$flavour.log
  mkdir -p "$build_dir"
  say "building (log: build/$flavour.log)"
  # One build at a time in one clone.
  exec {build_lock}>"$top/build/lock"
  flock "$build_lock"
  if ! build_steps "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    die "the build failed; its whole log is $log"
  fi
  exec {build_lock}>&-
}

build_steps() {
  if needs_autoreconf; then
    (cd "$top" && autoreconf --install --force) || return 1
    # autoreconf leaves files alone that did not change; this one stands for all of them.
    touch "$top/configure" || return 1
  fi
  local wanted="--prefix=$prefix $*"
  if [ ! -f "$build_dir/Makefile" ] || ! configured_for "$wanted"; then
    rm -rf "$build_dir"
    mkdir -p "$build_dir" || return 1
    (cd "$build_dir" && "$top/configure" "--prefix=$prefix" "$@") || return 1
    printf '%s' "$wanted" >"$build_dir/configured-for" || return 1
  fi
  make -C "$build_dir" -j "$(nproc)" all || return 1
  make -C "$build_dir" install || return 1
  # A strict umask must not keep the service account out.
  ! is_root || chmod -R go+rX "$prefix" /usr/local/lib/taskyard-dev
}

# A build that was configured with more options than asked for (--enable-werror) serves as well.
configured_for() {
  local have
  have=$(cat "$build_dir/configured-for" 2>/dev/null) || return 1
  [ "$have" = "$1" ] || [ "$have" = "${1% } --enable-werror" ]
}
