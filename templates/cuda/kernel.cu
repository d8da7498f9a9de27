/* ${title} @@ ${loc} */
//:if alone
static __global__ __launch_bounds__(${threads}) void ${ident}(Device *dev${parameter})
//:else
static __device__ void ${ident}(Device *dev${parameter})
//:end
{
    ${views}
    ${body}
}
