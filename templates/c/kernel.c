/* ${title} @@ ${loc} */
${linkage} ${ident}(const Thread *t, const Micro *m${parameter})
{
    ${body}
    stored();
    ${unused}
}
