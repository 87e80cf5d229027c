#!/usr/bin/env bash
# Whole runs of the built program against what nobody here wrote: first a real
# Bluesky server from npm and a real music server from PyPI, then STOMP clients from both, then Schemathesis from PyPI
# against the HTTP API, then the web pages in Chromium, then the recorded replies of real services in the
# folder that COLLECTOR_REPLIES names, then connectors against the providers' own
# descriptions of their APIs in the folder that COLLECTOR_SPECS names. Wants Node 20 and minutes; the first run
# on a machine installs the server (about 250 MB, and a C++ build).
set -euo pipefail
for name in COLLECTOR_REPLIES COLLECTOR_SPECS; do
	case ${!name:-} in
	"" | /*) ;;
	*) export "$name=$(cd "${!name}" && pwd)" ;;
	esac
done
cd "$(dirname "$0")/.."
pds=$(sh e2e/pds/install.sh)
echo "== a real Bluesky server ($(sed -n 's/.*"@atproto\/pds": "\(.*\)".*/@atproto\/pds \1/p' e2e/pds/package.json))"
[ -d "$pds/node_modules" ]
go test -tags e2e -count=1 -v -timeout 20m -run 'Bluesky' ./e2e
echo "== a real music server ($(sed -n 's/^Supysonic==/Supysonic /p' e2e/supysonic/requirements.txt))"
go test -tags e2e -count=1 -v -timeout 10m -run 'Subsonic' ./e2e
echo "== STOMP clients ($(sed -n 's/^stomp.py==/stomp.py /p' e2e/stomp/requirements.txt), $(sed -n 's/.*"@stomp\/stompjs": "\(.*\)".*/@stomp\/stompjs \1/p' e2e/stomp/package.json))"
go test -tags e2e -count=1 -v -timeout 10m -run 'Stomp' ./e2e
echo "== the HTTP API against its own description ($(sed -n 's/^schemathesis==/Schemathesis /p' e2e/schemathesis/requirements.txt))"
go test -tags e2e -count=1 -v -timeout 10m -run 'Schemathesis' ./e2e
echo "== the pages in Chromium ($(sed -n 's/.*"axe-core": "\(.*\)".*/axe-core \1/p' e2e/pages/package.json))"
go test -tags e2e -count=1 -v -timeout 20m -run 'Pages' ./e2e
echo "== recorded replies of real services"
if [ -n "${COLLECTOR_REPLIES:-}" ]; then
	# most of a run is waiting for the time that a reply asked for
	go test -tags e2e -count=1 -v -timeout 20m -parallel 6 -run 'Replay' ./e2e | grep -v '^=== '
else
	echo "not run: none given"
fi
echo "== published descriptions of APIs"
if [ -n "${COLLECTOR_SPECS:-}" ]; then
	go test -tags e2e -count=1 -v -timeout 20m -run 'Described|EvidenceIsTrue' ./e2e | grep -v '^=== '
else
	echo "not run: none given"
fi
