/* ${title} @@ ${loc} */
static __global__ __launch_bounds__(${threads}) void ${ident}(Device *dev${parameter})
{
    ${views}
    ${body}
}
