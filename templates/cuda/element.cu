//:if batched
static __device__ __forceinline__ real ${ident}(const Device *dev, int${batch}, int${row}, int${at})
//:else
static __device__ __forceinline__ real ${ident}(const Device *dev, int${row}, int${at})
//:end
{
    ${views}
    ${decode}
    //:if bounds
    if (${outside}) return 0;
    //:end
    return ${value};
}
