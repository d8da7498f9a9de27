${type} sum = ${zero};
//:if group
for (int i = 0; i < ${group}; i++) @@ channels of the group
//:end
    for (int ky = 0; ky < ${kh}; ky++)
        for (int kx = 0; kx < ${kw}; kx++) {
            //:if bounds
            if (${outside}) continue;
            //:end
            sum += ${x} * ${w};
        }
