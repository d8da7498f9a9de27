/* host.h -- what the files of the Lua host share: host.c runs files, values.c reads what Lua holds,
   bind*.c are the core that dsl/ builds on, finish.c and recipe.c read what train says, read_op.c
   the ops' tables. */
#ifndef GAGEN_HOST_H
#define GAGEN_HOST_H
#include <lauxlib.h>
#include <lua.h>
#include "front/front.h"

/* a Lua state, the files that it runs, the graph that they make; host_*(L): of L's host */
typedef struct Host Host;
lua_State *host_start(const Opts *o);      /* o: whose defines a model may ask for, or NULL */
Loc host_where(lua_State *L);              /* the user's line that led here */
Loc host_made(lua_State *L);               /* that, or the line that made the layer that runs now */
void host_within(lua_State *L, Loc loc);   /* a layer made there runs now; no file: none does */
Loc host_defined(lua_State *L, int index); /* where the user's function stands */
Graph *host_graph(lua_State *L);           /* that nodes are added to */
/* the function or layer that the user called now; NULL: none */
void host_calls(lua_State *L, const char *name);
const char *host_called(lua_State *L, const char *otherwise); /* its name */
Loc host_at(lua_State *L, int place); /* of a place as core.place() gave it to dsl/ */
int host_place(lua_State *L, Loc loc);
int host_file(lua_State *L);  /* world, path -> what another file of the user's returns */
int host_depth(lua_State *L); /* of files that run each other; 1: the model file alone */
/* the model file; takes its world off the stack, exits on the user's errors */
void host_run(lua_State *L, const char *path);
/* nodes are added to g from now on, for that line of the user's */
void host_serve(lua_State *L, Graph *g, Loc loc);
void host_call(lua_State *L, int nargs, int nresults); /* exits when it fails */
/* -D name=value, asked for; NULL: not given */
const char *host_define(lua_State *L, const char *name);
_Noreturn void host_fail(Loc loc, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* bind.c: with dsl/ loaded, the model's world on the stack; o as in host_start */
lua_State *core_start(const Opts *o);
void core_push(lua_State *L);      /* the table of functions that dsl/ builds on */
void tensor_methods(lua_State *L); /* values.c: pushes the metatable of tensors */
void node_push(lua_State *L, Node *n);
void leaves_push(lua_State *L); /* bind_leaf.c: adds what is about leaves to the table on the top */
/* bind_param.c: adds what is about parameters to the table on the top */
void params_push(lua_State *L);
Node *check_node(lua_State *L, int index);                /* raises an error when it is no tensor */
Node *node_at(lua_State *L, int index);                   /* NULL when it is no tensor */
Op *op_read(lua_State *L, int index, Kind kind, Loc loc); /* from an op's table; registers it */
int finish_train(lua_State *L); /* from the table that dsl/train.lua made */
/* recipe.c: the optimizer and its groups; orders the parameters */
void read_recipes(lua_State *L, int index, Graph *g);

/* fields of the table at index; dsl/ has checked what has no `otherwise` */
const char *field_string(lua_State *L, int index, const char *key); /* a copy; NULL: not there */
double field_number(lua_State *L, int index, const char *key, double otherwise);
bool field_true(lua_State *L, int index, const char *key);
Loc field_loc(lua_State *L, int index); /* of key "place" */
void field_sizes(lua_State *L, int index, const char *key, int *rank, long *dim);
#endif
