# accumulate.awk -- draws window time over the number of micro-batches, both on logarithmic axes; its lines are what accumulate.sh keeps.
function x(k) { return 60 + 440 * log(k) / log(64) }
function y(ms) { return 250 - 220 * (log(ms) - log(low)) / (log(high) - log(low)) }
FNR == 1 { net = FILENAME; sub(/.*\//, "", net); sub(/\..*/, "", net); name[++nets] = net }
{ k[nets, FNR] = $1; ms[nets, FNR] = $4; plain[nets, FNR] = $3 + $1 * base($2, FNR); count = FNR
  if (!low || $4 < low) low = $4
  if ($4 > high) high = $4 }
function base(ms, line) { if (line == 1) first = ms; return first }
END {
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"620\" height=\"300\" font-family=\"sans-serif\" font-size=\"12\">"
    print "<rect width=\"620\" height=\"300\" fill=\"white\"/>"
    low *= 0.8; high *= 1.25
    for (e = -3; e < 4; e++) for (d = 1; d <= 5; d += d < 2 ? 1 : 3) {
        v = d * 10 ^ e
        if (v < low || v > high) continue
        printf "<line x1=\"60\" x2=\"500\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/><text x=\"54\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", y(v), y(v), y(v) + 4, v
    }
    for (i = 1; i <= count; i++)
        printf "<text x=\"%.1f\" y=\"268\" text-anchor=\"middle\">%d</text>\n", x(k[1, i]), k[1, i]
    print "<text x=\"280\" y=\"290\" text-anchor=\"middle\">micro-batches of 32 in a window</text>"
    print "<text x=\"60\" y=\"18\">ms for a window; dashed: as many forwards and backwards alone, and one update</text>"
    for (n = 1; n <= nets; n++) {
        color = n == 1 ? "#1f77b4" : "#d62728"
        line = dash = ""
        for (i = 1; i <= count; i++) {
            line = line sprintf("%.1f,%.1f ", x(k[n, i]), y(ms[n, i]))
            dash = dash sprintf("%.1f,%.1f ", x(k[n, i]), y(plain[n, i]))
            printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x(k[n, i]), y(ms[n, i]), color
        }
        printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\"/>\n", line, color
        printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-dasharray=\"4 3\"/>\n", dash, color
        printf "<text x=\"508\" y=\"%.1f\" fill=\"%s\">%s</text>\n", y(ms[n, count]) + 4, color, name[n]
    }
    print "</svg>"
}
