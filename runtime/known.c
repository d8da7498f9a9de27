/* known.c -- recognizes files in another format by their first bytes, and prints the cure.

   A cure is a command or a line of Python; FILE is the file. Arrays are copied before
   safetensors 0.8.0 writes them, since it assumes C's order for every array's memory. */
#include "known.h"

#define TO_CSV ".to_csv('x.csv', index=False), for data.csv"
#define TO_NPY(a) "numpy.save('x.npy', " a "), for data.npy"
#define TO_WEIGHTS(a) \
    "safetensors.numpy.save_file({name: array.copy(), ...}, 'w.safetensors') of the arrays in " a
#define IMAGES \
    "numpy.save('x.npy', numpy.stack([numpy.asarray(PIL.Image.open(f)) for f in files])), for " \
    "data.npy"
#define SOUNDS \
    "numpy.save('x.npy', numpy.stack([soundfile.read(f)[0] for f in files])), for data.npy"
#define TORCH "safetensors.torch.save_file(torch.load(FILE, weights_only=True), 'w.safetensors')"

/* data: for a reader of rows; weights: for one of parameters, NULL: the same */
typedef struct {
    int at, n;
    const char *magic, *what, *data, *weights;
} Known;

static const Known gg_formats[] = {
    { 0, 6, "\x93NUMPY", "an NPY file", "data.npy reads it",
      "safetensors.numpy.save_file({'NAME': numpy.load(FILE).copy()}, 'w.safetensors')" },
    { 0, 8, "\x89HDF\r\n\x1a\n", "an HDF5 file", TO_NPY("h5py.File(FILE)['x'][:]"),
      TO_WEIGHTS("h5py.File(FILE)") },
    { 512, 8, "\x89HDF\r\n\x1a\n", "an HDF5 file, as MATLAB's -v7.3 or Julia's JLD2 writes it",
      TO_NPY("h5py.File(FILE)['x'][:]") "; MATLAB's and Julia's axes come in reverse: .T",
      TO_WEIGHTS("h5py.File(FILE)") },
    { 0, 10, "MATLAB 5.0", "a MAT file", TO_NPY("scipy.io.loadmat(FILE)['x']"),
      TO_WEIGHTS("scipy.io.loadmat(FILE)") },
    { 0, 4, "PAR1", "a Parquet file", "pandas.read_parquet(FILE)" TO_CSV, NULL },
    { 0, 6, "ARROW1", "an Arrow (Feather) file", "pandas.read_feather(FILE)" TO_CSV, NULL },
    { 0, 4, "FEA1", "a Feather file", "pandas.read_feather(FILE)" TO_CSV, NULL },
    { 0, 4, "RDX2", "R's data",
      "in R: load(FILE); write.csv(x, 'x.csv', row.names = FALSE), for data.csv", NULL },
    { 0, 4, "RDX3", "R's data",
      "in R: load(FILE); write.csv(x, 'x.csv', row.names = FALSE), for data.csv", NULL },
    { 0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document",
      "pandas.read_excel(FILE)" TO_CSV, NULL },
    { 0, 15, "SQLite format 3", "an SQLite database",
      "pandas.read_sql('select * from x', sqlite3.connect(FILE))" TO_CSV, NULL },
    { 0, 3, "BZh", "packed by bzip2", "bunzip2 it", NULL },
    { 0, 6,
      "\xfd"
      "7zXZ",
      "packed by xz", "unxz it", NULL },
    { 0, 4, "\x28\xb5\x2f\xfd", "packed by zstd", "unzstd it", NULL },
    { 0, 6, "7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it, 7z x FILE", NULL },
    { 257, 5, "ustar", "a tar archive", "unpack it, tar xf FILE", NULL },
    { 0, 8, "\x89PNG\r\n\x1a\n", "a PNG image", IMAGES, NULL },
    { 0, 3, "\xff\xd8\xff", "a JPEG image", IMAGES, NULL },
    { 0, 4, "GIF8", "a GIF image", IMAGES, NULL },
    { 0, 4, "II*\0", "a TIFF image", IMAGES, NULL },
    { 0, 4, "MM\0*", "a TIFF image", IMAGES, NULL },
    { 8, 4, "WEBP", "a WebP image", IMAGES, NULL },
    { 8, 4, "WAVE", "a WAV file", SOUNDS, NULL },
    { 0, 4, "fLaC", "a FLAC file", SOUNDS, NULL },
    { 0, 4, "OggS", "an Ogg file", SOUNDS, NULL },
    { 0, 4, "GGUF", "a GGUF file",
      "weights of another program; a safetensors file of the same model can be loaded", NULL },
};

/* for all but raw files, which may be text of any kind */
static const Known gg_texts[] = {
    { 0, 19, "# Created by Octave", "Octave's text",
      "in Octave: csvwrite('x.csv', x), for data.csv", NULL },
    { 0, 42, "version https://git-lfs.github.com/spec/v1",
      "a pointer of Git LFS, not the file itself", "git lfs pull brings it", NULL },
    { 0, 9, "<!DOCTYPE", "a web page", "the download went wrong: fetch it again", NULL },
    { 0, 9, "<!doctype", "a web page", "the download went wrong: fetch it again", NULL },
    { 0, 5, "<html", "a web page", "the download went wrong: fetch it again", NULL },
};

typedef struct {
    const char *path;
    unsigned char head[600];
    long n;
    Purpose purpose;
} Peek;

static _Noreturn void gg_known_fail(const Peek *p, const char *what, const char *data,
                                    const char *weights)
{
    gg_fail(GG_DATA, "%s: %s: %s", p->path, what,
            p->purpose == GG_FOR_WEIGHTS && weights ? weights : data);
}

static bool gg_begins(const Peek *p, long at, const char *magic, long n)
{
    return p->n >= at + n && !memcmp(p->head + at, magic, (size_t)n);
}

/* The fields of a header are tested too, since raw numbers may begin with anything. */
static void gg_known_gzip(const Peek *p)
{
    const unsigned char *h = p->head;
    if (gg_begins(p, 0, "\x1f\x8b\x08", 3) && p->n >= 10 && h[3] < 32 &&
        (h[8] == 0 || h[8] == 2 || h[8] == 4) && (h[9] < 14 || h[9] == 255))
        gg_known_fail(p, "packed by gzip", "gunzip it", NULL);
}

/* The first member of a zip shows which program wrote it. */
static void gg_known_zip(const Peek *p)
{
    char name[128] = "", cure[256];
    if (!gg_begins(p, 0, "PK\3\4", 4) || p->n < 30) return;
    const long room = p->n - 30, n = p->head[26] | p->head[27] << 8;
    snprintf(name, sizeof name, "%.*s", (int)(n < room ? n : room), (const char *)p->head + 30);
    for (char *at = name; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 127) *at = '?';
    const char *end = strrchr(name, '.'), *slash = strrchr(name, '/');
    if (end && !strcmp(end, ".npy")) {
        snprintf(cure, sizeof cure, "unzip it: %.100s is in it", name);
        gg_known_fail(p, "an NPZ archive", cure,
                      "safetensors.numpy.save_file({k: v.copy() for k, v in "
                      "numpy.load(FILE).items()}, 'w.safetensors')");
    }
    if (slash && ((end && !strcmp(end, ".pkl")) || !strcmp(slash, "/.format_version") ||
                  !strcmp(slash, "/byteorder")))
        gg_known_fail(p, "a file of torch.save", TO_NPY("torch.load(FILE).numpy()"), TORCH);
    if (!strcmp(name, "[Content_Types].xml") || !strncmp(name, "xl/", 3))
        gg_known_fail(p, "an Excel sheet", "pandas.read_excel(FILE)" TO_CSV, NULL);
    gg_known_fail(p, "a zip archive", "unzip it", NULL);
}

/* torch.save's form before 1.6, or a pickle of anything */
static void gg_known_pickle(const Peek *p)
{
    if (gg_begins(p, 0, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 14))
        gg_known_fail(p, "a file of torch.save", TO_NPY("torch.load(FILE).numpy()"), TORCH);
    if (p->n > 2 && p->head[0] == 0x80 && p->head[1] >= 2 && p->head[1] <= 5 &&
        strchr("}]({c\x95\x8c\x8a", p->head[2]) && p->head[2])
        gg_known_fail(p, "a pickle of Python",
                      TO_NPY("pickle.load(open(FILE, 'rb'))") " (CIFAR-10 has a binary version, "
                                                              "for data.cifar10)",
                      TORCH);
}

/* eight bytes of length, then JSON */
static void gg_known_safetensors(const Peek *p)
{
    if (p->purpose != GG_FOR_WEIGHTS && p->n > 10 && !memcmp(p->head + 4, "\0\0\0\0{\"", 6))
        gg_known_fail(p, "a safetensors file", TO_NPY("safetensors.numpy.load_file(FILE)['x']"),
                      NULL);
}

/* flax.serialization's map of maps */
static void gg_known_msgpack(const Peek *p)
{
    const bool map = p->head[0] > 0x80 && p->head[0] < 0x90, map16 = p->head[0] == 0xde,
               map32 = p->head[0] == 0xdf;
    const int key = map ? 1 : map16 ? 3 : 5;
    if (p->purpose == GG_FOR_WEIGHTS && (map || map16 || map32) && p->head[key] > 0xa0 &&
        p->head[key] < 0xc0)
        gg_known_fail(
            p, "MessagePack, as flax.serialization writes it", NULL,
            "safetensors.flax.save_file(flax.traverse_util.flatten_dict("
            "params, sep='.'), 'w.safetensors'); kernels are transposed weights: .T.copy()");
}

static void gg_known_idx(const Peek *p)
{
    if (p->n >= 8 && !p->head[0] && !p->head[1] && p->head[2] >= 0x08 && p->head[2] <= 0x0e &&
        p->head[3] >= 1 && p->head[3] <= 4 && !p->head[4])
        gg_known_fail(p, "an IDX file", "data.idx reads it", NULL);
}

static void gg_known_text(const Peek *p)
{
    long n = 0;
    while (n < p->n &&
           (strchr("\t\r\n", p->head[n]) ? p->head[n] != 0 : p->head[n] >= ' ' && p->head[n] < 127))
        n++;
    if (n == p->n && n > 1 && p->purpose == GG_FOR_ARRAYS && memchr(p->head, '\n', (size_t)n))
        gg_known_fail(p, "text", "data.csv reads it", NULL);
}

/* Three bytes do not prove that a file is not raw. */
static void gg_known_list(const Peek *p, const Known *list, size_t n)
{
    for (const Known *k = list; k < list + n; k++)
        if (gg_begins(p, k->at, k->magic, k->n) && (p->purpose != GG_FOR_RAW || k->n > 3))
            gg_known_fail(p, k->what, k->data, k->weights);
}

void gg_known(const char *path, Purpose purpose)
{
    Peek p = { .path = path, .purpose = purpose };
    FILE *file = fopen(path, "rb");
    if (!file) return;
    p.n = (long)fread(p.head, 1, sizeof p.head, file);
    fclose(file);
    gg_known_list(&p, gg_formats, sizeof gg_formats / sizeof *gg_formats);
    gg_known_gzip(&p);
    gg_known_zip(&p);
    gg_known_safetensors(&p);
    if (purpose == GG_FOR_RAW) return;
    gg_known_list(&p, gg_texts, sizeof gg_texts / sizeof *gg_texts);
    gg_known_pickle(&p);
    gg_known_msgpack(&p);
    gg_known_idx(&p);
    gg_known_text(&p);
}
