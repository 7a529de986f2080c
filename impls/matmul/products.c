/* Three ways to compute c[m][n] = a[m][k] b[k][n] on float32 rows without gaps, from the plain loops to a kernel that
 * keeps a tile of c in registers. From Python each is called as f(a, b, c, m, k, n), the first three as addresses;
 * the caller answers for them: nothing is checked. */

#include <Python.h>
#include <stdlib.h>
#include <string.h>

typedef Py_ssize_t size;

/* The order of the formula. C may not reorder a float sum: each addition waits for the one before. */
static void loops(const float *restrict a, const float *restrict b, float *restrict c, size m, size k, size n)
{
    for (size i = 0; i < m; i++)
        for (size j = 0; j < n; j++) {
            float sum = 0;
            for (size p = 0; p < k; p++)
                sum += a[i * k + p] * b[p * n + j];
            c[i * n + j] = sum;
        }
}

/* The inner loop runs along a row of b and of c: no sum to wait for, so the compiler uses vectors. */
static void rows(const float *restrict a, const float *restrict b, float *restrict c, size m, size k, size n)
{
    memset(c, 0, m * n * sizeof *c);
    for (size i = 0; i < m; i++)
        for (size p = 0; p < k; p++)
            for (size j = 0; j < n; j++)
                c[i * n + j] += a[i * k + p] * b[p * n + j];
}

#if defined(__AVX512F__)
enum { LANES = 16 };
#elif defined(__AVX__)
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif
typedef float vec __attribute__((vector_size(4 * LANES)));

/* Twelve sums of one vector each: enough to hide the latency of an addition, few enough for sixteen registers. */
enum { HEIGHT = 6, WIDTH = 2 * LANES };

static inline vec load(const float *from)
{
    vec v;
    memcpy(&v, from, sizeof v);
    return v;
}

static inline vec load_part(const float *from, size count)
{
    vec v = {0};
    memcpy(&v, from, count * sizeof *from);
    return v;
}

static inline size least(size x, size y)
{
    return x < y ? x : y;
}

/* A tile of c: `height` rows, `width` columns. A wide one needs two vectors for a row; a narrow one needs one, and
 * uses its second sum for the odd rows of b. Rows of b are `stride` apart. In the first `whole` of them a full load
 * stays inside b: it may read on into the next row, into lanes that are not stored. */
static inline __attribute__((always_inline)) void tile(
    const float *a, const float *b, float *c, size k, size n, size stride, size whole, size width, int height, int wide)
{
    vec sum[HEIGHT][2] = {0};
    size p = 0, step = wide ? 1 : 2, second = wide ? LANES : stride;
    for (; p + step <= whole; p += step) {
        vec x = load(b + p * stride), y = load(b + p * stride + second);
#pragma GCC unroll 6
        for (int i = 0; i < height; i++) {
            sum[i][0] += a[i * k + p] * x;
            sum[i][1] += a[i * k + p + step - 1] * y;
        }
    }
    for (; p < k; p++) {
        vec x = load_part(b + p * stride, wide ? LANES : width);
        vec y = load_part(b + p * stride + LANES, wide ? width - LANES : 0);
#pragma GCC unroll 6
        for (int i = 0; i < height; i++) {
            sum[i][0] += a[i * k + p] * x;
            if (wide)
                sum[i][1] += a[i * k + p] * y;
        }
    }
#pragma GCC unroll 6
    for (int i = 0; i < height; i++) {
        vec row[2] = {wide ? sum[i][0] : sum[i][0] + sum[i][1], sum[i][1]};
        memcpy(c + i * n, row, width * sizeof *c);
    }
}

/* The number of rows and the kind of tile must be constants, for the sums to be in registers: one call for each. */
#define TILE(rows, wide) \
    case rows: tile(a + i * k, from, c + i * n + j, k, n, stride, whole, width, rows, wide); break;
#define EACH_HEIGHT(wide) \
    switch (rows) { TILE(1, wide) TILE(2, wide) TILE(3, wide) TILE(4, wide) TILE(5, wide) TILE(6, wide) }

/* With many rows, each panel of b is copied once into one piece, which then stays in the cache; with few, the copy
 * would cost more than it saves. */
static void kernel(const float *restrict a, const float *restrict b, float *restrict c, size m, size k, size n)
{
    size bytes = (k + 8) / 8 * 8 * WIDTH * sizeof *b;
    float *panel = m > 4 * HEIGHT ? aligned_alloc(64, bytes) : NULL;
    if (panel)
        memset(panel, 0, bytes);
    for (size j = 0; j < n; j += WIDTH) {
        size width = least(WIDTH, n - j), reach = width > LANES ? WIDTH : LANES;
        size stride = n, whole = k * n < j + reach ? 0 : least(k, (k * n - j - reach) / n + 1);
        const float *from = b + j;
        if (panel) {
            for (size p = 0; p < k; p++)
                memcpy(panel + p * WIDTH, b + p * n + j, width * sizeof *b);
            from = panel, stride = WIDTH, whole = k;
        }
        for (size i = 0; i < m; i += HEIGHT) {
            size rows = least(HEIGHT, m - i);
            if (reach == WIDTH)
                EACH_HEIGHT(1)
            else
                EACH_HEIGHT(0)
        }
    }
    free(panel);
}

typedef void product(const float *restrict, const float *restrict, float *restrict, size, size, size);

static PyObject *call(product *f, PyObject *const *args, size count)
{
    if (count != 6)
        return PyErr_Format(PyExc_TypeError, "expected the addresses of a, b, c, then m, k, n: got %zd arguments", count);
    const float *a = PyLong_AsVoidPtr(args[0]), *b = PyLong_AsVoidPtr(args[1]);
    float *c = PyLong_AsVoidPtr(args[2]);
    size m = PyLong_AsSsize_t(args[3]), k = PyLong_AsSsize_t(args[4]), n = PyLong_AsSsize_t(args[5]);
    if (PyErr_Occurred())
        return NULL;
    f(a, b, c, m, k, n);
    Py_RETURN_NONE;
}

static PyObject *call_loops(PyObject *module, PyObject *const *args, size count) { return call(loops, args, count); }
static PyObject *call_rows(PyObject *module, PyObject *const *args, size count) { return call(rows, args, count); }
static PyObject *call_kernel(PyObject *module, PyObject *const *args, size count) { return call(kernel, args, count); }

static PyMethodDef methods[] = {
    {"loops", (PyCFunction)(void (*)(void))call_loops, METH_FASTCALL, "The loops of the formula."},
    {"rows", (PyCFunction)(void (*)(void))call_rows, METH_FASTCALL, "The same loops in an order that vectorises."},
    {"kernel", (PyCFunction)(void (*)(void))call_kernel, METH_FASTCALL, "Tiles of c in registers."},
    {0},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "products", NULL, 0, methods};

PyMODINIT_FUNC PyInit_products(void)
{
    return PyModuleDef_Init(&definition);
}
