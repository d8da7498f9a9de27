//:if parts
const int from = ${from}, to = from + ${span} < ${k} ? from + ${span} : ${k};
//:end
//:if batch
const int batch = ${batch_index};
//:end
${a}
${b}
const auto store = [&](int${row}, int${column}, real sum) {
    ${store}
};
gg_tile<${m}, ${n}, ${wide}, ${a_by_depth}, ${b_by_depth}>(
    ${row0}, ${column0}, ${first}, ${end}, a, b, store);
