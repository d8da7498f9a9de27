# Readers: what they take, what they refuse and in which words.
d=$dir/idx
idx() { # idx NAME RANK-BYTES... : a file of octal bytes
    name=$1; shift
    printf "$*" > $d/$name
}
read_idx() { $dir/read idx $d 0 0 image:b:0:image:2,3 label:i:4:label:1; }
fresh() {
    rm -rf $d; mkdir -p $d
    idx images.idx '\0\0\010\003\0\0\0\002\0\0\0\002\0\0\0\003\001\002\003\004\005\006\007\010\011\012\013\014'
    idx labels.idx '\0\0\010\001\0\0\0\002\003\001'
}
fresh
same "idx" "train 2
1 2 3 4 5 6 3 
7 8 9 10 11 12 1 
valid 0
test 0" read_idx
idx images.idx '\0\0\010\003\0\0\0\002\0\0\0\002\0\0\0\003\001\002\003\004\005\006\007\010\011\012\013'
refused "truncated" "images.idx: truncated" read_idx
idx images.idx '\0\0\010\003\377\377\377\377\0\0\0\002\0\0\0\003\001\002\003\004'
refused "a header that asks for 25 GB" "truncated.* 4294967295 rows of 6 bytes, the file has 20" read_idx
idx images.idx '\0\0\010'
refused "no header" "truncated: no header" read_idx
idx images.idx '\0\0\010\003\0\0'
refused "half a header" "truncated: the header ends" read_idx
fresh; printf 'x' >> $d/images.idx
refused "oversized" "images.idx: oversized" read_idx
idx images.idx 'JIF89a..........'
refused "wrong magic" "not an IDX file: it begins with 4a 49 46 38" read_idx
idx images.idx '\0\0\012\003\0\0\0\002\0\0\0\002\0\0\0\003'
refused "another type" "IDX type 0x0a is none" read_idx
fresh; idx images.idx '\0\0\010\003\0\0\0\002\0\0\0\003\0\0\0\002\001\002\003\004\005\006\007\010\011\012\013\014'
refused "other sizes" "its rows are 3 x 2, the model says 2 x 3 for image" read_idx
fresh; idx labels.idx '\0\0\010\001\0\0\0\002\003\004'
refused "label out of range" "labels.idx: row 1: label is 4, the model says 4 classes" read_idx
idx labels.idx '\0\0\010\001\0\0\0\003\003\001\002'
refused "more labels than images" "labels.idx: 3 rows, but $d/images.idx has 2" read_idx
fresh; rm $d/labels.idx
refused "no labels" "no train-images-idx3-ubyte" read_idx
mkdir $d/labels.idx
refused "a directory for a file" "labels.idx: a directory" read_idx
fresh; printf '\037\213\010\0' > $d/images.idx
refused "compressed, without zlib" "gunzip it, or build with -DGAGEN_ZLIB and -lz" read_idx
if [ -x $dir/read_gz ]; then
    gz() { $dir/read_gz idx $d 0 0 image:b:0:image:2,3 label:i:4:label:1; }
    fresh; gzip $d/images.idx $d/labels.idx
    same "compressed, with zlib" "$(fresh; read_idx)" echo "$(fresh; gzip $d/images.idx $d/labels.idx; gz)"
    fresh; head -c 100000 /dev/zero | cat $d/images.idx - | gzip > $d/images.idx.gz; rm $d/images.idx
    refused "compressed and oversized" "images.idx.gz: oversized" gz
    fresh; gzip $d/images.idx; head -c 30 $d/images.idx.gz > $d/images.idx; rm $d/images.idx.gz
    refused "compressed and truncated" "images.idx: truncated" gz
    fresh; gzip -k $d/images.idx; for cut in 1 4 8 9; do
        head -c -$cut $d/images.idx.gz > $d/cut.gz; mv $d/cut.gz $d/images.idx
        refused "compressed and $cut bytes short" "images.idx: truncated or damaged: it ends within its gzip data" gz
    done
    fresh; gzip $d/images.idx; printf 'x' | dd of=$d/images.idx.gz bs=1 seek=$(($(wc -c < $d/images.idx.gz) - 6)) conv=notrunc 2> /dev/null
    refused "compressed, with a check sum that is wrong" "images.idx.gz: truncated or damaged: .*data" gz
fi
refused "no such directory" "No such file or directory; --data DIR" $dir/read idx $d/none 0 0 image:b:0:image:2,3
fresh; idx images.idx '\0\0\015\002\0\0\0\002\0\0\0\001\077\200\0\0\300\040\0\0'
refused "float32 for bytes" 'row 1: image is -2.5, and the model says whole numbers for it: say type = "float32"' $dir/read idx $d 0 0 image:b:0:image:1
same "float32" "train 2
1 3 
-2.5 1 
valid 0
test 0" $dir/read idx $d 0 0 image:r:0:image:1 label:i:4:label:1
if [ "$(id -u)" -ne 0 ]; then
    fresh; chmod 0 $d/images.idx
    refused "unreadable" "Permission denied" read_idx
fi
fresh
cp $d/images.idx $d/train-images-idx3-ubyte; cp $d/labels.idx $d/train-labels-idx1-ubyte
cp $d/images.idx $d/t10k-images-idx3-ubyte; idx t10k-labels-idx1-ubyte '\0\0\010\001\0\0\0\002\002\002'
same "test files beside training files are the test" "train 2
1 2 3 4 5 6 3 
7 8 9 10 11 12 1 
valid 0
test 2
1 2 3 4 5 6 2 
7 8 9 10 11 12 2 " $dir/read idx $d 1 0 image:b:0:image:2,3 label:i:4:label:1
rm $d/t10k-labels-idx1-ubyte
same "test = 1 takes a row, by its hash, where there are none" "train 1
1 2 3 4 5 6 3 
valid 0
test 1
7 8 9 10 11 12 1 " $dir/read idx $d 1 0 image:b:0:image:2,3 label:i:4:label:1
refused "a test of all rows" "a split of 2 rows leaves none of 2" $dir/read idx $d 2 0 image:b:0:image:2,3 label:i:4:label:1
refused "a validation of all rows" "a split of 2 rows leaves none of 2" $dir/read idx $d 0 2 image:b:0:image:2,3

# ---- splits by hash ----
seq 1 1000 > $dir/seq.csv
split() { $dir/read csv $dir/seq.csv $1 $2 x:r:0:1:1 | grep -E '^(train|valid|test)' | tr '\n' ' '; }
same "a fraction of 1,000 rows, about" "train 795 valid 109 test 96 " split 0.1 0.1
same "a count, exactly" "train 650 valid 100 test 250 " split 250 100
$dir/read csv $dir/seq.csv 0 0.1 x:r:0:1:1 | sed -n '/^valid/,/^test/p' | grep -v '[a-z]' > $dir/valid1
(seq 1 1000; seq 5000 5500) > $dir/longer.csv
$dir/read csv $dir/longer.csv 0 0.1 x:r:0:1:1 | sed -n '/^valid/,/^test/p' | grep -v '[a-z]' > $dir/valid2
cmp -s $dir/valid1 $dir/valid2 && [ -s $dir/valid1 ]; check $? "rows keep their split when a file grows"

# ---- csv ----
csv() { printf "$1" > $dir/x.csv; }
read_csv() { $dir/read csv $dir/x.csv 0 0 x:r:0:1-2:2 y:i:0:class:1:cat,dog; }
csv 'a,b,"class"\r\n1,-2.5e1,cat\r\n" 3 ",4,"dog"\r\n\r\n'
same "csv: header, quotes, \\r\\n, an empty line" "train 2
1 -25 0 
3 4 1 
valid 0
test 0" read_csv
csv 'a,b,c\n1,2,3,4\n5,6,7,8\n'
refused "csv: a position after the header's last field" "4 fields, the first line has 3" $dir/read csv $dir/x.csv 0 0 x:r:0:1-2:2 t:i:9:4:1
csv '\357\273\277a,b,class,"say ""hi"", twice\nok"\n1,2,cat,"x, y\n"\n3,4,dog,'
same "csv: a BOM, commas and line ends in quotes, no last line end" "train 2
1 2 0 
3 4 1 
valid 0
test 0" read_csv
csv 'a,b,class\n1,2,cat\n3,abc,dog\n'
refused "a word for a number" "x.csv:3:3: x: 'abc' is not a number" read_csv
csv 'a,b,class\n1,2,cat\n3,,dog\n'
refused "an empty field" "x.csv:3:3: x: '' is missing: say missing = 0" read_csv
csv 'a,b,class\n1,nan,cat\n'
refused "nan" "x.csv:2:3: x: 'nan' is missing: say missing = 0" read_csv
csv 'a,b,class\n1,1e999,cat\n'
refused "1e999" "is too large" read_csv
csv 'a,b,class\n1,0x10,cat\n'
refused "0x10" "is not a number" read_csv
csv 'a,b,class\n1,2,cow\n'
refused "an unknown class" "x.csv:2:5: y: 'cow' is none of the model's classes" read_csv
csv 'a,b,class\n1,2,cat\n"1\n",2\n'
refused "too few fields" "x.csv:3: 2 fields, the first line has 3" read_csv
csv 'a,b,kind\n1,2,cat\n'
refused "no such header" "x.csv:1: no field 'class' in the header, which y needs" read_csv
csv 'a,b,class\n1,2,"cat\n'
refused "a quote without end" "x.csv:2: a quote opens here" read_csv
csv 'a,b,class\n1,2,"cat"x\n'
refused "text after a quote" "x.csv:2:10: a separator or the line" read_csv
csv 'a,b,class\n'
refused "a header alone" "no rows" read_csv
csv ''
refused "nothing" "x.csv: empty" read_csv
csv '1,2,3\n4,5,6\n'
same "csv: positions and no header" "train 2
2 3 1 
5 6 4 
valid 0
test 0" $dir/read csv $dir/x.csv 0 0 x:r:0:2-3:2 y:i:9:1:1
# guessed FORM TEXT EXPECTED COLUMN...: the rows, then what is told, in one line
guessed() {
    form=$1 text=$2 expected=$3; shift 3
    printf -- "$text" > $dir/x.csv
    got=$(CSV_FORM=$form $dir/read csv $dir/x.csv 0 0 "$@" 2>&1 | sed '/^train/d;/^valid/d;/^test/d;s|[^ ]*/x.csv|x.csv|' | tr '\n' '|')
    [ "$got" = "$expected" ]; check $? "csv: $(printf -- "$text" | tr '\n\t' '|>'): $got"
}
is_data='note: x.csv: its first line is data (header = true: it names the columns)' is_header='note: x.csv: its first line names the columns (header = false: it is data)'
guessed ... '0,1\n5,6\n' "5 6 |$is_header|" x:r:0:1-2:2
guessed n.. '0,1\n5,6\n' '0 1 |5 6 |' x:r:0:1-2:2
guessed ... ',0,1\n0,5,6\n' "5 6 |$is_header|" x:r:0:2-3:2
guessed ... '0,2\n5,6\n' "0 2 |5 6 |$is_data|" x:r:0:1-2:2
guessed y.. '0,2\n5,6\n' '5 6 |' x:r:0:1-2:2
for first in NA nan inf '?' '""' 0x10 3%% 2020-01-31 2020-01-31T10:00:00Z 1e400 1e39 '"1,000"' '#N/A' cow; do
    csv "1,$first\n2,3\n"
    refused "a first row with $first" "x.csv:1:3: y: .*; header = true if this line names the columns" $dir/read csv $dir/x.csv 0 0 x:r:0:1:1 y:r:0:2:1
done
csv '1,cow\n2,dog\n'
refused "a first row with an unknown class" "x.csv:1:3: y: 'cow' is none" $dir/read csv $dir/x.csv 0 0 x:r:0:1:1 y:i:2:2:1:cat,dog
csv '1,7\n2,1\n'
refused "a first row with a class out of range" "x.csv:1:3: y: '7' is not a class" $dir/read csv $dir/x.csv 0 0 x:r:0:1:1 y:i:3:2:1
guessed ... 'dog,x\ncat,y\n' "1 |0 |$is_data|" y:i:2:1:1:cat,dog
guessed ... 'kind,x\ncat,y\n' "0 |$is_header|" y:i:2:1:1:cat,dog
guessed y.. '3,1,y\n1,2,3\n' '3 |note: x.csv: y reads field 3, and another is called 3: { name = "3" }|' y:r:0:3:1
guessed y.. '3,1,y\n1,2,3\n' '1 |' 'y:r:0:"3":1'
guessed ... 'a;b\n1,5;2\n3;4,25\n' "1.5 2 |3 4.25 |note: x.csv: ';' separates its fields; decimals have a comma|" x:r:0:a:1 y:r:0:b:1
guessed ... '1,5\t2,5\n3,1\t4,25\n' "1.5 2.5 |3.1 4.25 |$is_data; tabs separate its fields; decimals have a comma|" x:r:0:1:1 y:r:0:2:1
guessed ... 'a,b\n1,x;y\n2,z;w\n' '1 |2 |' x:r:0:a:1
guessed '.;,' 'a;b\n1,000;2\n' '1 2 |' x:r:0:a:1 y:r:0:b:1
guessed '. .' '  1   2 \n 3\t4\n' "1 2 |3 4 |$is_data|" x:r:0:1:1 y:r:0:2:1
guessed '.|.' 'a|b\n1|2\n' '1 2 |' x:r:0:a:1 y:r:0:b:1
guessed ... 'sep=;\r\na;b\r\n1;2\r\n' '1 2 |' x:r:0:a:1 y:r:0:b:1
guessed ... '# made by hand\n# p,q\n1,2\n' '1 2 |' x:r:0:p:1 y:r:0:q:1
guessed ... '# made, by hand\np,q\n1,2\n' '1 2 |' x:r:0:p:1 y:r:0:q:1
guessed ... '"x","y"\n"1",1,2\n"2",3,4\n' '1 2 |3 4 |note: x.csv: its rows begin with a name of their own|' x:r:0:x:1 y:r:0:y:1
guessed ... 'a , b,"c d "\r1 , 2, "3"\r' '1 2 3 |' x:r:0:a:1 y:r:0:b:1 z:r:0:'c d':1
guessed ... 'a,b\n1,2,\n3,4,\n' '1 2 |3 4 |' x:r:0:a:1 y:r:0:b:1
guessed ... 'a,b\nTRUE,1\nFalse,2\n' '1 |0 |' x:r:0:a:1
guessed ... 'a,b\n1,\n3,4\n' '4 |note: x.csv: 1 of 2 rows are left out: fields are missing|' x:rd:0:b:1
guessed ... 'a,b\n1,None\n3,\\N\n5,6\n' '-7 |-7 |6 |note: x.csv: 2 missing fields are replaced|' x:rv-7:0:b:1
guessed ... 'a,b\n1,NA\n' '1 |' x:id:2:b:1:no,NA
guessed ... 'a\n123456789012345\n-0.001\n1.7976931348623157e+38\n9007199254740993\n.5\n+5.\n' '1.23457e+14 |-0.001 |1.79769e+38 |9.0072e+15 |0.5 |5 |' x:r:0:a:1
csv 'a,b\n1,\n'
refused "rows that are all left out" "no rows: all 1 have missing fields" $dir/read csv $dir/x.csv 0 0 x:rd:0:b:1
refused "no class in place of missing ones" "x: missing = 7 is not a class.*the model says 5 classes" $dir/read csv $dir/x.csv 0 0 x:iv7:5:b:1
csv 'a;b\n1,000;2\n'
refused "a comma that may be either" "x.csv:2:1: x: '1,000' is not a number; decimal = \",\" makes it 1, and thousands have no mark" $dir/read csv $dir/x.csv 0 0 x:r:0:a:1
csv 'a;b\n1,5;2\n1.5;2\n'
refused "a point among decimal commas" "x.csv:3:1: x: '1.5' is not a number; decimal = \".\" makes it 1.5" env CSV_FORM=.., $dir/read csv $dir/x.csv 0 0 x:r:0:a:1
csv 'x\n1,5\n'
refused "a decimal comma in a file of one column" "x.csv:2: 2 fields, the first line has 1; if its commas are decimal, say separator = \";\", decimal = \",\"" $dir/read csv $dir/x.csv 0 0 x:r:0:x:1
csv 'a,b\n1,5,2\n'
refused "names of rows that may be numbers" "x.csv:2: 3 fields, the first line has 2; if the first one is the row's name, quote it" $dir/read csv $dir/x.csv 0 0 x:r:0:a:1
csv 'prise|b\n1|2\n'
refused "another separator" "no field 'price' in the header, which x needs; the header is prise|b; say separator = \"|\"" $dir/read csv $dir/x.csv 0 0 x:r:0:price:1
refused "a near name" "no field 'price' in the header, which x needs (did you mean 'prise'?); the header is prise, b" env 'CSV_FORM=.|.' $dir/read csv $dir/x.csv 0 0 x:r:0:price:1
csv '\377\376a\0,\0b\0\n\0'
refused "UTF-16" "x.csv: UTF-16, and UTF-8 can be read: iconv -f UTF-16 -t UTF-8" read_csv
csv 'a\0,\0b\0\n\0'
refused "UTF-16 without a mark" "x.csv: UTF-16.*iconv -f UTF-16LE" read_csv
csv 'a,b\n1,\0002\n'
refused "a zero byte" "x.csv: no text: byte 7 is zero" read_csv
csv '<html>\n'
refused "a web page" "x.csv: a web page" read_csv
csv 'a,b\n1,2\n3,4'
same "csv: a pipe" "train 2" sh -c "$dir/read csv /dev/stdin 0 0 x:r:0:a:1 < $dir/x.csv | head -n 1"
gzip -c $dir/x.csv > $dir/x.gz
refused "csv: compressed, without zlib" "build with -DGAGEN_ZLIB" $dir/read csv $dir/x.gz 0 0 x:r:0:a:1
if [ -x $dir/read_gz ]; then
    same "csv: compressed" "train 2|1 |3 |valid 0|test 0|" sh -c "$dir/read_gz csv $dir/x.gz 0 0 x:r:0:a:1 | tr '\n' '|'"
    head -c 25 $dir/x.gz > $dir/y.gz
    refused "csv: compressed and truncated" "y.gz: truncated or damaged" $dir/read_gz csv $dir/y.gz 0 0 x:r:0:a:1
fi
csv '1,2,3\n4,5,6\n'
refused "a position too far" "3 fields a line, x reads 3-4" $dir/read csv $dir/x.csv 0 0 x:r:0:3-4:2
refused "a range of another size" "fields 1-3 are 3, the model says 2 for x" $dir/read csv $dir/x.csv 0 0 x:r:0:1-3:2
refused "a class too large" "x.csv:2:1: y: '4' is not a class.*; the model says 3 classes" $dir/read csv $dir/x.csv 0 0 y:i:3:1:1
