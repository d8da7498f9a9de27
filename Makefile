# gagen: the compiler ./gagen, its resources embedded, and the runtime as two static libraries.
#   make          build all three            make run        train on digits and print the accuracy
#   make test     everything, in minutes     make test-long  what takes longer
#   make check    a part of it, in three minutes, for the inner loop
#   make test-floats  elementary functions at all floats, half an hour
#   make fuzz     ten minutes of damaged models, data files, checkpoints and logs, under sanitizers
#   make test-bare  run and test on a bare Debian made for it (root; about half an hour)
#   make bench    beside PyTorch and JAX     make install    PREFIX=/usr/local, DESTDIR= for packagers
#   make deps     install the Debian packages that are missing; run and test begin with it
#   make bless    accept what golden tests say now
#   make gpu-kit  a folder for a machine with a GPU; there make test-gpu and make bench-gpu (docs/gpu.md)
VERSION = 0.1
CC      = gcc
AR      = ar
CFLAGS  = -O2 -g
RUNTIME_CFLAGS = -O3 -march=native
PREFIX  = /usr/local
PROVE   = prove --timer
JOBS    = 2
WARN    = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
LUA_INC = $(shell pkg-config --cflags lua5.4 2>/dev/null || echo -I/usr/include/lua5.4)
LUA_LIB = $(firstword $(wildcard $(addsuffix /liblua5.4.a,$(shell pkg-config --variable=libdir lua5.4 2>/dev/null) /usr/lib/$(shell gcc -print-multiarch 2>/dev/null) /usr/lib)) -llua5.4)
ZLIB    = $(shell echo '\#include <zlib.h>' | $(CC) -E - > /dev/null 2>&1 && echo -DGAGEN_ZLIB)

GEN       = $(filter-out gen/base/embed.c,$(wildcard gen/*.c gen/*/*.c gen/*/*/*.c))
GEN_DIRS  = $(sort $(dir $(GEN:gen/%=build/gen/%)))
OBJ       = $(GEN:gen/%.c=build/gen/%.o) build/gen/resources.o
RUNTIME   = $(wildcard runtime/*.c)
HEADERS   = $(addprefix runtime/,gagen.h gagen_cuda.h library.h program.h kernel.h contract.h tile.h deep.h real.h scalar.h vector.h elementary.h philox.h team.h)
RESOURCES = $(wildcard dsl/*.lua dsl/ops/*.lua templates/*.c templates/*.cu templates/c/*.c templates/cuda/*.cu runtime/*.h runtime/*.c)
LIBRARIES = libgagen.a libgagen_double.a

all: gagen $(LIBRARIES)

gagen: $(OBJ)
	$(CC) $(LDFLAGS) -o $@ $(OBJ) $(LUA_LIB) -lm -ldl

build/gen/%.o: gen/%.c $(wildcard gen/*.h gen/*/*.h gen/*/*/*.h) | $(GEN_DIRS)
	$(CC) -std=gnu11 $(CFLAGS) $(WARN) -Igen $(LUA_INC) -c -o $@ $<

build/gen/resources.o: build/resources.c gen/base/resources.h
	$(CC) -std=gnu11 -Igen -c -o $@ $<

build/resources.c: build/embed $(RESOURCES)
	build/embed $(RESOURCES) > $@.new
	mv $@.new $@

build/embed: gen/base/embed.c | build/gen
	$(CC) -std=gnu11 $(WARN) -O1 -o $@ $<

# ---- the runtime, in float and in double
libgagen.a:        $(RUNTIME:runtime/%.c=build/float/%.o)
libgagen_double.a: $(RUNTIME:runtime/%.c=build/double/%.o)
$(LIBRARIES):
	rm -f $@
	$(AR) rcs $@ $^

build/float/%.o: runtime/%.c $(wildcard runtime/*.h) | build/float
	$(CC) -std=gnu11 $(RUNTIME_CFLAGS) $(WARN) $(ZLIB) -c -o $@ $<

build/double/%.o: runtime/%.c $(wildcard runtime/*.h) | build/double
	$(CC) -std=gnu11 $(RUNTIME_CFLAGS) $(WARN) $(ZLIB) -DGAGEN_DOUBLE -c -o $@ $<

$(GEN_DIRS) build/float build/double data:
	mkdir -p $@

# ---- a job: real MNIST where examples/fetch-mnist.sh has put it, else digits that we draw
build/draw_digits: examples/draw_digits.c | build/gen
	$(CC) -std=gnu11 -O2 $(WARN) -o $@ $< -lm

data/digits: build/draw_digits | data
	build/draw_digits $@.new
	rm -rf $@
	mv $@.new $@

DIGITS = $(if $(wildcard data/mnist/train-images*),data/mnist,data/digits)

run: deps
	@$(MAKE) --no-print-directory train

train: all data/digits
	./gagen run examples/mnist_mlp.lua -- --data $(DIGITS)

# ---- tests; a failing one is named by prove's last lines
test: deps
	@$(MAKE) --no-print-directory all data/digits
	@sh tests/prepare.sh
	$(PROVE) --jobs $(JOBS) tests/*.t

test-long: deps
	@$(MAKE) --no-print-directory all data/digits
	@sh tests/prepare.sh
	$(PROVE) --jobs $(JOBS) tests/long/*.t

# elementary functions at all floats: half an hour
test-floats: all
	FLOATS=1 $(PROVE) -v tests/long/floats.t

CHECK = house errors verify dumps language table ops expr man golden moves share nets cuda

check: all
	@sh tests/prepare.sh
	$(PROVE) --jobs $(JOBS) $(CHECK:%=tests/%.t)

# mutants of models, data files, checkpoints and logs for ten minutes, from a seed of today or FUZZ_SEED
fuzz: all
	@sh tests/fuzz/run.sh

test-bare:
	@sh tools/test-bare.sh

bless: all
	BLESS=1 $(PROVE) tests/language.t tests/errors.t tests/golden.t tests/dumps.t tests/nvcc.t tests/table.t

bench: all
	sh bench/run.sh

deps:
	@sh tools/deps.sh

# what tests link beside the objects of gen/
print-lua:
	@echo $(LUA_LIB)

# ---- on a machine with a GPU; where there is no ./gagen the kit is taken as it came
gpu-kit: all data/digits
	@sh tools/gpu-kit.sh

test-gpu bench-gpu:
	@if ./gagen --version > /dev/null 2>&1; then $(MAKE) --no-print-directory gpu-kit; fi
	@test -f build/gpu-kit/Makefile || { echo "no build/gpu-kit: make gpu-kit makes it, where gagen is built"; exit 1; }
	@$(MAKE) --no-print-directory -C build/gpu-kit $@

# ---- packages
install: all
	mkdir -p $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include/gagen
	mkdir -p $(DESTDIR)$(PREFIX)/share/man/man1
	cp gagen $(DESTDIR)$(PREFIX)/bin/
	./gagen --man > $(DESTDIR)$(PREFIX)/share/man/man1/gagen.1
	cp $(LIBRARIES) $(DESTDIR)$(PREFIX)/lib/
	cp $(HEADERS) $(DESTDIR)$(PREFIX)/include/gagen/
	printf 'Name: gagen\nDescription: runtime of training programs\nVersion: %s\nCflags: -I%s\nLibs: -L%s -lgagen %s-lm -lpthread\n' \
	  $(VERSION) $(PREFIX)/include/gagen $(PREFIX)/lib '$(if $(ZLIB),-lz )' > $(DESTDIR)$(PREFIX)/lib/pkgconfig/gagen.pc

uninstall:
	rm -rf $(DESTDIR)$(PREFIX)/include/gagen
	rm -f $(DESTDIR)$(PREFIX)/bin/gagen $(DESTDIR)$(PREFIX)/lib/pkgconfig/gagen.pc $(DESTDIR)$(PREFIX)/share/man/man1/gagen.1
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/lib/,$(LIBRARIES))

clean:
	rm -rf build gagen $(LIBRARIES)

.PHONY: all run train test check test-long test-floats test-bare fuzz bless bench gpu-kit test-gpu bench-gpu deps install uninstall print-lua clean
