/* ${title} */
static __global__ __launch_bounds__(${threads}) void ${ident}(Device *dev${parameter})
{
    //:for c in calls
    ${call}
    //:if more
    __syncthreads();
    //:end
    //:end
}
