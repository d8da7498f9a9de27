${type} best = ${least};
for (int ky = 0; ky < ${kh}; ky++)
    for (int kx = 0; kx < ${kw}; kx++) {
        //:if bounds
        if (${outside}) continue;
        //:end
        const ${type} v = ${load};
        best = ${choose};
    }
