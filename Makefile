# gagen: a compiler in build/gen, its resources embedded, the runtime as a static library.
CC      = gcc
CFLAGS  = -O2 -g
WARN    = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
LUA_INC = $(shell pkg-config --cflags lua5.4 2>/dev/null || echo -I/usr/include/lua5.4)
LUA_LIB = $(firstword $(wildcard $(addsuffix /liblua5.4.a,$(shell pkg-config --variable=libdir lua5.4 2>/dev/null) /usr/lib/$(shell gcc -print-multiarch 2>/dev/null) /usr/lib)) -llua5.4)

GEN       = $(filter-out gen/embed.c,$(wildcard gen/*.c))
OBJ       = $(GEN:gen/%.c=build/gen/%.o) build/gen/resources.o
RESOURCES = $(wildcard dsl/*.lua dsl/ops/*.lua templates/*.c templates/c/*.c templates/cuda/*.cu runtime/*.h runtime/*.c)

all: gagen

gagen: $(OBJ)
	$(CC) $(LDFLAGS) -o $@ $(OBJ) $(LUA_LIB) -lm -ldl

build/gen/%.o: gen/%.c gen/gagen.h gen/stages.h gen/host.h gen/resource.h | build/gen
	$(CC) -std=gnu11 $(CFLAGS) $(WARN) $(LUA_INC) -c -o $@ $<

build/gen/resources.o: build/resources.c gen/resource.h
	$(CC) -std=gnu11 -Igen -c -o $@ $<

build/resources.c: build/embed $(RESOURCES)
	build/embed $(RESOURCES) > $@.new
	mv $@.new $@

build/embed: gen/embed.c | build/gen
	$(CC) -std=gnu11 $(WARN) -O1 -o $@ $<

build/gen:
	mkdir -p $@

clean:
	rm -rf build gagen

.PHONY: all clean
