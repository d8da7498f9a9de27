${type} sum = ${zero};
//:if group
for (int i = 0; i < ${group}; i++) @@ channels of the group
//:end
    for (${ky})
        for (${kx})
            sum += ${x} * ${w};
