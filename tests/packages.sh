# Debian packages for the tests: installs them and starts and enables none of their services. To be sourced.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
policy=/usr/sbin/policy-rc.d # exit code 101 forbids a package to start its service (Debian's invoke-rc.d)
kept=$policy.before-mailbot

forbid_services() {
	if [ -e "$policy" ] || [ -L "$policy" ]; then mv "$policy" "$kept"; fi
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
}

restore_policy() {
	rm -f "$policy"
	if [ -e "$kept" ] || [ -L "$kept" ]; then mv "$kept" "$policy"; fi
}

get() {
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=60 install -y --no-install-recommends "$@"
}

# install_packages LOG PACKAGE...
install_packages() {
	log=$1
	shift
	trap 'restore_policy; rm -f "$log"' EXIT
	trap 'exit 130' HUP INT TERM
	forbid_services
	{ get "$@" || { apt-get update && get "$@"; }; } >"$log" 2>&1
}

# A package enables its service for the next boot; the tests need only the binaries.
disable_service() {
	if command -v update-rc.d >/dev/null; then update-rc.d "$1" disable >/dev/null 2>&1 || true; fi
	if command -v deb-systemd-helper >/dev/null; then
		deb-systemd-helper disable "$1.service" "$1.socket" >/dev/null 2>&1 || true
	fi
}
