#!/bin/sh
# fetch-mnist.sh -- downloads the four files of MNIST into a directory (data/mnist unless told) and verifies them.
set -eu
dir=${1:-data/mnist}
mirrors="https://ossci-datasets.s3.amazonaws.com/mnist https://storage.googleapis.com/cvdf-datasets/mnist"
files="
440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609 train-images-idx3-ubyte.gz
3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c train-labels-idx1-ubyte.gz
8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6 t10k-images-idx3-ubyte.gz
f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6 t10k-labels-idx1-ubyte.gz
"

fail() { echo "fetch-mnist: $*" >&2; exit 1; }

good() { [ -f "$1" ] && [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$2" ]; }

fetch() {
  if command -v curl >/dev/null; then curl -fsSL --connect-timeout 20 -o "$2" "$1"
  elif command -v wget >/dev/null; then wget -q -T 20 -O "$2" "$1"
  else fail "neither curl nor wget is installed"
  fi
}

# get SUM NAME: the file, verified, from the first mirror that has it
get() {
  good "$dir/$2" "$1" && { echo "$dir/$2: already there"; return; }
  for mirror in $mirrors; do
    fetch "$mirror/$2" "$dir/$2.part" || continue
    good "$dir/$2.part" "$1" || { echo "$mirror/$2: wrong checksum, not used" >&2; continue; }
    mv "$dir/$2.part" "$dir/$2"
    echo "$dir/$2: fetched and verified"
    return
  done
  rm -f "$dir/$2.part"
  fail "$2 could not be fetched from any mirror; put it into $dir by hand, sha256 $1"
}

command -v sha256sum >/dev/null || fail "sha256sum is not installed"
mkdir -p "$dir"
echo "$files" | while read -r sum name; do
  [ -z "$name" ] || get "$sum" "$name"
done
