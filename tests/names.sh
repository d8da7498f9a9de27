# names.sh -- what names.t and long/names.t share: words, models that use each of them everywhere, compilers.
. tests/lib.sh
. tests/cuda/emu.sh
warnings="-Wall -Wextra -Wpedantic -Wshadow -Werror"
nvcc=$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2> /dev/null)

# keywords: of C, C++ and CUDA, and names that headers, libm and programs own
keywords() {
    tr ' ' '\n' << 'WORDS'
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class co_await co_return co_yield
compl complex concept const const_cast consteval constexpr constinit continue decltype default delete do double dynamic_cast else enum
explicit export extern false final float for friend goto if imaginary import inline int long module mutable namespace new noexcept
noreturn not not_eq nullptr operator or or_eq override private protected public register reinterpret_cast requires restrict return short
signed sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename typeof
typeof_unqual union unsigned using virtual void volatile wchar_t while xor xor_eq
threadIdx blockIdx blockDim gridDim warpSize dim3 half half2 float4 int2 uint3 cudaStream_t cudaStreamNonBlocking __global__ __device__
errno stdin stdout stderr assert linux unix i386 st_atime si_value sa_handler sigev_notify_function math_errhandling sched_priority
M_PIf SYS_open P_tmpdir M_PI INT_MAX EOF BUFSIZ NULL NAN INFINITY I R V R_LIBM LANES UNROLL INLINE VEC MASK E2BIG
real vec mask v_load v_select stored barrier contract for_span span_from span_to Params Window Micro Data Device Trained int32_t uint8_t
p g w t m n s q j at id share lane one data packed arena sums part host dev real_int beta key net_0 pad_0 pad_3 x_to to_k9 _x __y a__b a_b
sin exp log round select random gamma lgamma y0 j1 index time signal link open read send remove sync main environ stat fabs fma nan
WORDS
}

# models FILE: $work/part_1.lua ... of the words in it; sets parts
models() { parts=$(lua5.4 tests/names_model.lua "$work" < "$1"); }

# How a compiler judges a program: MODEL FLAG...
c_program() {
    local part=$1
    shift
    ./gagen -t c -o "$work/$part.c" "$work/$part.lua" > "$work/errors" 2>&1 && "$@" -Iruntime $warnings -fsyntax-only "$work/$part.c" >> "$work/errors" 2>&1
}
standalone_program() {
    local part=$1
    shift
    ./gagen -t c --standalone -o "$work/$part.s.c" "$work/$part.lua" > "$work/errors" 2>&1 && "$@" -Wall -Werror -fsyntax-only "$work/$part.s.c" >> "$work/errors" 2>&1
}
library_program() {
    local part=$1
    shift
    ./gagen -t c --library -o "$work/$part.l.c" "$work/$part.lua" > "$work/errors" 2>&1 && "$@" -Iruntime $warnings -fsyntax-only "$work/$part.l.c" >> "$work/errors" 2>&1
}
cuda_program() {
    local part=$1
    shift
    # shellcheck disable=SC2086
    ./gagen -t cuda -o "$work/$part.cu" "$work/$part.lua" > "$work/errors" 2>&1 &&
        $CXX -x c++ $emu_flags $emu_warnings -Werror "$@" -fsyntax-only "$work/$part.cu" >> "$work/errors" 2>&1
}
nvcc_program() {
    ./gagen -t cuda -o "$work/$1.cu" "$work/$1.lua" > "$work/errors" 2>&1 &&
        "$nvcc" -std=c++17 -Iruntime -Werror all-warnings -ptx -arch=sm_80 -o "$work/$1.ptx" "$work/$1.cu" >> "$work/errors" 2>&1
}
judged() { tell $? "$1"; [ $failed -eq 0 ] || sed 's/^/# /' "$work/errors" | head -n 6; }
