/* ${title} @@ ${loc} */
${also}
${linkage} ${ident}(const Thread *t${parameters})
{
    ${body}
}
