/* host.h -- declarations that the files of the Lua host share. host.c runs files, and values.c
   reads Lua values. bind*.c are the core that dsl/ builds on. finish.c and recipe.c read the
   table of train, and read_op.c reads the tables of ops. */
#ifndef GAGEN_HOST_H
#define GAGEN_HOST_H
#include <lauxlib.h>
#include <lua.h>
#include "front/front.h"

/* a Lua state with the files that it runs and the graph that they make; host_*(L) is of L's host */
typedef struct Host Host;
lua_State *host_start(const Opts *o); /* o: its -D options are the model's; or NULL */
Loc host_where(lua_State *L);         /* the user's line that runs now */
/* the same, or the line that made the layer that runs now */
Loc host_made(lua_State *L);
/* a layer made there runs now; without a file none does */
void host_within(lua_State *L, Loc loc);
Loc host_defined(lua_State *L, int index); /* the place of the user's function */
Graph *host_graph(lua_State *L);           /* nodes are added to it */
/* the function or layer that the user called now; NULL: none */
void host_calls(lua_State *L, const char *name);
const char *host_called(lua_State *L, const char *otherwise); /* its name */
Loc host_at(lua_State *L, int place);                         /* from a place of core.place() */
int host_place(lua_State *L, Loc loc);
int host_file(lua_State *L);  /* world, path -> the value that another file of the user returns */
int host_depth(lua_State *L); /* how many files run one another; 1: the model file alone */
/* runs the model file; pops its world; exits on the user's errors */
void host_run(lua_State *L, const char *path);
/* from now on nodes are added to g, for that line of the user */
void host_serve(lua_State *L, Graph *g, Loc loc);
void host_call(lua_State *L, int nargs, int nresults); /* exits when it fails */
/* the value of -D name=value, which the model reads; NULL: not given */
const char *host_define(lua_State *L, const char *name);
_Noreturn void host_fail(Loc loc, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* bind.c: with dsl/ loaded, the model's world on the stack; o as in host_start */
lua_State *core_start(const Opts *o);
void core_push(lua_State *L);      /* the table of functions that dsl/ builds on */
void tensor_methods(lua_State *L); /* values.c: pushes the metatable of tensors */
void node_push(lua_State *L, Node *n);
/* bind_leaf.c: adds the functions for leaves to the table on the top */
void leaves_push(lua_State *L);
/* bind_param.c: adds the functions for parameters to the table on the top */
void params_push(lua_State *L);
/* bind_scan.c: adds the functions for loops to the table on the top */
void scans_push(lua_State *L);
/* refuses a node that no step may make, or that reads a step's node outside of it */
void check_body(lua_State *L, const Node *y);
Node *check_node(lua_State *L, int index);                /* raises an error when it is no tensor */
Node *node_at(lua_State *L, int index);                   /* NULL when it is no tensor */
Op *op_read(lua_State *L, int index, Kind kind, Loc loc); /* from an op's table; registers it */
int finish_train(lua_State *L); /* from the table that dsl/train.lua made */
/* sources.c: where parameters are in files of other programs */
void read_sources(lua_State *L, int index, Graph *g);
/* recipe.c: the optimizer and its groups; orders the parameters */
void read_recipes(lua_State *L, int index, Graph *g);

/* fields of the table at index; dsl/ has checked those without `otherwise` */
const char *field_string(lua_State *L, int index, const char *key); /* a copy; NULL: not there */
double field_number(lua_State *L, int index, const char *key, double otherwise);
bool field_true(lua_State *L, int index, const char *key);
Loc field_loc(lua_State *L, int index); /* of key "place" */
void field_sizes(lua_State *L, int index, const char *key, int *rank, long *dim);
#endif
