/* ${title} */
static __global__ __launch_bounds__(${threads}) void ${ident}(${parameters})
{
    ${lines}
}
