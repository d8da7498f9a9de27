for_span (${unit}, t, ${count}) {
    ${inner}
}
