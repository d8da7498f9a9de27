cd /tmp/w/h4
. tests/lib.sh
. tests/beside.sh
want="tests/reference/examples.txt --case" weights=hashed raw=raw target=c threads=2 updates=50 at=20
name=nets; work=build/tests/nets
program() { prober "$@"; }
data=hashed=165,mask%5
builds unet examples/unet.lua -D steps=50 -D batch=6 && beside "54. unet" unet unet
