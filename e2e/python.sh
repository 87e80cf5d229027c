#!/bin/sh
# Installs the packages of a folder beside this, from its requirements.txt, and prints the folder of their virtual
# environment: in the user's cache, named after the pinned versions and the Python that they were installed for, so that
# a second run takes no time. COLLECTOR_E2E_CACHE names another cache folder. Wants Python 3 with venv.
set -eu
what=$1
here=$(cd "$(dirname "$0")/$what" && pwd)
"$here/../../scripts/install" python3=python3 >&2
key=$({ cat "$here/requirements.txt"; python3 -V; } | cksum | tr ' ' '-')
cache=${COLLECTOR_E2E_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/collector-e2e}
folder=$cache/$what-$key # a virtual environment knows its own path, so it is made in place
if [ ! -e "$folder/ready" ]; then
	mkdir -p "$cache"
	rm -rf "$folder"
	python3 -m venv "$folder" >&2 || {
		[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "e2e/$what: missing: python3-venv" >&2; exit 1; }
		apt-get -qq update >&2 && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends python3-venv >&2
		rm -rf "$folder"
		python3 -m venv "$folder" >&2
	}
	echo "e2e/$what: installing the packages (some 40 MB, once)" >&2
	"$folder/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2
	touch "$folder/ready"
fi
echo "$folder"
