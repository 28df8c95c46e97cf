#!/bin/sh
# Gets a Dovecot binary for the tests, which start one of their own on loopback. As root on Debian and its kin it installs
# the package, and neither starts nor enables the service. Elsewhere it says in one line what is left out.
# Always exits 0: what to make of a missing Dovecot is for the tests to say.
set -eu

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
policy=/usr/sbin/policy-rc.d # exit code 101 forbids a package to start its service (Debian's invoke-rc.d)
kept=$policy.before-mailbot

leave_out() {
	echo "Dovecot is not installed, so the tests against a real mail server are left out. $1"
	exit 0
}

forbid_services() {
	if [ -e "$policy" ] || [ -L "$policy" ]; then mv "$policy" "$kept"; fi
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
}

restore_policy() {
	rm -f "$policy"
	if [ -e "$kept" ] || [ -L "$kept" ]; then mv "$kept" "$policy"; fi
}

install() {
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=60 install -y --no-install-recommends dovecot-imapd
}

if command -v dovecot >/dev/null; then exit 0; fi
if ! command -v apt-get >/dev/null; then
	leave_out "To have them, install Dovecot 2.3 with your system's packages."
fi
if [ "$(id -u)" -ne 0 ]; then
	leave_out "To have them, run as root: apt-get install dovecot-imapd"
fi

echo "Installing Dovecot for the tests (first time only) ..."
log=$(mktemp)
trap 'restore_policy; rm -f "$log"' EXIT
trap 'exit 130' HUP INT TERM
forbid_services
if ! { install || { apt-get update && install; }; } >"$log" 2>&1; then
	tail -n 5 "$log"
	leave_out "apt-get could not install it; its last lines are above."
fi
# The package enables its service for the next boot; the tests need only the binary.
if command -v update-rc.d >/dev/null; then update-rc.d dovecot disable >/dev/null 2>&1 || true; fi
if command -v deb-systemd-helper >/dev/null; then
	deb-systemd-helper disable dovecot.service dovecot.socket >/dev/null 2>&1 || true
fi
