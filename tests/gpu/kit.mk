# The GPU kit: generated CUDA programs with all they need, tested and timed on a machine that has nvcc, make, cc and sh.
#   make test-gpu    under 10 minutes; results/test-<gpu>.log      make bench-gpu    the same; results/<gpu>.md and .log
#   make clean       what was built here
# From the environment or the command line: ARCH=sm_90, NVCC=/path/nvcc, CC, CUBLAS=DIR with include/ and lib/ where
# cuBLASLt is not the toolkit's.
NVCC    = $(firstword $(shell command -v nvcc) $(wildcard /usr/local/cuda/bin/nvcc /opt/cuda/bin/nvcc) nvcc)
CUDA    = $(patsubst %/bin/nvcc,%,$(realpath $(NVCC)))
FOUND   = $(shell nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2> /dev/null | head -n 1 | tr -d '. ')
ARCH    = sm_$(or $(FOUND),90)
CC      = cc
CFLAGS  = -std=gnu11 -O3 -march=native
INCLUDE = -Iruntime
BLAS    = -lcublasLt -Xlinker -rpath,$(CUDA)/lib64
ifeq ($(wildcard $(CUDA)/include/cublasLt.h),)
# The toolkit has no cuBLASLt: the one that Python's packages brought, if any.
CUBLAS  = $(shell python3 -c 'import glob, sys; print(*[g for p in sys.path for g in glob.glob(p + "/nvidia/*/include/cublasLt.h")])' 2> /dev/null | cut -d ' ' -f 1 | sed 's,/include/cublasLt.h,,')
endif
ifneq ($(CUBLAS),)
INCLUDE += -I$(CUBLAS)/include
BLAS    = $(firstword $(wildcard $(CUBLAS)/lib/libcublasLt.so $(CUBLAS)/lib/libcublasLt.so.*)) -Xlinker -rpath,$(CUBLAS)/lib
endif
COMPILE = $(NVCC) -std=c++17 -O3 --fmad=false -lineinfo -arch=$(ARCH) $(INCLUDE) -c
LINK    = $(NVCC) -arch=$(ARCH)
LIBS    = $(BLAS) -lpthread

TEST    = $(patsubst cu/test/%.cu,out/drive-%,$(wildcard cu/test/*.cu))
MAIN    = $(patsubst cu/main/%.cu,out/main-%,$(wildcard cu/main/*.cu))
BENCH   = $(patsubst cu/bench/%.cu,out/time-%,$(wildcard cu/bench/*.cu))
RUNTIME = $(patsubst runtime/%.c,out/runtime/%.o,$(wildcard runtime/*.c))

test-gpu:
	sh test.sh
bench-gpu:
	sh bench.sh
clean:
	rm -rf out

build-test: $(TEST) $(MAIN) out/products out/products_tf32 out/differ out/peers/done
build-bench: $(BENCH) out/ceilings out/turns out/peers/done out/pictures/done

# A program's own name stands in its text.
NAME = -DPROGRAM=$(shell sed -n 's/^extern "C" const Program \([A-Za-z0-9_]*\) = .*/\1/p' $(1))

out/drive-%: out/test/%.o src/drive.c out/libgagen.a
	$(CC) $(CFLAGS) -Iruntime $(call NAME,cu/test/$*.cu) -c -o out/test/$*-drive.o src/drive.c
	$(LINK) out/test/$*-drive.o $< out/libgagen.a $(LIBS) -o $@

out/time-%: out/bench/%.o src/time.c out/libgagen.a
	$(CC) $(CFLAGS) -Iruntime $(call NAME,cu/bench/$*.cu) -c -o out/bench/$*-time.o src/time.c
	$(LINK) out/bench/$*-time.o $< out/libgagen.a $(LIBS) -o $@

out/main-%: out/main/%.o out/libgagen.a
	$(LINK) $< out/libgagen.a $(LIBS) -o $@

out/products: out/products.o out/libgagen.a
	$(LINK) $< out/libgagen.a $(LIBS) -o $@
out/products_tf32: out/products_tf32.o out/libgagen.a
	$(LINK) $< out/libgagen.a $(LIBS) -o $@
out/products.o: src/products.cu | out/test
	$(COMPILE) -o $@ $<
out/products_tf32.o: src/products.cu | out/test
	$(COMPILE) -DGG_COMPUTE=1 -o $@ $<
out/ceilings: src/ceilings.cu | out/bench
	$(COMPILE) -o $@.o $<
	$(LINK) $@.o $(LIBS) -o $@

out/test/%.o: cu/test/%.cu | out/test
	$(COMPILE) -o $@ $<
out/main/%.o: cu/main/%.cu | out/main
	$(COMPILE) -o $@ $<
out/bench/%.o: cu/bench/%.cu | out/bench
	$(COMPILE) -o $@ $<

out/libgagen.a: $(RUNTIME)
	rm -f $@
	ar rcs $@ $^
out/runtime/%.o: runtime/%.c | out/runtime
	$(CC) $(CFLAGS) -c -o $@ $<

out/differ: src/differ.c | out/test
	$(CC) $(CFLAGS) -o $@ $< -lm
out/turns: src/turns.c | out/bench
	$(CC) $(CFLAGS) -o $@ $<
out/peers/done: src/peer_data.c | out/test
	$(CC) $(CFLAGS) -o out/peer_data $< -lm
	out/peer_data out/peers
	touch $@
out/pictures/done: src/pictures.c | out/bench
	$(CC) $(CFLAGS) -o out/make_pictures $<
	out/make_pictures out/pictures
	touch $@

out/test out/main out/bench out/runtime:
	mkdir -p $@

.PHONY: test-gpu bench-gpu build-test build-bench clean
.SECONDARY:
