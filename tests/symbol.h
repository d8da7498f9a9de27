/* symbol.h -- the program of model PROGRAM: -DPROGRAM=mlp makes SYMBOL gagen_mlp. */
#define SYMBOL_OF(model) gagen_##model
#define SYMBOL_OF_(model) SYMBOL_OF(model)
#define SYMBOL SYMBOL_OF_(PROGRAM)
