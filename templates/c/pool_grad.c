${type} open = ${one}; @@ the first of equals takes the gradient
for (${ky})
    for (${kx}) {
        const ${type} share = ${share};
        ${spread}
        open = open - share;
    }
