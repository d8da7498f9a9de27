#include "mlp.h"
int main(int c, char **v) { return gg_main(c, v, &mlp); }
