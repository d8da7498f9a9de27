for (unsigned f = lane; f < ${count}; f += ${step}) {
    ${decode}
    ${inner}
}
