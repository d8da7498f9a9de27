/* ${title} @@ ${loc} */
${also}
${linkage} ${ident}(${parameters})
{
    ${body}
}
