${type} sum = ${zero};
//:if group
for (int i = 0; i < ${group}; i++) @@ channels of the group
//:end
    for (${ky})
        TAPS for (${kx})
            sum += ${x} * ${w};
