//:for l in loops
for (${l.head})${l.brace}
${l.first}
//:end
${inner}
//:for l in loops
${l.close}
//:end
