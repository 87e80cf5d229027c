#!/bin/sh
# Installs Prism and prints the folder that holds its node_modules: in the user's cache, named after its lock file, so
# that a second run takes no time. COLLECTOR_E2E_CACHE names another cache folder. Wants Node 20 or newer and npm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/../../scripts/install" node=nodejs npm=npm >&2
key=$(cat "$here/package.json" "$here/package-lock.json" | cksum | tr ' ' '-')
cache=${COLLECTOR_E2E_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/collector-e2e}
folder=$cache/prism-$key
if [ ! -e "$folder/ready" ]; then
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/installing.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$work/"
	echo "e2e/prism: installing the packages (75 MB, once)" >&2
	(cd "$work" && npm ci --ignore-scripts --no-progress --loglevel=error >&2)
	touch "$work/ready"
	# Another run may have been faster: then its folder stands, and is as good.
	[ -e "$folder/ready" ] || { rm -rf "$folder" && mv "$work" "$folder"; }
fi
echo "$folder"
