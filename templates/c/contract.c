//:if of_rows
matmul((Matmul) { ${sizes} }, ${a}, ${b}, ${c}, ${beta});
//:end
//:if of_images
conv2d((Conv2d) { ${sizes} }, ${a}, ${b}, ${c}, ${beta});
//:end
//:if to_images
conv2d_data((Conv2d) { ${sizes} }, ${a}, ${b}, ${c}, ${beta});
//:end
//:if to_taps
conv2d_weight((Conv2d) { ${sizes} }, ${a}, ${b}, ${c}, ${beta});
//:end
//:if of_sums
contract((Contract) { .rows = { ${rows} }, .a_row = { ${a_row} }, .c_row = { ${c_row} },
                      .depth = { ${depth} },
                      .a_k = { ${a_k} }, .b_k = { ${b_k} }, .width = ${width} },
         ${a}, ${b}, ${c}, ${beta});
//:end
