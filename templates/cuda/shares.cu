${decode}
${variable}
for (${f_type} ${f} = share; ${f} < ${terms} && id < ${count}${training}; ${f} += ${shares})${brace}
    ${decode_term}
    ${inner}
${close}
${sum} = gg_add_shares<${shares}>(${sum});
if (share == 0 && id < ${count}) {
    ${store}
}
