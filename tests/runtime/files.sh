# NPY, raw files and CIFAR-10: what is taken and mapped, what is refused and in which words.
f=$dir/flat
rm -rf $f; mkdir -p $f

# npy NAME DESCR SHAPE DATA [SPACES]: version 1; elements begin at 128 + SPACES
header() { printf "{'descr': '%s', 'fortran_order': False, 'shape': %s}" "$1" "$2"; }
npy() {
    text=$(header "$2" "$3") room=$((118 + ${5:-0}))
    { printf '\223NUMPY\001\000'; printf "\\$(printf %03o $room)"; printf '\000'; printf "%-${room}s" "$text"; printf "$4"; } > $f/$1
}
read_npy() { $dir/read npy $f 0 0 x:b:0:x.npy:2,3 t:i:4:t.npy:1; }
bytes='\001\002\003\004\005\006\007\010\011\012\013\014'
good() {
    npy x.npy '|u1' '(2, 2, 3)' "$bytes"
    npy t.npy '<i8' '(2,)' '\003\0\0\0\0\0\0\0\001\0\0\0\0\0\0\0'
}
rows="train 2
1 2 3 4 5 6 3 
7 8 9 10 11 12 1 
valid 0
test 0
x mapped"
good
same "npy: bytes are mapped, int64 labels read" "$rows" read_npy
npy t.npy '<i4' '(2, 1)' '\003\0\0\0\001\0\0\0'
same "npy: int32 is mapped, an axis of 1 does not count" "$rows
t mapped" read_npy
npy t.npy '<i4' '(2, 1)' '\003\0\0\0\001\0\0\0' 1
same "npy: int32 at an odd place is read" "$rows" read_npy
npy t.npy '|u1' '(2,)' '\003\001'
same "npy: bytes as labels" "$rows" read_npy
{ printf '\223NUMPY\002\000\060\000\000\000'; printf '%-48s' "{'descr':'|u1','fortran_order':False,'shape':(2,)}" | head -c 48; } > $f/t.npy
refused "npy: a header cut short" "t.npy: its shape is none: (2" read_npy
{ printf '\223NUMPY\002\000\100\000\000\000'; printf '%-64s\003\001' "{'shape': (2,), 'descr': '|u1', 'fortran_order': False, }"; } > $f/t.npy
same "npy: version 2, keys in another order" "$rows" read_npy
real() { npy r.npy "$@"; $dir/read npy $f 0 0 x:r:0:r.npy:1; }
floats="train 2
1 
-2.5 
valid 0
test 0"
same "npy: float32 is mapped" "$floats
x mapped" real '<f4' '(2,)' '\0\0\200\077\0\0\040\300'
same "npy: float64 is read" "$floats" real '<f8' '(2,)' '\0\0\0\0\0\0\360\077\0\0\0\0\0\0\004\300'
same "npy: bytes as numbers" "train 2
1 
200 
valid 0
test 0" real '|u1' '(2,)' '\001\310'
good; npy t.npy '<f4' '(2,)' '\0\0\200\077\0\0\040\300'
refused "npy: fractions for labels" "t.npy: row 1: t is -2.5, no class: classes are whole numbers" read_npy
good
npy x.npy '|u1' '(2, 3, 2)' "$bytes"
refused "npy: other sizes" "its rows are 3 x 2, the model says 2 x 3 for x" read_npy
npy x.npy '|u1' '(3, 2, 3)' "$bytes"
refused "npy: truncated" "x.npy: truncated: its header says 3 rows of 6 bytes after byte 128, the file has 140" read_npy
npy x.npy '|u1' '(9000000000000, 2, 3)' "$bytes"
refused "npy: a header that asks for 54 TB" "truncated: its header says 9000000000000 rows" read_npy
npy x.npy '|u1' '(99999999999999999999, 2, 3)' "$bytes"
refused "npy: more than a long" "x.npy: its shape is too large" read_npy
npy x.npy '|u1' '(1, 2, 3)' "$bytes"
refused "npy: oversized" "x.npy: oversized: its header says 1 rows of 6 bytes" read_npy
npy x.npy '|u1' '()' '\001'
refused "npy: one number" "holds one number without axes" read_npy
npy x.npy '|u1' '(0, 2, 3)' ''; npy t.npy '|u1' '(0,)' ''
refused "npy: no rows" "no rows" read_npy
good; sed -i "s/False/Maybe/" $f/x.npy
refused "npy: an order that is none" "x.npy: its fortran_order is Maybe" read_npy
good; sed -i "s/'shape'/'sharp'/" $f/x.npy
refused "npy: no shape" "x.npy: its header has no 'shape'" read_npy
good; printf 'JIF89a..........' > $f/x.npy
refused "npy: wrong magic" "not an NPY file: it begins with 4a 49 46 38" read_npy
printf '\223NUMPY\011\000\100\000' > $f/x.npy
refused "npy: version 9" "NPY version 9.0" read_npy
printf '\223NUMPY\001\000\377\377' > $f/x.npy
refused "npy: a header longer than the file" "truncated: its header has 65535 bytes, the file 10" read_npy
good; npy t.npy '|u1' '(2,)' '\003\004'
refused "npy: label out of range" "t.npy: row 1: t is 4, the model says 4 classes" read_npy
npy t.npy '<i8' '(2,)' '\003\0\0\0\0\0\0\0\0\0\0\0\001\0\0\0'
refused "npy: int64 beyond int32" "t.npy: row 1: t is 4294967296, whole numbers go to 2147483647" read_npy
npy t.npy '|u1' '(3,)' '\003\001\001'
refused "npy: more labels than rows" "t.npy: 3 rows, but $f/x.npy has 2" read_npy
rm $f/t.npy
refused "npy: no file" "t.npy: No such file" read_npy
mkdir $f/t.npy
refused "npy: a directory for a file" "t.npy: not a file" read_npy
rmdir $f/t.npy
refused "npy: a file for two columns" "a file, and the model reads 2 columns" $dir/read npy $f/x.npy 0 0 x:b:0:x.npy:2,3 t:i:4:t.npy:1
same "npy: a file for one column" "train 2
1 2 3 4 5 6 
7 8 9 10 11 12 
valid 0
test 0
x mapped" $dir/read npy $f/x.npy 0 0 x:b:0:other.npy:2,3

# ---- two sets in one column ----
good; cp -r $f $dir/flat2; mv $dir/flat2 $f/more
two="train 2
1 2 3 4 5 6 3 
7 8 9 10 11 12 1 
valid 0
test 2
1 2 3 4 5 6 3 
7 8 9 10 11 12 1 
x mapped"
read_two() { $dir/read npy $f $PWD/$f/more 0 x:$1:0:x.npy:2,3 t:i:4:t.npy:1; }
same "a test set is mapped beside the other" "$two" read_two b
(f=$f/more; npy x.npy '|u1' '(2, 2, 3)' "$bytes" 7)
same "and read where its pages do not fit" "$two" read_two b
npy x.npy '<f4' '(2, 2, 3)' "$(printf '\\0\\0\\200\\077%.0s' 1 2 3 4 5 6 7 8 9 10 11 12)"
same "and read where its type is another" "train 2
1 1 1 1 1 1 3 
1 1 1 1 1 1 1 
valid 0
test 2
1 2 3 4 5 6 3 
7 8 9 10 11 12 1 
x mapped" read_two r

# ---- raw ----
raw() { printf "$2" > $f/$1; }
read_raw() { $dir/read raw $f 0 0 "x:b:0:uint8 x.bin:2,3" "t:i:4:int32 t.bin:1"; }
raw x.bin "$bytes"; raw t.bin '\003\0\0\0\001\0\0\0'
same "raw: a file for each column" "$rows
t mapped" read_raw
raw x.bin "$bytes\0"
refused "raw: bytes over" "x.bin: 13 bytes are 2 rows of 6 bytes and 1 over: the model's sizes or type of x" read_raw
raw x.bin "$bytes"; raw t.bin '\003\0\0\0'
refused "raw: fewer labels" "t.bin: 1 rows, but $f/x.bin has 2" read_raw
raw t.bin '\003\0\0\0\004\0\0\0'
refused "raw: label out of range" "t.bin: row 1: t is 4" read_raw
raw t.bin ''; raw x.bin ''
refused "raw: nothing" "no rows" read_raw
raw all.bin '\003\001\002\003\004\005\006\001\007\010\011\012\013\014'
records() { $dir/read raw $f/all.bin 0 0 "x:b:0:uint8@2/$1:2,3" "t:b:4:uint8@1/$1:1"; }
same "raw: records" "train 2
1 2 3 4 5 6 3 
7 8 9 10 11 12 1 
valid 0
test 0" records 7
refused "raw: records of another size" "all.bin: 14 bytes are 1 records of 8 bytes and 6 over" records 8
refused "raw: a directory for records" "flat: not a file" $dir/read raw $f 0 0 "x:b:0:uint8@2/7:2,3"

# ---- CIFAR-10 ----
cifar() { # cifar NAME LABEL BYTE: a batch of one image of that byte
    { printf "\\00$2"; head -c 3072 /dev/zero | tr '\0' "\\$3"; } > $f/$1
}
read_cifar() { $dir/read cifar10 $1 $2 0 "image:b:0:uint8@2/3073:3,32,32" "label:b:10:uint8@1/3073:1" | cut -d' ' -f1,2,3072-; }
mkdir $f/cifar; f=$f/cifar
refused "cifar10: no files" "no data_batch_1.bin there: CIFAR-10's binary version has it" $dir/read cifar10 $f 0 0 "label:b:10:uint8@1/3073:1"
cifar data_batch_1.bin 3 1; cifar data_batch_2.bin 7 2; cifar test_batch.bin 5 6
same "cifar10: batches in order, the test beside them" "train 2
1 1 1 3 
2 2 2 7 
valid 0
test 1
6 6 6 5 " read_cifar $f 1
rm $f/test_batch.bin
same "cifar10: without it the last row" "train 1
1 1 1 3 
valid 0
test 1
2 2 2 7 " read_cifar $f 1
cifar data_batch_2.bin 7 2; printf '\001' >> $f/data_batch_2.bin
refused "cifar10: a damaged batch" "data_batch_2.bin: 3074 bytes are 1 records of 3073 bytes and 1 over" $dir/read cifar10 $f 0 0 "image:b:0:uint8@2/3073:3,32,32"
f=$dir/flat
facts $dir/hostile_npy $f/hostile.npy
