gg_matmul_plan(${ta}, ${tb}, ${m}, ${n}, ${k}, ${a}, ${lda}, ${b}, ${ldb},
    ${c}, ${ldc}, ${batch}, ${steps}, ${beta}, ${epilogue}, ${bias});
