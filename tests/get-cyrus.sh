#!/bin/sh
# Gets a Cyrus for `make test-cyrus` into the folder $1: its IMAP daemon is only unpacked there, because its package and
# Dovecot's exclude each other; what it needs is installed, and no service is started or enabled. Needs root on Debian.
set -eu
. "$(dirname "$0")/packages.sh"

if [ -x "$1/usr/lib/cyrus/bin/imapd" ] && [ -x /usr/lib/cyrus/bin/master ] && command -v saslpasswd2 >/dev/null; then
	exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	echo "The tests on Cyrus need root on Debian: they install packages, and Cyrus runs as a user of its own."
	exit 1
fi

echo "Getting Cyrus for the tests (first time only) ..."
log=$(mktemp)
# Cyrus wants a mail transport agent; nullmailer is the smallest, and nothing here uses it.
if ! install_packages "$log" nullmailer cyrus-common sasl2-bin libsasl2-modules; then
	tail -n 5 "$log"
	exit 1
fi
for service in cyrus-imapd nullmailer saslauthd; do disable_service "$service"; done
mkdir -p "$1"
cd "$1"
apt-get download -q cyrus-imapd >"$log" 2>&1 || { tail -n 5 "$log" && exit 1; }
dpkg -x cyrus-imapd_*.deb .
rm -f cyrus-imapd_*.deb
