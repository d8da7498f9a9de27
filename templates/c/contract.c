contract((Contract) { .rows = { ${rows0}, ${rows1} }, .a_row = { ${arow0}, ${arow1} }, .c_row = { ${crow0}, ${crow1} },
                      .depth = { ${depth0}, ${depth1}, ${depth2} }, .a_k = { ${ak0}, ${ak1}, ${ak2} }, .b_k = { ${bk0}, ${bk1}, ${bk2} },
                      .width = ${width} }, &${a}, &${b}, &${c}, ${beta});
