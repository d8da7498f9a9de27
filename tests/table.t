#!/bin/sh
# table.t -- docs/cases.md says which test holds each of the 55 cases, and they do; tests may hold more. BLESS=1 writes the table anew.
cd "$(dirname "$0")/.." || exit 1
if [ -n "$BLESS" ]; then lua5.4 tests/table.lua --bless tests/*.t tests/*.sh tests/long/*.t; fi
exec lua5.4 tests/table.lua tests/*.t tests/*.sh tests/long/*.t
