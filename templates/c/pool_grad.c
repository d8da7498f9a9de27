${type} open = ${one}; @@ the first of equals takes the gradient
for (int ky = 0; ky < ${kh}; ky++)
    for (int kx = 0; kx < ${kw}; kx++) {
        //:if bounds
        if (${outside}) continue;
        //:end
        const ${type} share = ${share};
        ${spread}
        open = open - share;
    }
