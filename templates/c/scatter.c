//:if beta
if (!beta) {
//:else
{
//:end
    ${zero}
}
${add}
