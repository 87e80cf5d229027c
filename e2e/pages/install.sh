#!/bin/sh
# Installs what looks at the pages, axe-core and playwright-core from npm, and prints the folder that holds
# node_modules: in the user's cache, named after the lock file, so that a second run takes no time. Playwright brings no
# browser of its own here: Chromium is the machine's. COLLECTOR_E2E_CACHE names another cache folder. Wants Node 20,
# npm and Chromium.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/../../scripts/install" chromium=chromium,fonts-dejavu-core node=nodejs npm=npm >&2
cache=${COLLECTOR_E2E_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/collector-e2e}
folder=$cache/pages-$(cksum <"$here/package-lock.json" | tr ' ' '-')
if [ ! -e "$folder/ready" ]; then
	mkdir -p "$folder"
	echo "e2e/pages: installing axe-core and playwright-core (12 MB, once)" >&2
	cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$folder/"
	(cd "$folder" && npm ci --ignore-scripts --no-progress --loglevel=error >&2)
	touch "$folder/ready"
fi
echo "$folder"
