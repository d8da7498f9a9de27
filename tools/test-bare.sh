#!/bin/sh
# test-bare.sh [COMMAND...] -- runs README's commands on a bare machine: a new Debian (debootstrap's minbase with git and make) in a
# temporary directory, with a clone of this checkout's HEAD. Needs root, else it skips. Packages come from the source that this
# machine's apt is configured with. COMMANDs replace README's. BARE=DIR keeps the system in DIR, for another run.
set -eu
cd "$(dirname "$0")/.."
skip() { echo "test-bare: skipped: $1"; exit 0; }
say() { echo "test-bare: $*"; }

release=bookworm
[ "$(id -u)" -eq 0 ] || skip "debootstrap and chroot need root"
command -v apt-get > /dev/null || skip "no apt-get here"
sources=$(apt-get indextargets --format '$(TARGET_OF) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    sed -n "/^deb .* $release[-a-z]* /p" | sort -u)
mirror=$(echo "$sources" | sed -n "s/^deb \([^ ]*\) $release main$/\1/p" | head -n 1)
[ -n "$mirror" ] || skip "this machine's apt has no source of Debian's $release"
proxy=
eval "$(apt-config shell proxy Acquire::http::Proxy)"
[ -z "$proxy" ] || export http_proxy="$proxy"
command -v debootstrap > /dev/null || apt-get install -y -q --no-install-recommends debootstrap > /dev/null ||
    skip "debootstrap cannot be installed"

root=${BARE:-$(mktemp -d)}
log=$root.log
# Mounts exist in a namespace of their own, which ends before the directory is removed.
clean() { [ -n "${BARE:-}" ] || rm -rf --one-file-system "$root" "$log"; }
trap clean EXIT
trap 'exit 130' INT TERM

# inside COMMAND: runs in the system, with /proc and /dev; whatever it leaves running ends with it
inside() {
    unshare --mount --pid --fork --kill-child sh -c 'mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" &&
        exec chroot "$1" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin ${http_proxy:+http_proxy=$http_proxy} sh -c "cd /gagen && $2"' \
        inside "$root" "$1"
}

# settle: the package source of this machine, and how it gets there
settle() {
    echo "$sources" > "$root/etc/apt/sources.list"
    apt-config dump | grep '^Acquire::' | grep -v 'IndexTargets\|Changelogs\|^Acquire::[A-Za-z:]* "";' > "$root/etc/apt/apt.conf.d/90machine" || :
    for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt /etc/apt/trusted.gpg.d/* /etc/apt/keyrings/* /etc/apt/auth.conf; do
        [ ! -f "$file" ] || { mkdir -p "$root$(dirname "$file")" && cp -L "$file" "$root$file"; }
    done
}

if [ ! -d "$root/etc/apt" ]; then
    say "debootstrap --variant=minbase --include=git,make $release"
    debootstrap --variant=minbase --include=git,make $release "$root" "$mirror" > "$log" 2>&1 || { tail -n 20 "$log"; exit 1; }
    settle
fi
rm -rf --one-file-system "$root/gagen"
git clone -q --no-hardlinks . "$root/gagen"
git -C "$root/gagen" checkout -q --detach "$(git rev-parse HEAD)"
[ $# -gt 0 ] || { eval "set -- $(sed -n "s/^    \(make [a-z-]*\)  .*/'\1'/p" README.md | tr '\n' ' ')"; }
for command; do
    say "$command, of $(git rev-parse --short HEAD)"
    rc=0
    inside "$command" > "$log" 2>&1 || rc=$?
    tail -n "${LINES_TOLD:-12}" "$log"
    [ $rc -eq 0 ] || { say "$command: exit $rc"; exit 1; }
done
say "passed: $*"
