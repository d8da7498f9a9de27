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
/* A phase is what lies between two barriers of micro, from 0; a pad keeps an offset. */
_Alignas(64) ${static}union { @@ a micro-step's values; each struct lies over the others
    real ${all}[${arena}];
    //:for b in buffers
    ${text}
    //:end
} arena;
//:end
