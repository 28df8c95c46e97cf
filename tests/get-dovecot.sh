#!/bin/sh
# Gets a Dovecot binary for the tests, which start one of their own on loopback. As root on Debian and its kin it installs
# the package, and neither starts nor enables the service. Elsewhere it says in one line what is left out.
# Always exits 0: what to make of a missing Dovecot is for the tests to say.
set -eu
. "$(dirname "$0")/packages.sh"

leave_out() {
	echo "Dovecot is not installed, so the tests against a real mail server are left out. $1"
	exit 0
}

if command -v dovecot >/dev/null; then exit 0; fi
if ! command -v apt-get >/dev/null; then
	leave_out "To have them, install Dovecot 2.3 or 2.4 with your system's packages."
fi
if [ "$(id -u)" -ne 0 ]; then
	leave_out "To have them, run as root: apt-get install dovecot-imapd"
fi

echo "Installing Dovecot for the tests (first time only) ..."
log=$(mktemp)
if ! install_packages "$log" dovecot-imapd; then
	tail -n 5 "$log"
	leave_out "apt-get could not install it; its last lines are above."
fi
disable_service dovecot
