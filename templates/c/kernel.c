/* ${title} @@ ${loc} */
${also}
${linkage} ${ident}(const Thread *t, const Micro *m${parameters})
{
    ${body}
    stored();
    ${unused}
}
