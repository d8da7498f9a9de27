const int row0 = ${row0}, column0 = ${column0};
//:if parts
const int from = ${from}, to = from + ${span} < ${k} ? from + ${span} : ${k};
//:else
const int from = 0, to = ${k};
//:end
//:if batch
const int batch = ${batch_index};
//:end
${a}
${b}
const auto store = [&](int${row}, int${column}, real sum) {
    ${store}
};
gg_tile<${m}, ${n}, ${wide}, ${a_by_depth}, ${b_by_depth}>(row0, column0, from, to, a, b, store);
