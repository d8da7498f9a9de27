# program.sh -- what emit.sh and run.sh know of the program of job NUMBER:TARGET, the first argument.
job=$1
number=${job%%:*} target=${job#*:}
line=$(sed -n "${number}p" "$work/all")
at=$work/$number.$target
mkdir -p "$at/old" "$at/new" || exit 255

# The words before " : " are for the driver, those after it are -D options.
model=${line%% *}
words=${line#"$model"}
options=
case $words in *" : "*) options=${words#* : } words=${words%% : *} ;; esac
rows=70 data= weights=hashed updates=20 gradients=1
for word in $words; do
    case $word in
        rows=*) rows=${word#*=} ;;
        data=*) data=$work/data/${word#*=} ;;
        weights=*) weights=$work/data/${word#*=} ;;
        gradients=*) gradients=${word#*=} ;;
        updates=*) updates=${word#*=} ;;
        for=* | slow) ;;
        *) echo "same-bits: what is '$word' of $line?" >&2; exit 255 ;;
    esac
done
[ -n "$data" ] || data=hashed=$rows
case $target in cuda) language=cuda extension=cu ;; *) language=c extension=c ;; esac

# In CUDA windows are of 4 micro-batches of 4 rows, unless the options say.
case $target:" $options" in
    *" batch="* | *" micro_batch="*) ;;
    cuda:*) options="batch=16 micro_batch=4 $options" ;;
esac
case " $options" in *" steps="*) ;; *) options="$options steps=$updates" ;; esac
defines=
for option in $options; do defines="$defines -D $option"; done

# say WORD WHAT: the result of this job; differs and unable are the ones to read
say() { printf '%s\t%s\t%s\t%s\n' "$1" "$target" "$model$defines" "$2" > "$work/results/$job.said"; }
differs() {
    say differs "$1"
    echo "differs: $target $model$defines: $1"
}
unable() { say unable "$1"; }
