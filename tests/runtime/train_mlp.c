#include "mlp.h"
int main(int c, char **v) { return gagen_main(c, v, &mlp); }
