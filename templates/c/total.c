for_span (q, t, ${count}) { @@ rows that are real
    double total = 0;
    for (int n = ${from}; n < ${to} && n < ${rows}; n++) {
        ${first}
        ${inner}
    }
    part[${sum}][q] = total;
}
