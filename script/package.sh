# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# SPDX-License-Identifier: MIT
# Sourced by script/test for the parts `package` and `package-short`: the Debian packages are built from the tarball, looked
# at, installed in a Debian tree of their own, tried there without and with systemd, upgraded, removed and purged. Needs
# root, for the tree. From script/test: $top, $build_dir, run_shown, add. What it leaves: the packages and the logs.

package_packages=(blhc debhelper dpkg-dev fakeroot libsystemd-dev lintian mmdebstrap pkgconf systemd
  systemd-container util-linux)
piuparts_packages=(piuparts)
boot_limit=180 # seconds; so long for a machine with other work

# step NAME COMMAND...: one thing that passes or fails; its output is shown, and how long it took.
step() {
  local status=0 begin=$SECONDS
  run_shown "package: $1" "${@:2}" || status=$?
  printf -- '-- %s: %d s\n' "$1" $((SECONDS - begin))
  add "$([ "$status" -eq 0 ] && echo 1 || echo 0)" 0 "$status"
  return "$status"
}

# ---- build ----

make_tarball() {
  make -s -C "$build_dir" dist >/dev/null || return 1
  if tar tf "$build_dir/taskyard-$version.tar.xz" | grep '/debian/'; then
    echo "debian/ is in the tarball"
    return 1
  fi
}

# The tarball does not depend on when, and with which umask, it is made.
make_tarball_again() {
  local first second
  first=$(sha256sum <"$build_dir/taskyard-$version.tar.xz")
  find "$build_dir" -maxdepth 2 -name 'taskyard.1.in' -exec touch {} +
  (umask 077 && make -s -C "$build_dir" dist >/dev/null) || return 1
  second=$(sha256sum <"$build_dir/taskyard-$version.tar.xz")
  echo "$first"
  [ "$first" = "$second" ] || { echo "another tarball the second time: $second" && return 1; }
}

# debian/copyright says of the web console that all of it is under the MIT licence.
check_licences() {
  local listed
  listed=$(tar -xOf "$build_dir/taskyard-$version.tar.xz" "taskyard-$version/web/dist/THIRD-PARTY.txt") || return 1
  if printf '%s\n' "$listed" | grep '^License: ' | grep -v '^License: MIT$'; then
    echo "debian/copyright does not know this licence"
    return 1
  fi
  printf '%s\n' "$listed" | grep -c '^License: MIT$'
}

# build_packages DIRECTORY: from the tarball and debian/, without network.
build_packages() {
  local directory=$1
  rm -rf "$directory"
  mkdir -p "$directory" || return 1
  cp "$build_dir/taskyard-$version.tar.xz" "$directory/taskyard_$version.orig.tar.xz" &&
    tar -C "$directory" -xf "$directory/taskyard_$version.orig.tar.xz" &&
    cp -a "$top/debian" "$directory/taskyard-$version/" || return 1
  # The unit tests are a part of their own.
  (cd "$directory/taskyard-$version" &&
    DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" unshare --net dpkg-buildpackage -us -uc >"$directory/build.log" 2>&1) || {
    tail -n 40 "$directory/build.log"
    return 1
  }
  (cd "$directory" && ls -- *.deb)
}

# Another directory, umask, time zone and language: the same packages to the bit.
build_again() {
  local package status=0
  (umask 002 && TZ=Pacific/Auckland LC_ALL=C.UTF-8 build_packages "$packages/again/elsewhere") || return 1
  for package in "$packages"/first/*.deb; do
    cmp "$package" "$packages/again/elsewhere/${package##*/}" || status=1
  done
  return "$status"
}

check_lintian() {
  lintian --allow-root --fail-on error,warning --display-info --pedantic "$packages"/first/taskyard_*.changes
}

# ---- a Debian tree ----

in_tree() {
  "${nspawn[@]}" "$@"
}

# The mirrors and proxies that this machine installs from, as the tree is to have them; no mirrors: those of mmdebstrap.
apt_mirrors() {
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' | sort -u
}

apt_proxies() {
  apt-config dump | grep -E '^Acquire::https?::Proxy ' || true
  [ -z "${http_proxy-}" ] || printf 'Acquire::http::Proxy "%s";\n' "$http_proxy"
  [ -z "${https_proxy-}" ] || printf 'Acquire::https::Proxy "%s";\n' "$https_proxy"
}

# Nothing in it has to outlive a power loss.
make_tree() {
  local mirrors line options=(--aptopt='Acquire::Retries "3"')
  rm -rf --one-file-system "$tree"
  mirrors=$(apt_mirrors)
  while read -r line; do options+=(--aptopt="$line"); done < <(apt_proxies)
  printf '%s\n' "$mirrors" |
    mmdebstrap --quiet --variant=minbase --include=systemd-sysv,dbus --dpkgopt=force-unsafe-io --skip=cleanup/apt \
      "${options[@]}" "$suite" "$tree" ${mirrors:+-}
}

# Each package goes in, is purged, and leaves nothing behind: in copies of the tree, which has nothing but the base so far.
check_piuparts() {
  local status=0 package each=()
  for package in "$packages"/first/*.deb; do
    [[ $package == *-dbgsym_* ]] || each+=("$package")
  done
  piuparts --existing-chroot="$tree" --keep-sources-list --no-upgrade-test --allow-database -d "$suite" "${each[@]}" \
    >"$packages/piuparts.log" 2>&1 || status=$?
  grep -E 'ERROR|FAIL|PASS' "$packages/piuparts.log" || true
  [ "$status" -eq 0 ] || tail -n 40 "$packages/piuparts.log"
  return "$status"
}

# As an administrator would, with what the packages recommend. taskyard-dbconfig comes later, by its own test.
install_packages_in_tree() {
  mkdir -p "$tree/root/packages"
  cp "$packages"/first/*_*.deb "$tree/root/packages/" && rm -f "$tree"/root/packages/*-dbgsym_* &&
    mv "$tree"/root/packages/taskyard-dbconfig_* "$tree/root/" && cp -a "$top/debian/tests" "$tree/root/tests" || return 1
  in_tree env DEBIAN_FRONTEND=noninteractive sh -ec '
    apt-get install -q -y -o APT::Install-Recommends=true /root/packages/*.deb >/root/install.log 2>&1 || {
      tail -n 40 /root/install.log
      exit 1
    }
    dpkg -l "*taskyard*" | sed -n "s/^ii *//p"
    systemd-analyze verify --man=no taskyard.service taskyard-database.service'
}

# What debian/tests/control asks for. The server for the test of taskyard-dbconfig is not started before the tree boots.
install_test_packages_in_tree() {
  in_tree env DEBIAN_FRONTEND=noninteractive sh -ec '
    printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d
    chmod 0755 /usr/sbin/policy-rc.d
    apt-get install -q -y --no-install-recommends dbconfig-mysql gcc iproute2 libc6-dev mariadb-client mariadb-server nginx-light \
      openssl pkgconf procps python3 >/root/install.log 2>&1 || {
      tail -n 40 /root/install.log
      exit 1
    }
    rm /usr/sbin/policy-rc.d'
}

# ---- the tree booted ----

boot_tree() {
  local children end=$((SECONDS + boot_limit))
  "${nspawn[@]}" --private-network --boot </dev/null >"$packages/boot.log" 2>&1 &
  nspawn_pid=$!
  leader=
  until [ -n "$leader" ] && in_booted systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded'; do
    children=
    read -r children _ <"/proc/$nspawn_pid/task/$nspawn_pid/children" 2>/dev/null || true
    leader=${children%% *}
    if [ "$SECONDS" -ge "$end" ] || ! kill -0 "$nspawn_pid" 2>/dev/null; then
      tail -n 40 "$packages/boot.log"
      return 1
    fi
    sleep 0.2
  done
}

in_booted() {
  nsenter -t "$leader" -a "$@"
}

# Asks for an orderly end, then ends it at once.
halt_tree() {
  [ -n "${nspawn_pid-}" ] || return 0
  kill -TERM "$nspawn_pid" 2>/dev/null || true
  # The tree's first process may outlive systemd-nspawn; with it, everything in the tree ends.
  timeout 30 tail --pid="$nspawn_pid" -f /dev/null || kill -KILL "$nspawn_pid" "$leader" 2>/dev/null || true
  wait "$nspawn_pid" 2>/dev/null || true
  nspawn_pid=
}

# The packages once more over themselves: what dpkg does for an upgrade. A changed configuration stays; a running task goes
# on, in the same attempt, under the same process, which has become the new program. A program that cannot hand over is
# started anew, and the running task is given the time to end.
upgrade_in_tree() {
  in_booted env DEBIAN_FRONTEND=noninteractive sh -ec '
    echo "drain_timeout = 31" >>/etc/taskyard/taskyard.conf
    cat >/etc/taskyard/types.d/waiter.conf <<"TYPE"
type waiter { runner = command command = {"/bin/sh", "-c", "until [ -e /tmp/waiter.go ]; do sleep 0.1; done"} }
TYPE
    taskyard reload
    pid_of() { systemctl show -P MainPID "$1"; }
    upgrades() { taskyard status --json | tr -d " \n" | sed "s/.*\"upgrades\":\([0-9]*\).*/\1/"; }
    is_running() { taskyard show --json "$task" | tr -d " \n" | grep -q "\"status\":\"running\""; }
    start_task() {
      rm -f /tmp/waiter.go
      task=$(taskyard create waiter)
      for i in $(seq 300); do
        if is_running; then return 0; fi
        sleep 0.1
      done
      return 1
    }
    end_task() {
      touch /tmp/waiter.go
      timeout 60 taskyard watch "$task"
      [ "$(taskyard attempts "$task" | wc -l)" -eq 2 ]
    }

    start_task
    supervisor=$(pid_of taskyard) database=$(pid_of taskyard-database)
    dpkg -i /root/packages/taskyard_*.deb
    [ "$(pid_of taskyard)" = "$supervisor" ]
    [ "$(pid_of taskyard-database)" = "$database" ]
    [ "$(upgrades)" -eq 1 ]
    grep "drain_timeout = 31" /etc/taskyard/taskyard.conf
    systemctl is-active taskyard taskyard-database
    is_running
    end_task
    echo "a running task goes on under the new program"

    start_task
    (sleep 2; touch /tmp/waiter.go) &
    ln -s /bin/false /usr/local/bin/taskyard
    dpkg -i /root/packages/taskyard_*.deb
    rm /usr/local/bin/taskyard
    [ "$(pid_of taskyard)" != "$supervisor" ]
    end_task
    rm -f /tmp/waiter.go /etc/taskyard/types.d/waiter.conf
    taskyard reload
    echo "one that cannot hand over is started anew, and lets the task end"'
}

# An administrator who wants nothing restarted gets nothing restarted, in place neither, and is told how to do it later.
forbid_upgrade_in_tree() {
  in_booted env DEBIAN_FRONTEND=noninteractive sh -ec '
    upgrades() { taskyard status --json | tr -d " \n" | sed "s/.*\"upgrades\":\([0-9]*\).*/\1/"; }
    printf "#!/bin/sh\necho \"\$*\" >>/root/policy.log\nexit 101\n" >/usr/sbin/policy-rc.d
    chmod 0755 /usr/sbin/policy-rc.d
    trap "rm -f /usr/sbin/policy-rc.d /root/policy.log" EXIT
    supervisor=$(systemctl show -P MainPID taskyard) before=$(upgrades)
    dpkg -i /root/packages/taskyard_*.deb 2>/root/dpkg.log || { cat /root/dpkg.log; exit 1; }
    cat /root/dpkg.log /root/policy.log
    grep -qx "taskyard.service restart" /root/policy.log
    grep -q "policy-rc.d forbids a restart.*taskyard upgrade" /root/dpkg.log
    [ "$(systemctl show -P MainPID taskyard)" = "$supervisor" ]
    [ "$(upgrades)" -eq "$before" ]
    echo "policy-rc.d is asked, and obeyed"'
}

# Removing keeps the data, purging deletes it and leaves nothing that runs.
remove_from_tree() {
  in_booted env DEBIAN_FRONTEND=noninteractive sh -ec '
    apt-get remove -q -y taskyard taskyard-examples libtaskyard-dev libtaskyard0 >/dev/null
    [ -d /var/lib/taskyard/database/data ] && [ -f /etc/taskyard/taskyard.conf ]
    if pgrep -u taskyard; then exit 1; fi
    apt-get purge -q -y taskyard >/dev/null
    for left in /etc/taskyard /var/lib/taskyard /run/taskyard /etc/systemd/system/taskyard.service.wants \
      /etc/systemd/system/multi-user.target.wants/taskyard.service; do
      if [ -e "$left" ]; then
        ls -lR "$left"
        exit 1
      fi
    done
    systemctl --failed --no-legend | { ! grep taskyard; }
    echo "nothing left but the account"'
}

# Not through step(): what it starts has to be a child of this shell.
boot_step() {
  local status=0
  part_name="package: the tree boots with systemd"
  printf '\n== %s\n' "$part_name"
  boot_tree >"$output" 2>&1 || status=$?
  cat "$output"
  add "$([ "$status" -eq 0 ] && echo 1 || echo 0)" 0 "$status"
  return "$status"
}

# step_in_booted NAME COMMAND...: the journal's end when it fails.
step_in_booted() {
  step "$@" || in_booted journalctl -n 60 --no-pager || true
}

try_booted() {
  local name
  boot_step || return 0
  step_in_booted "service (debian/tests/service)" in_booted /root/tests/service
  step "back-up and restore (debian/tests/backup)" in_booted /root/tests/backup || true
  step_in_booted "tasks of another account (debian/tests/users)" in_booted /root/tests/users
  step_in_booted "upgrade that policy-rc.d forbids" forbid_upgrade_in_tree
  step_in_booted "upgrade with a running task" upgrade_in_tree
  for name in dbconfig remote; do
    step_in_booted "own server (debian/tests/$name)" in_booted sh -c "/root/tests/$name /root/taskyard-dbconfig_*.deb"
  done
  step "remove and purge" remove_from_tree || true
}

# What an administrator does first: the service is up, and runs a task.
run_one_task() {
  in_booted sh -ec '
    end=$(($(date +%s) + 180))
    until taskyard status --json 2>/dev/null | tr -d " \n" | grep -q "\"state\":\"ready\""; do
      [ "$(date +%s)" -lt "$end" ]
      sleep 0.2
    done
    cp /usr/share/taskyard/examples/types.d/word_count.conf /etc/taskyard/types.d/
    systemctl reload taskyard
    timeout 180 taskyard create word_count --payload /etc/passwd --wait
    taskyard doctor'
}

# Why the packages cannot be tried here; nothing if they can. systemd-nspawn makes namespaces and mounts: a root that is
# shut into a container may often do neither.
package_obstacle() {
  if ! is_root; then
    echo "it needs root, for a Debian tree to install into"
  elif ! grep -qx 'ID=debian' /etc/os-release; then
    echo "it needs a Debian system"
  elif ! unshare --mount --net --pid --fork mount -t tmpfs none /mnt; then
    echo "this root may not make namespaces and mounts (CAP_SYS_ADMIN), so no Debian tree can be booted here"
  fi
}

# descendants PID: the processes that come from it, without those that look for them.
descendants() {
  local child children=()
  read -r -a children 2>/dev/null <"/proc/$1/task/$1/children" || true
  for child in "${children[@]}"; do
    if [ "$child" != "$BASHPID" ]; then
      echo "$child"
      descendants "$child"
    fi
  done
}

# Also when a step failed or the whole was interrupted: nothing goes on, and the tree is gone. What mmdebstrap and
# systemd-nspawn mount, they mount in namespaces of their own, which end with them.
clean_up_packages() {
  local pid started end=$((SECONDS + 40))
  started=$(descendants $$)
  halt_tree
  for pid in $started; do
    kill -TERM "$pid" 2>/dev/null || continue
    while kill -0 "$pid" 2>/dev/null && [ "$SECONDS" -lt "$end" ]; do sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
  done
  rm -rf --one-file-system "$tree"
}

prepare_package_tests() {
  suite=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
  version=$(sed -n 's/^AC_INIT(\[taskyard\], \[\(.*\)\])$/\1/p' "$top/configure.ac")
  packages=$top/build/package
  tree=$packages/tree
  # The name tells it from the tree of another clone that is tested at the same time.
  nspawn=(systemd-nspawn --machine="taskyard-test-$$" --register=no --keep-unit --quiet --console=pipe --directory="$tree")
  mkdir -p "$packages"
  trap 'clean_up_packages; rm -f "$output" "$failures"' EXIT
}

# Built, looked at, installed, booted, one task: for every submission.
package_short_steps() {
  step "tarball" make_tarball || return 0
  step "build" build_packages "$packages/first" || return 0
  step "hardening flags (blhc)" blhc --bindnow "$packages/first/build.log" || true
  step "lintian" check_lintian || true
  step "a minimal Debian $suite" make_tree || return 0
  step "install" install_packages_in_tree || return 0
  if boot_step; then
    step_in_booted "one task" run_one_task
  fi
}

package_steps() {
  step "tarball" make_tarball || return 0
  step "the same tarball again" make_tarball_again || true
  step "licences of the web console" check_licences || true
  step "build" build_packages "$packages/first" || return 0
  step "hardening flags (blhc)" blhc --bindnow "$packages/first/build.log" || true
  step "lintian" check_lintian || true
  step "the same packages again" build_again || true
  step "a minimal Debian $suite" make_tree || return 0
  step "install and purge each (piuparts)" check_piuparts || true
  step "install" install_packages_in_tree || return 0
  step "install what the tests need" install_test_packages_in_tree || return 0
  step "without systemd (debian/tests/smoke)" in_tree --private-network /root/tests/smoke || true
  step "plugin and library (debian/tests/develop)" in_tree --private-network /root/tests/develop || true
  step "behind nginx (debian/tests/proxy)" in_tree --private-network /root/tests/proxy || true
  try_booted
}

# package_tests STEPS
package_tests() {
  prepare_package_tests
  "$1"
  clean_up_packages
}
