enum { ${prefix}BLOCK = 4096, ${prefix}BLOCKS = (${owned} + ${prefix}BLOCK - 1) / ${prefix}BLOCK };

//:if norm
static double ${prefix}squares[${prefix}BLOCKS];

/* the square of the gradient's norm over [from, to), sixteen sums side by side */
static double ${prefix}norm_of(long from, long to)
{
const real *gradient_at = (const real *)&g;
double lane[16] = { 0 }, sum = 0;
for (long i = from; i < to; i += 16)
for (int j = 0; j < 16; j++) {
const double dx = (double)gradient_at[i + j] * (double)w.scale_out;
lane[j] += dx * dx;
}
for (int j = 0; j < 16; j++) sum += lane[j];
return sum;
}

/* w.norm of the whole gradient, the blocks' squares added in order${norm_does} */
static void ${prefix}norm(const Thread *t)
{
double sum = 0;
for_span (b, t, ${prefix}BLOCKS) ${prefix}squares[b] = ${prefix}norm_of(${begin}(long)b * ${prefix}BLOCK, b == ${prefix}BLOCKS - 1 ? ${end} : ${begin}(b + 1L) * ${prefix}BLOCK);
barrier(t);
if (t->id == 0) {
for (int b = 0; b < ${prefix}BLOCKS; b++) sum += ${prefix}squares[b];
w.norm = sqrt(sum);
//:if checked
if (!(w.norm <= DBL_MAX)) w.count = 0;
//:end
//:if clip
w.clip = ${clip} / (w.norm + 1e-6);
if (w.clip > 1) w.clip = 1;
//:end
}
barrier(t);
}

//:end
//:for k in groups
//:if one
/* ${optimizer} over [from, to) of the flat arrays, in one pass
   ${doc} */
//:else
/* ${optimizer} over [from, to) of the flat arrays: ${who}
   ${doc} */
//:end
static void ${pass}(long from, long to)
{
${pointers}
${constants}
for (long i = from; i < to; i += LANES) {
${body}
}
stored();
}

//:end
//:if several
static void ${prefix}optimize(long from, long to) @@ a part of the flat arrays is a group's
{
//:for k in groups
if (from < ${to} && to > ${from}) ${pass}(from > ${from} ? from : ${from}, to < ${to} ? to : ${to});
//:end
}

//:end
static void ${prefix}update(const Thread *t)
{
//:if may_be_empty
if (w.count == 0) return; @@ nothing in this window counts
//:end
//:if norm
${prefix}norm(t);
//:end
//:if checked
if (w.count == 0) return; @@ it is not finite
//:end
for_span (b, t, ${prefix}BLOCKS) ${prefix}optimize(${begin}(long)b * ${prefix}BLOCK, b == ${prefix}BLOCKS - 1 ? ${end} : ${begin}(b + 1L) * ${prefix}BLOCK);
//:if repacked
barrier(t);
prepare(t);
//:end
}
