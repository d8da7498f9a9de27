#!/bin/sh
# fetch-shakespeare.sh -- downloads 1.1 MB of Shakespeare's plays to a file (data/shakespeare.txt unless told) and verifies it.
set -eu
file=${1:-data/shakespeare.txt}
sum=86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed
mirror=https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt

fail() { echo "fetch-shakespeare: $*" >&2; exit 1; }

good() { [ -f "$1" ] && [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$sum" ]; }

fetch() {
  if command -v curl >/dev/null; then curl -fsSL --connect-timeout 20 -o "$1" "$mirror"
  elif command -v wget >/dev/null; then wget -q -T 20 -O "$1" "$mirror"
  else fail "neither curl nor wget is installed"
  fi
}

command -v sha256sum >/dev/null || fail "sha256sum is not installed"
mkdir -p "$(dirname "$file")"
good "$file" && { echo "$file: already there"; exit 0; }
if fetch "$file.part" && good "$file.part"; then
  mv "$file.part" "$file"
  echo "$file: fetched and verified"
else
  rm -f "$file.part"
  fail "$mirror could not be fetched, or has another checksum; put it into $file by hand, sha256 $sum"
fi
