/* main.cu -- the planted bugs: `bugs` lists them with how each is caught, `bugs NAME` runs the right twin, `bugs NAME bug` the
   other. It prints "right" or "wrong". */
#include "kernels.cu"
#include "memory.cu"
#include "streams.cu"
#include "graphs.cu"
#include "blas.cu"

template <size_t N> static const Case *find(const Case (&cases)[N], const char *name)
{
    for (const Case &c : cases) {
        if (!name) printf("%s\t%s\n", c.name, c.caught);
        else if (strcmp(c.name, name) == 0) return &c;
    }
    return nullptr;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : nullptr;
    const Case *found[] = { find(kernel_cases, name), find(memory_cases, name), find(stream_cases, name), find(graph_cases, name),
                            find(blas_cases, name) };
    for (const Case *c : found)
        if (c) {
            check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
            puts(c->run(argc > 2) ? "right" : "wrong");
        }
    return 0;
}
