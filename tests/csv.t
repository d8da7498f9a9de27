#!/bin/sh
# CSV as others write it: the same table (tests/readers/csv) from pandas 2.2.3, polars 2.1.0, pyarrow 26.0.1, numpy 2.4.6 and R 4.2.2,
# and in the layouts of MATLAB, Octave, Julia, Excel, MySQL and PostgreSQL. A file is read right, or refused with a cure: then the
# test does what the message says, and the file is read right.
. tests/lib.sh
OPTIMIZE=-O0
at=tests/readers/csv
table='flag,kind,x,y
1,0,1.5,10
0,1,-0.25,20
0,0,3,30
1,1,1e-05,1e+06'
three=$(echo "$table" | awk -F, -v OFS=, 'NR > 1 { $2 = $3 } 1')

# program NAME OPTION...: tests/readers/table.lua with these options
program() { p=$1; shift; trainer "$p" tests/readers/table.lua "$@"; }

# rows NAME FILE: what the program reads of the file, as a prediction prints it; what training says is in $work/said
rows() {
    rm -f "$work/w.st"*
    "$work/$1" --data "$2" --threads 1 --save "$work/w.st" > "$work/said" 2>&1 &&
        "$work/$1" --threads 1 --save "$work/w.st" --predict "$2" 2> "$work/told"
}

# reads NAME FILE EXPECTED WHAT; is NAME FILE EXPECTED WHAT: the same as a control
is() { got=$(rows "$1" "$2"); [ "$got" = "$3" ]; }
reads() { is "$@"; tell $? "${2##*/} $4: $(sed -n 's|^note: [^ ]*: ||p;s/^error: //p' "$work/said" | tr '\n' ' ')"; }

# ---- read right ----
program names && program three -D by=three && program five -D by=five
for file in pandas_index.csv pandas_german.csv polars.csv polars_bom.tsv pyarrow.csv r_write_csv.csv r_write_csv2.csv \
    matlab_writetable.csv julia_csv.csv excel_german.csv excel_mac.csv; do
    reads names $at/$file "$table" "by names"
done
if [ -n "$zlib" ]; then reads names $at/pandas.csv.gz "$table" "by names"; else tell 0 "pandas.csv.gz # skip no zlib"; fi
for file in pandas_unnamed.csv numpy_header.csv numpy_tab.tsv octave_csvwrite.csv julia_writedlm.tsv; do
    reads three $at/$file "$three" "by position"
done
program numbers -D by=numbers
for file in pandas_unnamed.csv pandas_unnamed_index.csv; do reads numbers $at/$file "$three" "by names that are numbers"; done
reads five $at/mysql_outfile.tsv "$table" "by position"
is names $at/pandas_index.csv "$(echo "$table" | sed 's/-0.25/0.25/')"
[ $? -eq 1 ]; tell $? "control: another value is seen"

# ---- refused; then the message's cure ----
# refused NAME FILE TEXT: the program refuses it, and the text is in the message
refused() {
    rows "$1" "$2" > "$work/out"
    if [ ! -s "$work/out" ] && grep -q -F -e "$3" "$work/said"; then tell 0 "${2##*/} is refused: $(sed 's/^error: [^ ]*: //' "$work/said")"
    else tell 1 "${2##*/} is refused with $3: $(cat "$work/said")"; fi
}
program zero -D missing=0 && program drop -D missing=drop
for file in pandas_missing.csv polars_missing.csv r_missing.csv; do
    refused names $at/$file "$at/$file:3:"
    refused names $at/$file 'say missing = 0, or another number to put in, or missing = "drop"'
    reads zero $at/$file "$(echo "$table" | sed 's/-0.25/0/')" "with missing = 0"
    rows drop $at/$file
    grep -q ': 3 training rows' "$work/said" && grep -q 'note: .*: 1 of 4 rows are left out: fields are missing' "$work/said" &&
        grep -q 'is missing, and a prediction leaves no row out' "$work/told"
    tell $? "$file with missing = \"drop\" trains with three rows, and predicts none: $(sed 's/^error: [^ ]*: //' "$work/told")"
done
program blanks -D by=three -D separator=blank && program names_blanks -D separator=blank
for file in numpy.txt octave_save_ascii.txt; do
    refused three $at/$file 'say separator = " "'
    reads blanks $at/$file "$three" 'with separator = " "'
done
refused names $at/r_write_table.txt 'say separator = " "'
reads names_blanks $at/r_write_table.txt "$table" 'with separator = " "'
program words -D words=true
refused names $at/postgres_copy.csv 'classes = { "t", ... } makes numbers of words'
reads words $at/postgres_copy.csv "$table" 'with classes = { "f", "t" }'
refused names $at/pandas_utf16.csv "iconv -f UTF-16 -t UTF-8 $at/pandas_utf16.csv > utf8.csv"
(cure=$(grep -o 'iconv .* >' "$work/said") && eval "$cure $work/utf8.csv")
reads names "$work/utf8.csv" "$table" "made by that iconv"
finish
