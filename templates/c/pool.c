${type} best = ${least};
for (${ky})
    for (${kx}) {
        const ${type} v = ${load};
        best = ${choose};
    }
