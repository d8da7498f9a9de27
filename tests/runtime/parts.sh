# The test programs that check by themselves.
facts $dir/units
facts $dir/teams
$dir/train_mlp --save $dir/hostile.safetensors > $dir/out 2>&1; check $? "a run under ASan and UBSan"
facts $dir/hostile $dir/hostile.safetensors
facts $dir/embed $dir/data/squares
