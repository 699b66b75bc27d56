# What building needs: read by `quickstart` and `test`, never run by itself.

say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

require_swift() {
    local version
    if ! command -v swift >/dev/null; then
        fail "Swift is missing. Bearergate needs Swift 6.3 or later:
  curl -O https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz
  tar zxf swiftly-$(uname -m).tar.gz && ./swiftly init
or see https://www.swift.org/install/linux/"
    fi
    version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' | head -n 1)
    [[ $(printf '%s\n' 6.3 "${version:-0}" | sort -V | head -n 1) == 6.3 ]] ||
        fail "Swift ${version:-of an unknown version} is too old: Bearergate needs 6.3 or later. See https://www.swift.org/install/linux/"
}

# Installs those of the named Debian packages that are missing.
require_packages() {
    local missing=() name sudo=()
    command -v dpkg-query >/dev/null || { say "Not a Debian system: what these packages hold must be there: $*"; return; }
    for name in "$@"; do
        # pkgconf stands in for pkg-config on newer releases: what counts is that dpkg knows the name as installed.
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
    done
    ((${#missing[@]})) || return 0
    say "Installing ${missing[*]}"
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "these packages are missing, and there is no sudo to install them: ${missing[*]}"
        sudo=(sudo)
    fi
    "${sudo[@]}" apt-get update -qq || say 'The package lists could not be refreshed; going on with those that are there.'
    # sudo drops the environment, so what apt is to know travels as an argument.
    # Debian starts a service as soon as it is installed (nginx on port 80, say); here they are wanted as programs only,
    # so /usr/sbin/policy-rc.d says no (101) meanwhile, unless the machine has its own.
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive sh -c '
        policy=/usr/sbin/policy-rc.d
        if ! [ -e $policy ] && ! [ -L $policy ]; then
            trap "rm -f $policy" EXIT
            trap "exit 1" HUP INT TERM
            printf "#!/bin/sh\n# Of an installation for Bearergate; left behind, it may go.\nexit 101\n" >$policy
            chmod 755 $policy
        fi
        apt-get install -y --no-install-recommends "$@"' sh "${missing[@]}"
}
