//:if frozen
_Alignas(64) ${static}Params p; @@ parameters, the frozen ones last
_Alignas(64) ${static}Trained ${arrays}; @@ ${arrays_are} of those that are trained
//:else
_Alignas(64) ${static}Params ${arrays}; @@ ${arrays_are}
//:end
//:if packed
_Alignas(64) ${static}${packed_kind} { @@ made from Params once per update
    //:for f in packed_fields
    ${text}
    //:end
} packed;
//:end
//:if arena
/* Phase k: the kernels after micro's barrier k, from 0. A pad keeps an offset. */
_Alignas(64) ${static}union { @@ a micro-step's values; the structs share memory
    real ${all}[${arena}];
    //:for b in buffers
    ${text}
    //:end
} arena;
//:end
