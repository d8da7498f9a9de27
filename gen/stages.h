/* stages.h -- what passes between the stages behind the graph: kernels, buffers, layouts, the plan, the program. */
