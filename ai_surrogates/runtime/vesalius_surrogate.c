/* SPDX-License-Identifier: Apache-2.0 */
/* See vesalius_surrogate.h; the format and the formulas: docs/reference/surrogate_format.md of Vesalius. */
#include "vesalius_surrogate.h"

#include <float.h>

#if defined(__wasm__) /* no C library there; all are instructions */
#define square_root(x) __builtin_sqrt(x)
#define square_root_single(x) __builtin_sqrtf(x)
#define with_sign_of(x, y) __builtin_copysign(x, y)
#else
#include <math.h>
#define square_root(x) sqrt(x)
#define square_root_single(x) sqrtf(x)
#define with_sign_of(x, y) copysign(x, y)
#endif

#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0
#error "floating point must be evaluated in its own precision (on 32-bit x86: -msse2 -mfpmath=sse)"
#endif

/* ---- The file as structs: their members have no padding between them. ---- */

struct vesalius_surrogate
{
  uint64_t magic;
  uint32_t major, minor;
  uint64_t length, table;
  uint32_t n_sections, n_inputs, n_groups, n_scalars, n_fields;
  uint8_t  reserved[44];
  uint8_t  digest[32];
};

typedef struct
{
  char     name[32];
  uint32_t type, rank;
  uint64_t dimensions[4];
  uint64_t place;
} Section;

enum
{
  HEADER_SIZE  = 128,
  DIGEST_PLACE = 96
};

enum
{
  TYPE_DOUBLE = 1,
  TYPE_SINGLE,
  TYPE_INTEGER,
  TYPE_BYTE
};

/* Sections stand at known places in the table. */
enum
{
  INPUTS,
  TEXT,
  CARD,
  DOMAIN_SETTINGS,
  DOMAIN_SCORES,
  MESH_POINTS,
  MESH_TRIANGLES,
  SCALAR_PLACES,
  SCALAR_INTERVALS,
  FIELD_GROUPS,
  FIELD_INTERVALS,
  N_COMMON
};

enum
{
  KERNEL,
  POINTS,
  LENGTH_SCALES,
  INVERSE_FACTOR,
  WEIGHTS,
  PROCESS_VARIANCE,
  TREND_EXPONENTS,
  TREND_SCALES,
  TREND_COEFFICIENTS,
  WHITENED_TREND,
  TREND_INVERSE_FACTOR,
  N_OF_GROUP
};

enum
{
  OUTPUTS,
  MEAN,
  MODES,
  GAIN,
  REMAINDER_VARIANCE,
  N_OF_FIELD
};

enum
{
  MOST_POINTS     = (1 << 16) - 1, /* of training: their triangle is a 32-bit number */
  LONGEST_FILE    = 1 << 29,
  LARGEST_POWER   = 8,
  LARGEST_LOGARITHM = 64, /* of a field's scale, which single precision holds with room to spare */
  BLOCK           = 2048 /* of nodes */
};

/* Of scalar_intervals and field_intervals. */
enum
{
  FACTOR,
  LEVEL,
  DISCRETISATION,
  SIGMA_FLOOR,
  N_OF_INTERVAL
};

/* Of functions that must not become part of others: these might be compiled for size, or be called once only, when a WebAssembly engine never
 * optimises them. */
#if defined(__wasm__) && defined(__clang__)
#define SEPARATE __attribute__((noinline))
#else
#define SEPARATE
#endif

/* ---- The loops that take the time ---- */

/* Four sums, as vector registers have lanes. */
static SEPARATE double dot(const double *restrict a, const double *restrict b, size_t n)
{
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  size_t i = 0;
  for (; i + 4 <= n; i += 4)
    {
      s0 += a[i] * b[i];
      s1 += a[i + 1] * b[i + 1];
      s2 += a[i + 2] * b[i + 2];
      s3 += a[i + 3] * b[i + 3];
    }
  for (; i < n; ++i)
    s0 += a[i] * b[i];
  return (s0 + s2) + (s1 + s3);
}

/* Adds four modes times their coefficients, the last first. */
static SEPARATE void add_modes(float *restrict values, const float *restrict m0, const float *restrict m1, const float *restrict m2, const float *restrict m3,
                      const float a[4], size_t n)
{
  const float a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3];
  size_t      i;
  for (i = 0; i < n; ++i)
    values[i] = (((values[i] + a3 * m3[i]) + a2 * m2[i]) + a1 * m1[i]) + a0 * m0[i];
}

/* ---- Everything else may be slow; as WebAssembly it should be small. ---- */

#if defined(__wasm__) && defined(__clang__)
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)
#endif

static const Section *section(const vesalius_surrogate *model, uint32_t index)
{
  return (const Section *)((const uint8_t *)model + model->table) + index;
}

static const void *data(const vesalius_surrogate *model, uint32_t index)
{
  return (const uint8_t *)model + section(model, index)->place;
}

static const double *doubles(const vesalius_surrogate *model, uint32_t index)
{
  return (const double *)data(model, index);
}

static const int32_t *integers(const vesalius_surrogate *model, uint32_t index)
{
  return (const int32_t *)data(model, index);
}

static size_t dimension(const vesalius_surrogate *model, uint32_t index, int d)
{
  return (size_t)section(model, index)->dimensions[d];
}

static uint32_t group_section(uint32_t group, uint32_t which)
{
  return N_COMMON + group * N_OF_GROUP + which;
}

static uint32_t field_section(const vesalius_surrogate *model, uint32_t field, uint32_t which)
{
  return group_section(model->n_groups, 0) + field * N_OF_FIELD + which;
}

/* ---- SHA-256 (FIPS 180-4) ---- */

/* The first 32 bits behind the point. */
static uint32_t fraction(double x)
{
  return (uint32_t)(int64_t)(x * 4294967296.);
}

static uint32_t rotated(uint32_t x, int n)
{
  return (x >> n) | (x << (32 - n));
}

/* The k-th word of the padded message: the file with its digest zero, a one bit, zeros, the length in bits. Files are multiples of 64
 * long and below 512 MiB, so that the padding is one block and the length one word. */
static uint32_t message_word(const uint8_t *file, size_t length, size_t k)
{
  const size_t at = 4 * k;
  if (at >= length)
    return at == length ? 0x80000000u : at == length + 60 ? (uint32_t)length << 3 : 0;
  if (at >= DIGEST_PLACE && at < HEADER_SIZE)
    return 0;
  return (uint32_t)file[at] << 24 | (uint32_t)file[at + 1] << 16 | (uint32_t)file[at + 2] << 8 | file[at + 3];
}

static SEPARATE void hash_block(uint32_t state[8], const uint32_t round_constants[64], const uint8_t *file, size_t length, size_t begin)
{
  uint32_t w[64];
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7], first, second;
  int      i;
  for (i = 0; i < 64; ++i)
    {
      uint32_t *x = w + i;
      if (i < 16)
        *x = message_word(file, length, begin / 4 + (size_t)i);
      else
        *x = x[-16] + (rotated(x[-15], 7) ^ rotated(x[-15], 18) ^ (x[-15] >> 3)) + x[-7] + (rotated(x[-2], 17) ^ rotated(x[-2], 19) ^ (x[-2] >> 10));
      first  = h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) + round_constants[i] + *x;
      second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h      = g;
      g      = f;
      f      = e;
      e      = d + first;
      d      = c;
      c      = b;
      b      = a;
      a      = first + second;
    }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

void vesalius_surrogate_digest(const void *file, size_t length, uint8_t digest[32])
{
  uint32_t state[8], round_constants[64], prime = 1, k;
  size_t   begin;
  int      i;
  for (i = 0; i < 64; ++i) /* square roots of the first 8 primes, cube roots of the first 64 by Newton's steps: smaller than tables of them */
    {
      double root = 7;
      do
        for (k = 2, ++prime; prime % k != 0;)
          ++k;
      while (k < prime);
      for (k = 0; k < 9; ++k)
        root = (root + root + prime / (root * root)) / 3;
      round_constants[i] = fraction(root);
      if (i < 8)
        state[i] = fraction(square_root((double)prime));
    }
  for (begin = 0; begin <= length; begin += 64)
    hash_block(state, round_constants, (const uint8_t *)file, length, begin);
  for (i = 0; i < 32; ++i)
    digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

/* ---- Checking a file ---- */

/* Sizes that dimensions are compared with. Those that a file is free to choose are taken from the first section that has them. */
enum
{
  NONE, /* no such dimension: 1 in the file */
  FREE, /* any, and not looked at again */
  TWO,
  THREE,
  FOUR,
  POWERS, /* LARGEST_POWER + 1 */
  D,
  G,
  S,
  F,
  MESH_NODES,
  N,          /* training points */
  N_TRIANGLE, /* N (N + 1) / 2 */
  P,          /* outputs */
  M,          /* trends */
  W,          /* M or 0 */
  W_TRIANGLE,
  R, /* modes */
  NODES,
  C,
  N_SIZES
};

enum
{
  ANY_SIGN,
  NOT_NEGATIVE,
  POSITIVE
};

/* What a section must be. Its place in the table says which it is, its name is for people. */
typedef struct
{
  uint8_t type;
  uint8_t rule; /* a sign; of integers the size that all are below */
  uint8_t sizes[3];
} Shape;

static const Shape common_shapes[N_COMMON] = {{TYPE_DOUBLE, ANY_SIGN, {D, TWO}},
                                              {TYPE_BYTE, ANY_SIGN, {FREE}},
                                              {TYPE_BYTE, ANY_SIGN, {FREE}},
                                              {TYPE_DOUBLE, NOT_NEGATIVE, {TWO}},
                                              {TYPE_DOUBLE, NOT_NEGATIVE, {FREE}},
                                              {TYPE_SINGLE, ANY_SIGN, {MESH_NODES, THREE}},
                                              {TYPE_INTEGER, MESH_NODES, {FREE, THREE}},
                                              {TYPE_INTEGER, FREE, {S, TWO}},
                                              {TYPE_DOUBLE, NOT_NEGATIVE, {S, FOUR}},
                                              {TYPE_INTEGER, G, {F, TWO}},
                                              {TYPE_DOUBLE, NOT_NEGATIVE, {F, FOUR}}};

static const Shape group_shapes[N_OF_GROUP] = {{TYPE_DOUBLE, NOT_NEGATIVE, {THREE}},
                                               {TYPE_DOUBLE, ANY_SIGN, {D, N}},
                                               {TYPE_DOUBLE, POSITIVE, {D}},
                                               {TYPE_DOUBLE, ANY_SIGN, {N_TRIANGLE}},
                                               {TYPE_DOUBLE, ANY_SIGN, {P, N}},
                                               {TYPE_DOUBLE, NOT_NEGATIVE, {P}},
                                               {TYPE_INTEGER, POWERS, {M, D}},
                                               {TYPE_DOUBLE, POSITIVE, {D}},
                                               {TYPE_DOUBLE, ANY_SIGN, {P, M}},
                                               {TYPE_DOUBLE, ANY_SIGN, {W, N}},
                                               {TYPE_DOUBLE, ANY_SIGN, {W_TRIANGLE}}};

static const Shape field_shapes[N_OF_FIELD] = {{TYPE_INTEGER, P, {R}},
                                               {TYPE_SINGLE, ANY_SIGN, {NODES, C}},
                                               {TYPE_SINGLE, ANY_SIGN, {R, NODES, C}},
                                               {TYPE_SINGLE, NOT_NEGATIVE, {NODES}},
                                               {TYPE_SINGLE, NOT_NEGATIVE, {NODES}}};

#define UNKNOWN UINT32_MAX

typedef struct
{
  const vesalius_surrogate *model;
  uint32_t                  sizes[N_SIZES];
} Checker;

#define REQUIRE(condition, error) \
  if (!(condition))               \
  return error

/* Whether all numbers are of that sign, and finite even in single precision: so is what is made of them within a model's box. */
static int are_numbers(const void *numbers, int is_double, size_t n, int sign)
{
  size_t i;
  for (i = 0; i < n; ++i)
    {
      const double x = is_double ? ((const double *)numbers)[i] : ((const float *)numbers)[i];
      REQUIRE(x <= FLT_MAX && x >= -FLT_MAX && (sign == ANY_SIGN || x > 0 || (x == 0 && sign == NOT_NEGATIVE)), 0);
    }
  return 1;
}

static int are_below(const int32_t *indices, size_t n, size_t bound)
{
  size_t i;
  for (i = 0; i < n; ++i)
    REQUIRE(indices[i] >= 0 && (size_t)indices[i] < bound, 0);
  return 1;
}

/* Whether a section has its type and shape and lies within the file, and whether its numbers may be used. */
static int check_section(Checker *checker, uint32_t index, const Shape *shape)
{
  const Section *s      = section(checker->model, index);
  const uint64_t length = checker->model->length;
  const uint32_t width  = shape->type == TYPE_DOUBLE ? 8 : shape->type == TYPE_BYTE ? 1 : 4;
  uint64_t       n      = 1;
  uint32_t       rank   = 0, d;
  REQUIRE(s->type == shape->type && s->place % 64 == 0 && s->place <= length, VESALIUS_SURROGATE_SECTION);
  for (d = 0; d < 4; ++d)
    {
      const int      slot = d < 3 ? shape->sizes[d] : NONE;
      const uint64_t m    = s->dimensions[d];
      if (checker->sizes[slot] == UNKNOWN)
        checker->sizes[slot] = (uint32_t)m;
      REQUIRE(m <= length && (slot == FREE || checker->sizes[slot] == m), VESALIUS_SURROGATE_SECTION);
      n *= m; /* both were at most LONGEST_FILE: no overflow */
      REQUIRE(n <= length, VESALIUS_SURROGATE_SECTION);
      rank += slot != NONE;
    }
  REQUIRE(s->rank == rank && n * width <= length - s->place, VESALIUS_SURROGATE_SECTION);
  if (shape->type == TYPE_BYTE || (shape->type == TYPE_INTEGER && shape->rule == FREE))
    return VESALIUS_SURROGATE_OK;
  if (shape->type == TYPE_INTEGER)
    return are_below(integers(checker->model, index), (size_t)n, checker->sizes[shape->rule]) ? VESALIUS_SURROGATE_OK : VESALIUS_SURROGATE_INDEX;
  return are_numbers(data(checker->model, index), shape->type == TYPE_DOUBLE, (size_t)n, shape->rule) ? VESALIUS_SURROGATE_OK :
                                                                                                       VESALIUS_SURROGATE_NUMBER;
}

/* Sections one after the other. */
static int check_sections(Checker *checker, uint32_t first, const Shape *shapes, uint32_t n)
{
  uint32_t *sizes = checker->sizes;
  uint32_t  i;
  for (i = 0; i < n; ++i)
    {
      const int error = check_section(checker, first + i, &shapes[i]);
      REQUIRE(error == VESALIUS_SURROGATE_OK, error);
      sizes[N_TRIANGLE] = sizes[N] * (sizes[N] + 1) / 2; /* of what may just have become known */
      sizes[W_TRIANGLE] = sizes[W] * (sizes[W] + 1) / 2;
    }
  return VESALIUS_SURROGATE_OK;
}

static int check_common(Checker *checker)
{
  const vesalius_surrogate *model = checker->model;
  const double             *bounds, *scores;
  size_t                    i;
  const int                 error = check_sections(checker, 0, common_shapes, N_COMMON);
  REQUIRE(error == VESALIUS_SURROGATE_OK, error);
  bounds = doubles(model, INPUTS);
  scores = doubles(model, DOMAIN_SCORES);
  for (i = 0; i < model->n_inputs; ++i)
    REQUIRE(bounds[2 * i] < bounds[2 * i + 1], VESALIUS_SURROGATE_NUMBER);
  for (i = 1; i < dimension(model, DOMAIN_SCORES, 0); ++i)
    REQUIRE(scores[i - 1] <= scores[i], VESALIUS_SURROGATE_NUMBER);
  return VESALIUS_SURROGATE_OK;
}

/* The name of the model, d names and units, of each scalar two texts, of each field three. */
static int check_text(const vesalius_surrogate *model)
{
  const uint8_t *text   = (const uint8_t *)data(model, TEXT);
  const size_t   length = dimension(model, TEXT, 0);
  size_t         n_left = 1 + 2 * (size_t)model->n_inputs + 2 * (size_t)model->n_scalars + 3 * (size_t)model->n_fields;
  size_t         i;
  for (i = 0; i < length; ++i)
    {
      REQUIRE(text[i] == 0 || (text[i] >= 0x20 && text[i] != 0x7f), VESALIUS_SURROGATE_TEXT);
      n_left -= text[i] == 0; /* wraps where there are too many, and is not 0 then */
    }
  REQUIRE(n_left == 0 && text[length - 1] == 0, VESALIUS_SURROGATE_TEXT);
  return VESALIUS_SURROGATE_OK;
}

static int check_group(Checker *checker, uint32_t group)
{
  const uint32_t first = group_section(group, 0);
  uint32_t      *sizes = checker->sizes;
  double         smoothness;
  int            error;
  sizes[N] = sizes[P] = sizes[M] = sizes[W] = UNKNOWN;
  error    = check_sections(checker, first, group_shapes, N_OF_GROUP);
  REQUIRE(error == VESALIUS_SURROGATE_OK, error);
  /* more points, and their triangle might not be what it seems */
  REQUIRE(sizes[N] <= MOST_POINTS && sizes[W] <= MOST_POINTS && (sizes[W] == 0 || sizes[W] == sizes[M]), VESALIUS_SURROGATE_SECTION);
  smoothness = doubles(checker->model, first + KERNEL)[0];
  REQUIRE(smoothness == 2.5 || (smoothness == 0 && sizes[W] > 0), VESALIUS_SURROGATE_NUMBER); /* a process, or networks with their biases */
  return VESALIUS_SURROGATE_OK;
}

static size_t n_outputs_of(const vesalius_surrogate *model, int32_t group)
{
  return dimension(model, group_section((uint32_t)group, PROCESS_VARIANCE), 0);
}

static int check_field(Checker *checker, uint32_t field)
{
  const int32_t *groups = integers(checker->model, FIELD_GROUPS) + 2 * field;
  REQUIRE(n_outputs_of(checker->model, groups[1]) > 0, VESALIUS_SURROGATE_INDEX);
  checker->sizes[P] = n_outputs_of(checker->model, groups[0]);
  checker->sizes[R] = checker->sizes[NODES] = checker->sizes[C] = UNKNOWN;
  return check_sections(checker, field_section(checker->model, field, 0), field_shapes, N_OF_FIELD);
}

/* What refers to groups: scalars, and the domain's metric. */
static int check_references(const vesalius_surrogate *model)
{
  const double *settings = doubles(model, DOMAIN_SETTINGS);
  uint32_t      i;
  for (i = 0; i < model->n_scalars; ++i)
    {
      const int32_t *place = integers(model, SCALAR_PLACES) + 2 * i;
      REQUIRE(are_below(place, 1, model->n_groups) && are_below(place + 1, 1, n_outputs_of(model, place[0])),
              VESALIUS_SURROGATE_INDEX);
    }
  REQUIRE(settings[0] < 1 && settings[1] >= 1 && settings[1] <= (double)dimension(model, group_section(0, POINTS), 1),
          VESALIUS_SURROGATE_NUMBER);
  return VESALIUS_SURROGATE_OK;
}

/* Counts need no bounds of their own: each has an array in the file. */
static int check_header(const vesalius_surrogate *model, size_t length)
{
  uint8_t  digest[32];
  uint64_t n_known;
  int      i;
  REQUIRE(length >= HEADER_SIZE, VESALIUS_SURROGATE_TRUNCATED);
  REQUIRE(model->magic == 0x0a0d525255535689u, VESALIUS_SURROGATE_FOREIGN);
  REQUIRE(model->major == VESALIUS_SURROGATE_MAJOR, VESALIUS_SURROGATE_VERSION);
  REQUIRE(model->length == length && length % 64 == 0 && length < LONGEST_FILE, VESALIUS_SURROGATE_TRUNCATED);
  vesalius_surrogate_digest(model, length, digest);
  for (i = 0; i < 32; ++i)
    REQUIRE(model->digest[i] == digest[i], VESALIUS_SURROGATE_DAMAGED);
  n_known = N_COMMON + (uint64_t)model->n_groups * N_OF_GROUP + (uint64_t)model->n_fields * N_OF_FIELD;
  REQUIRE(model->n_inputs > 0 && model->n_groups > 0 && model->n_sections >= n_known && model->table % 64 == 0 && model->table <= length &&
            model->n_sections <= (length - model->table) / sizeof(Section),
          VESALIUS_SURROGATE_SECTION);
  return VESALIUS_SURROGATE_OK;
}

static int check_file(const vesalius_surrogate *model, size_t length)
{
  Checker  checker;
  int      error = check_header(model, length);
  uint32_t i;
  REQUIRE(error == VESALIUS_SURROGATE_OK, error);
  checker.model             = model;
  checker.sizes[NONE]       = 1;
  checker.sizes[FREE]       = 0;
  checker.sizes[TWO]        = 2;
  checker.sizes[THREE]      = 3;
  checker.sizes[FOUR]       = 4;
  checker.sizes[POWERS]     = LARGEST_POWER + 1;
  checker.sizes[N]          = 0;
  checker.sizes[W]          = 0;
  checker.sizes[D]          = model->n_inputs;
  checker.sizes[G]          = model->n_groups;
  checker.sizes[S]          = model->n_scalars;
  checker.sizes[F]          = model->n_fields;
  checker.sizes[MESH_NODES] = UNKNOWN;
  error                     = check_common(&checker);
  if (error == VESALIUS_SURROGATE_OK)
    error = check_text(model);
  for (i = 0; error == VESALIUS_SURROGATE_OK && i < model->n_groups; ++i)
    error = check_group(&checker, i);
  for (i = 0; error == VESALIUS_SURROGATE_OK && i < model->n_fields; ++i)
    error = check_field(&checker, i);
  return error == VESALIUS_SURROGATE_OK ? check_references(model) : error;
}

int vesalius_surrogate_open(const void *file, size_t length, const vesalius_surrogate **model)
{
  const uint32_t one = 1;
  int            error;
  REQUIRE(file != NULL && model != NULL, VESALIUS_SURROGATE_ARGUMENT);
  *model = NULL;
  REQUIRE((uintptr_t)file % 8 == 0, VESALIUS_SURROGATE_MISALIGNED);
  REQUIRE(*(const uint8_t *)&one == 1, VESALIUS_SURROGATE_ENDIANNESS);
  error = check_file((const vesalius_surrogate *)file, length);
  if (error == VESALIUS_SURROGATE_OK)
    *model = (const vesalius_surrogate *)file;
  return error;
}

const char *vesalius_surrogate_error_text(int error)
{
  static const char *const texts[] = {"no error",
                                      "a null pointer or an index out of range",
                                      "the memory does not begin at a multiple of 8 bytes",
                                      "this machine is not little-endian",
                                      "this is no surrogate file",
                                      "the file is of another version of the format",
                                      "the file is shorter or longer than it says",
                                      "the file is damaged: its digest does not fit",
                                      "a section is missing, of another type or shape, or lies outside of the file",
                                      "an index within the file is out of range",
                                      "a number within the file is not finite or out of its range",
                                      "the names and units within the file are not what they should be",
                                      "the workspace is too small",
                                      "an input or a prediction is not a finite number"};
  return error >= 0 && (size_t)error < sizeof texts / sizeof *texts ? texts[error] : "unknown error";
}

/* ---- What is in a model ---- */

static SEPARATE const char *text(const vesalius_surrogate *model, uint32_t index)
{
  const char *t = (const char *)data(model, TEXT);
  for (; index > 0; ++t)
    index -= *t == 0;
  return t;
}

const char *vesalius_surrogate_name(const vesalius_surrogate *model)
{
  return text(model, 0);
}

uint32_t vesalius_surrogate_n_inputs(const vesalius_surrogate *model)
{
  return model->n_inputs;
}

uint32_t vesalius_surrogate_n_scalars(const vesalius_surrogate *model)
{
  return model->n_scalars;
}

uint32_t vesalius_surrogate_n_fields(const vesalius_surrogate *model)
{
  return model->n_fields;
}

int vesalius_surrogate_describe_input(const vesalius_surrogate *model, uint32_t i, vesalius_surrogate_input *input)
{
  REQUIRE(i < model->n_inputs, VESALIUS_SURROGATE_ARGUMENT);
  input->name  = text(model, 1 + 2 * i);
  input->unit  = text(model, 2 + 2 * i);
  input->lower = doubles(model, INPUTS)[2 * i];
  input->upper = doubles(model, INPUTS)[2 * i + 1];
  return VESALIUS_SURROGATE_OK;
}

int vesalius_surrogate_describe_scalar(const vesalius_surrogate *model, uint32_t i, vesalius_surrogate_scalar *scalar)
{
  REQUIRE(i < model->n_scalars, VESALIUS_SURROGATE_ARGUMENT);
  scalar->name  = text(model, 1 + 2 * (model->n_inputs + i));
  scalar->unit  = text(model, 2 + 2 * (model->n_inputs + i));
  scalar->level = doubles(model, SCALAR_INTERVALS)[i * N_OF_INTERVAL + LEVEL];
  return VESALIUS_SURROGATE_OK;
}

int vesalius_surrogate_describe_field(const vesalius_surrogate *model, uint32_t i, vesalius_surrogate_field *field)
{
  uint32_t first;
  REQUIRE(i < model->n_fields, VESALIUS_SURROGATE_ARGUMENT);
  first               = 1 + 2 * (model->n_inputs + model->n_scalars) + 3 * i;
  field->name         = text(model, first);
  field->unit         = text(model, first + 1);
  field->location     = text(model, first + 2);
  field->level        = doubles(model, FIELD_INTERVALS)[i * N_OF_INTERVAL + LEVEL];
  field->n_nodes      = (uint32_t)dimension(model, field_section(model, i, MEAN), 0);
  field->n_components = (uint32_t)dimension(model, field_section(model, i, MEAN), 1);
  return VESALIUS_SURROGATE_OK;
}

static SEPARATE const void *rows(const vesalius_surrogate *model, uint32_t index, size_t *n)
{
  *n = dimension(model, index, 0);
  return data(model, index);
}

const char *vesalius_surrogate_card(const vesalius_surrogate *model, size_t *length)
{
  return (const char *)rows(model, CARD, length);
}

const float *vesalius_surrogate_mesh_points(const vesalius_surrogate *model, size_t *n)
{
  return (const float *)rows(model, MESH_POINTS, n);
}

const int32_t *vesalius_surrogate_mesh_triangles(const vesalius_surrogate *model, size_t *n)
{
  return (const int32_t *)rows(model, MESH_TRIANGLES, n);
}

/* ---- Arithmetic whose every bit is the same everywhere ---- */

typedef union
{
  double   number;
  uint64_t bits;
} Double;

/* x = n log 2 + r with |r| <= log(2)/2 (Cody and Waite's reduction), the Taylor polynomial of exp(r) of degree 13, n added to the exponent. */
double vesalius_surrogate_exp(double x)
{
  const double shift = 6755399441055744.0; /* 1.5 * 2^52: rounds to whole numbers, which then are the low bits */
  Double       t, y;
  double       n, r, p = 1, k;
  t.number = x * 1.44269504088896338700e+00 + shift;
  n        = t.number - shift;
  r        = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
  for (k = 13; k > 2; --k)
    p = 1 + p * r / k;
  y.number = 1 + (r + r * r * p / 2);
  y.bits += t.bits << 52;
  return y.number;
}

/* ---- Gaussian processes and networks ---- */

/* A group's arrays and sizes, and a caller's workspace cut up for it. */
typedef struct
{
  const void *arrays[N_OF_GROUP];
  size_t      d, n, m, w;
  double     *correlation;  /* [n]; at first the squared distances; of networks their hidden units */
  double     *whitened;     /* [n + m]: v, then what is multiplied with C */
  double     *trend;        /* [m] */
  double     *misfit;       /* [m]: f - B^T v */
  float      *coefficients; /* of a field's mean and modes */
} Process;

static const double *array(const Process *process, int which)
{
  return (const double *)process->arrays[which];
}

size_t vesalius_surrogate_workspace_size(const vesalius_surrogate *model)
{
  size_t   n = 8;
  uint32_t i;
  for (i = 0; i < model->n_groups; ++i) /* more than one group at a time is never there */
    n += 2 * dimension(model, group_section(i, POINTS), 1) + 3 * dimension(model, group_section(i, TREND_EXPONENTS), 0);
  for (i = 0; i < model->n_fields; ++i)
    n += dimension(model, field_section(model, i, OUTPUTS), 0);
  return n * sizeof(double);
}

static int begin_call(const vesalius_surrogate *model, const double *inputs, const void *workspace, size_t size, const void *result)
{
  REQUIRE(model != NULL && inputs != NULL && workspace != NULL && result != NULL, VESALIUS_SURROGATE_ARGUMENT);
  REQUIRE((uintptr_t)workspace % 8 == 0, VESALIUS_SURROGATE_MISALIGNED);
  REQUIRE(size >= vesalius_surrogate_workspace_size(model), VESALIUS_SURROGATE_WORKSPACE);
  return VESALIUS_SURROGATE_OK;
}

static void select_group(const vesalius_surrogate *model, uint32_t group, void *workspace, Process *process)
{
  uint32_t i;
  for (i = 0; i < N_OF_GROUP; ++i)
    process->arrays[i] = data(model, group_section(group, i));
  process->d            = model->n_inputs;
  process->n            = dimension(model, group_section(group, POINTS), 1);
  process->m            = dimension(model, group_section(group, TREND_EXPONENTS), 0);
  process->w            = dimension(model, group_section(group, WHITENED_TREND), 0);
  process->correlation  = (double *)workspace;
  process->whitened     = process->correlation + process->n;
  process->trend        = process->whitened + process->n + process->m;
  process->misfit       = process->trend + process->m;
  process->coefficients = (float *)(process->misfit + process->m);
}

/* |(x - x_i) / l|^2 by differences: the expanded square would lose half of the digits. With biases, of networks, what goes into the hidden units. */
static void square_distances(const Process *process, const double *inputs, const double *biases)
{
  double *restrict squares = process->correlation;
  const size_t     n       = process->n;
  size_t           i, d;
  for (i = 0; i < n; ++i)
    squares[i] = biases ? biases[i] : 0;
  for (d = 0; d < process->d; ++d)
    {
      const double *restrict points  = array(process, POINTS) + d * n;
      const double           inverse = 1 / array(process, LENGTH_SCALES)[d], x = inputs[d];
      for (i = 0; i < n; ++i)
        {
          const double difference = (x - points[i]) * inverse;
          squares[i] += biases ? points[i] * x : difference * difference;
        }
    }
}

/* Matern 5/2 of squared distances, in place, or with biases tanh(z/2). */
static void correlate(double *squares, size_t n, const double *biases)
{
  const double farthest = 700; /* from here on the kernel is zero for any purpose, and exp would not be a normal number */
  size_t       i;
  for (i = 0; i < n; ++i)
    {
      const double z = squares[i];
      const double a = biases ? with_sign_of(z, 1) : square_root(5 * z);
      const double e = a < farthest ? vesalius_surrogate_exp(-a) : 0;
      squares[i]     = biases ? with_sign_of((1 - e) / (1 + e), z) : (1 + a + z * (5. / 3.)) * e;
    }
}

static void evaluate_trends(const Process *process, const double *inputs)
{
  const int32_t *power = (const int32_t *)process->arrays[TREND_EXPONENTS];
  size_t         j, d;
  int32_t        k;
  for (j = 0; j < process->m; ++j)
    {
      double product = 1;
      for (d = 0; d < process->d; ++d, ++power)
        for (k = 0; k < *power; ++k)
          product *= inputs[d] / array(process, TREND_SCALES)[d];
      process->trend[j] = product;
    }
}

/* |C v|^2 for a lower triangle C that is stored row after row. `product` takes C v. */
static double square_product(const double *triangle, const double *vector, size_t n, double *product)
{
  size_t i;
  for (i = 0; i < n; ++i)
    {
      product[i] = dot(triangle, vector, i + 1);
      triangle += i + 1;
    }
  return dot(product, product, n);
}

/* A group's correlations and trends at x, for predict_output(), and s(x), the variance relative to the process's. */
static double evaluate_group(const vesalius_surrogate *model, uint32_t group, const double *inputs, void *workspace, Process *process)
{
  const double *biases;
  double        s, square;
  size_t        j;
  select_group(model, group, workspace, process);
  biases = array(process, KERNEL)[0] == 0 ? array(process, WHITENED_TREND) : NULL;
  s      = array(process, KERNEL)[2];
  square_distances(process, inputs, biases);
  correlate(process->correlation, process->n, biases);
  evaluate_trends(process, inputs);
  square = square_product(array(process, INVERSE_FACTOR), process->correlation, process->n, process->whitened);
  s      = biases ? s + square : s - square; /* the members' spread, or what is known */
  for (j = 0; j < process->w; ++j)
    process->misfit[j] = process->trend[j] - dot(array(process, WHITENED_TREND) + j * process->n, process->whitened, process->n);
  s += square_product(array(process, TREND_INVERSE_FACTOR), process->misfit, process->w, process->whitened); /* overwrites v */
  return s > 0 ? s : s - s; /* 0, or NaN */
}

static double predict_output(const Process *process, int32_t k)
{
  return dot(array(process, TREND_COEFFICIENTS) + (size_t)k * process->m, process->trend, process->m) +
         dot(array(process, WEIGHTS) + (size_t)k * process->n, process->correlation, process->n);
}

/* ---- Predictions ---- */

/* Of `squares`, which it destroys. */
static double mean_distance(double *squares, size_t n, double k)
{
  double sum = 0, j;
  for (j = 0; j < k; ++j)
    {
      size_t nearest = 0, i;
      for (i = 1; i < n; ++i)
        if (squares[i] < squares[nearest])
          nearest = i;
      sum += square_root(squares[nearest]);
      squares[nearest] = DBL_MAX;
    }
  return sum / k;
}

/* (1 + #{s_i >= score}) / (m + 1) of the ascending reference scores. */
static double p_value_of(const vesalius_surrogate *model, double score)
{
  const double *scores = doubles(model, DOMAIN_SCORES);
  const size_t  m      = dimension(model, DOMAIN_SCORES, 0);
  size_t        n      = 0;
  while (n < m && scores[n] < score)
    ++n;
  return (double)(1 + m - n) / (double)(m + 1);
}

static int is_finite(double x)
{
  return x - x == 0;
}

/* The first input that is no finite number, or n_inputs. */
static uint32_t invalid_input(const vesalius_surrogate *model, const double *inputs)
{
  uint32_t i = 0;
  while (i < model->n_inputs && is_finite(inputs[i]))
    ++i;
  return i;
}

int vesalius_surrogate_check_domain(const vesalius_surrogate *model, const double *inputs, void *workspace, size_t workspace_size,
                                    vesalius_surrogate_domain *domain)
{
  Process       process;
  const double *bounds, *settings;
  uint32_t      i;
  const int     error = begin_call(model, inputs, workspace, workspace_size, domain);
  REQUIRE(error == VESALIUS_SURROGATE_OK, error);
  i               = invalid_input(model, inputs);
  domain->input   = (int32_t)i;
  domain->status  = VESALIUS_SURROGATE_INVALID;
  domain->score   = DBL_MAX;
  domain->p_value = 0;
  if (i < model->n_inputs)
    return VESALIUS_SURROGATE_OK;
  select_group(model, 0, workspace, &process);
  square_distances(&process, inputs, NULL);
  settings        = doubles(model, DOMAIN_SETTINGS);
  domain->score   = mean_distance(process.correlation, process.n, settings[1]);
  domain->p_value = p_value_of(model, domain->score);
  domain->status  = domain->p_value <= settings[0] ? VESALIUS_SURROGATE_OUT_OF_DOMAIN : VESALIUS_SURROGATE_IN;
  domain->input   = -1;
  bounds          = doubles(model, INPUTS);
  while (i-- > 0)
    if (inputs[i] < bounds[2 * i] || inputs[i] > bounds[2 * i + 1])
      {
        domain->status = VESALIUS_SURROGATE_OUT_OF_RANGE;
        domain->input  = (int32_t)i;
      }
  return VESALIUS_SURROGATE_OK;
}

int vesalius_surrogate_predict_scalars(const vesalius_surrogate *model, const double *inputs, void *workspace, size_t workspace_size,
                                       vesalius_surrogate_number *numbers)
{
  Process   process;
  double    variance = 0;
  int32_t   group    = -1; /* the one evaluated last */
  uint32_t  i;
  const int error = begin_call(model, inputs, workspace, workspace_size, numbers);
  REQUIRE(error == VESALIUS_SURROGATE_OK, error);
  REQUIRE(invalid_input(model, inputs) == model->n_inputs, VESALIUS_SURROGATE_NOT_FINITE);
  for (i = 0; i < model->n_scalars; ++i)
    {
      const int32_t *place    = integers(model, SCALAR_PLACES) + 2 * i;
      const double  *interval = doubles(model, SCALAR_INTERVALS) + i * N_OF_INTERVAL;
      double         sigma;
      if (place[0] != group)
        {
          group = place[0];
          variance = evaluate_group(model, (uint32_t)group, inputs, workspace, &process);
        }
      sigma                 = square_root(array(&process, PROCESS_VARIANCE)[place[1]] * variance);
      sigma                 = sigma < interval[SIGMA_FLOOR] ? interval[SIGMA_FLOOR] : sigma;
      numbers[i].value      = predict_output(&process, place[1]);
      numbers[i].half_width = interval[FACTOR] * sigma + interval[DISCRETISATION];
      numbers[i].sigma      = sigma;
      REQUIRE(is_finite(numbers[i].value + numbers[i].half_width), VESALIUS_SURROGATE_NOT_FINITE);
    }
  return VESALIUS_SURROGATE_OK;
}

/* `coefficients` are the scale, 0, 0, 0 of the mean, those of the r modes, and zeros up to a multiple of four. Small modes come first: their
 * rounding is small. By blocks of `values` that stay in the first cache. */
static void sum_modes(const float *mean, const float *modes, const float *coefficients, size_t r, size_t n, float *values)
{
  size_t begin, k, i;
  for (begin = 0; begin < n; begin += BLOCK)
    {
      const size_t length = n - begin < BLOCK ? n - begin : BLOCK;
      for (i = 0; i < length; ++i)
        values[begin + i] = 0;
      for (k = (r + 3) / 4 * 4; k > 0; k -= 4)
        {
          const float *m0 = modes + (k - 4) * n + begin; /* where there is no mode, any will do */
          const float *m1 = k - 3 < r ? m0 + n : m0, *m2 = k - 2 < r ? m1 + n : m0, *m3 = k - 1 < r ? m2 + n : m0;
          add_modes(values + begin, m0, m1, m2, m3, coefficients + k, length);
        }
      add_modes(values + begin, mean + begin, mean + begin, mean + begin, mean + begin, coefficients, length);
    }
}

/* Of nodes, from s(x). */
static void find_half_widths(const float *restrict gain, const float *restrict remainder, float variance, float scale, const double *interval,
                             size_t n, float *restrict half_widths)
{
  const float factor = (float)interval[FACTOR], discretisation = (float)interval[DISCRETISATION], lowest = (float)interval[SIGMA_FLOOR];
  size_t      i;
  for (i = 0; i < n; ++i)
    {
      const float sigma = scale * square_root_single(variance * gain[i] + remainder[i]);
      half_widths[i]    = factor * (sigma < lowest ? lowest : sigma) + discretisation;
    }
}

int vesalius_surrogate_predict_field(const vesalius_surrogate *model, uint32_t field, const double *inputs, void *workspace,
                                     size_t workspace_size, float *values, float *half_widths)
{
  Process        process;
  const void    *arrays[N_OF_FIELD];
  const int32_t *groups;
  double         variance, scale = 1;
  uint32_t       i;
  size_t         n, k;
  const int      error = begin_call(model, inputs, workspace, workspace_size, values);
  REQUIRE(error == VESALIUS_SURROGATE_OK, error);
  REQUIRE(field < model->n_fields, VESALIUS_SURROGATE_ARGUMENT);
  REQUIRE(invalid_input(model, inputs) == model->n_inputs, VESALIUS_SURROGATE_NOT_FINITE);
  groups = integers(model, FIELD_GROUPS) + 2 * field;
  if (groups[1] != groups[0])
    {
      evaluate_group(model, (uint32_t)groups[1], inputs, workspace, &process);
      scale = predict_output(&process, 0);
      REQUIRE(scale * scale <= LARGEST_LOGARITHM * LARGEST_LOGARITHM, VESALIUS_SURROGATE_NOT_FINITE);
      scale = vesalius_surrogate_exp(scale);
    }
  for (i = 0; i < N_OF_FIELD; ++i)
    arrays[i] = data(model, field_section(model, field, i));
  variance = evaluate_group(model, (uint32_t)groups[0], inputs, workspace, &process);
  REQUIRE(variance <= FLT_MAX, VESALIUS_SURROGATE_NOT_FINITE);
  n = dimension(model, field_section(model, field, OUTPUTS), 0);
  for (k = 0; k < n; ++k)
    {
      const double a = scale * predict_output(&process, ((const int32_t *)arrays[OUTPUTS])[k]);
      REQUIRE(a >= -FLT_MAX && a <= FLT_MAX, VESALIUS_SURROGATE_NOT_FINITE);
      process.coefficients[k + 4] = (float)a;
    }
  for (k = 0; k < 4; ++k)
    {
      process.coefficients[k]         = k == 0 ? (float)scale : 0;
      process.coefficients[n + 4 + k] = 0;
    }
  k = dimension(model, field_section(model, field, GAIN), 0);
  sum_modes((const float *)arrays[MEAN], (const float *)arrays[MODES], process.coefficients, n,
            k * dimension(model, field_section(model, field, MEAN), 1), values);
  if (half_widths != NULL)
    find_half_widths((const float *)arrays[GAIN], (const float *)arrays[REMAINDER_VARIANCE], (float)variance, (float)scale,
                     doubles(model, FIELD_INTERVALS) + field * N_OF_INTERVAL, k, half_widths);
  return VESALIUS_SURROGATE_OK;
}

#if defined(__wasm__) && defined(__clang__)
#pragma clang attribute pop
#endif
