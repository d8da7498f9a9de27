for (${f_type} ${f} = ${lane}; ${f} < ${count}; ${f} += ${step})${brace}
    ${decode_term}
    ${inner}
${close}
