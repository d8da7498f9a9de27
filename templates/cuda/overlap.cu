real sum = 0;
const int tr = r + ${ph}, tc = c + ${pw}; @@ in the padded image
for (int wr = tr < (${kh} - 1) * ${dh} + 1 ? 0 : (tr - (${kh} - 1) * ${dh} + ${sh} - 1) / ${sh}; wr < ${rows} && wr * ${sh} <= tr; wr++)
    for (int wc = tc < (${kw} - 1) * ${dw} + 1 ? 0 : (tc - (${kw} - 1) * ${dw} + ${sw} - 1) / ${sw}; wc < ${columns} && wc * ${sw} <= tc; wc++) {
        bool mine = false, open = true;
        ${best}
        for (${ky})
            for (${kx}) {
                if (!open || !(${value} == best)) continue;
                open = false; @@ the first of equals takes the gradient
                mine = wr * ${sh} + ky * ${dh} == tr && wc * ${sw} + kx * ${dw} == tc;
            }
        if (mine) sum += ${gy};
    }
