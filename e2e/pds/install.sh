#!/bin/sh
# Installs the Bluesky server of the end-to-end run and prints the folder that holds its node_modules.
#
# The folder is in the user's cache, named after what decides its contents (lock file, Node ABI, machine), so a
# second run takes no time and no node_modules stands inside the Go module. npm's install scripts stay off: some
# npm versions skip them, others ask, so the one that matters (the SQLite addon) is built here in all of them.
# COLLECTOR_E2E_CACHE names another cache folder. Wants Node 20 or newer, npm, python3, make and a C++ compiler;
# on a Debian machine, as root, missing ones are installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
say() { printf 'e2e/pds: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

wanted=""
need() { command -v "$1" >/dev/null 2>&1 || wanted="$wanted $2"; }
need node nodejs
need npm npm
need python3 python3
need make make
need g++ g++
if [ -n "$wanted" ]; then
	{ command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; } ||
		die "missing:$wanted. Install these packages and run again."
	say "installing:$wanted"
	apt-get update -qq >&2
	# shellcheck disable=SC2086 # several words, one a package
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted >&2
fi
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 20 ] || die "Node $major is too old for the server: install Node 20 or newer."

key=$({
	cat "$here/package.json" "$here/package-lock.json"
	node -p 'process.platform + process.arch + process.versions.modules'
} | cksum | tr ' ' '-')
cache=${COLLECTOR_E2E_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/collector-e2e}
folder=$cache/pds-$key
if [ -e "$folder/ready" ]; then
	echo "$folder"
	exit 0
fi

mkdir -p "$cache"
work=$(mktemp -d "$cache/installing.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$work/"
say "installing the packages (about 250 MB, once)"
(cd "$work" && npm ci --ignore-scripts --no-progress --loglevel=error >&2)

# Node's own headers, where they are installed; without them node-gyp fetches those of this Node version.
nodedir=""
prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
for dir in "$prefix" /usr /usr/local; do
	if [ -e "$dir/include/node/node.h" ]; then nodedir=$dir && break; fi
done
if [ -z "$nodedir" ] && [ -e /usr/include/nodejs/common.gypi ]; then nodedir=/usr/include/nodejs; fi

# npm brings a node-gyp of its own; Debian packs it separately.
gyp=""
for file in "$(npm root -g)/npm/node_modules/node-gyp/bin/node-gyp.js" \
	"$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")/node_modules/node-gyp/bin/node-gyp.js" \
	/usr/share/nodejs/node-gyp/bin/node-gyp.js; do
	if [ -e "$file" ]; then gyp=$file && break; fi
done
[ -n "$gyp" ] || die "no node-gyp beside npm: install the package node-gyp and run again."

# -O1: the addon serves for minutes, and takes a third of the time to build.
say "building the SQLite addon (a minute or two, once)"
log=$work/addon.log
(cd "$work/node_modules/better-sqlite3" &&
	CFLAGS=-O1 CXXFLAGS=-O1 node "$gyp" rebuild --release -j 2 ${nodedir:+"--nodedir=$nodedir"} >"$log" 2>&1) || {
	tail -n 40 "$log" >&2
	die "the SQLite addon could not be built; the lines above are the compiler's."
}
rm -rf "$work/node_modules/better-sqlite3/build/Release/obj.target" "$work/node_modules/better-sqlite3/build/Release/obj"
(cd "$work" && node -e 'new (require("better-sqlite3"))(":memory:").exec("select 1")') ||
	die "the SQLite addon was built but does not load."

touch "$work/ready"
# Another run may have been faster: then its folder stands, and is as good.
[ -e "$folder/ready" ] || { rm -rf "$folder" && mv "$work" "$folder"; }
trap - EXIT
rm -rf "$work"
echo "$folder"
