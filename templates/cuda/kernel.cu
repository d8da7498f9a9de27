/* ${title} @@ ${loc} */
${also}
//:if alone
static __global__ __launch_bounds__(${threads}) void ${ident}(${parameters})
//:else
static __device__ void ${ident}(${parameters})
//:end
{
    ${views}
    ${body}
}
