/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Predictions of a Vesalius surrogate (a `*.surr` file) with their intervals, in C99 without any library.
 *
 *   load the file into memory aligned to 8 bytes; vesalius_surrogate_open() checks it once, every size, place, index and number
 *   allocate vesalius_surrogate_workspace_size() bytes, one workspace a thread
 *   vesalius_surrogate_check_domain(): may the prediction be trusted here?
 *   vesalius_surrogate_predict_scalars(), vesalius_surrogate_predict_field(): numbers and fields with half-widths
 *
 * The model is the caller's buffer: nothing is copied, nothing allocated, nothing global. The buffer must stay as it is while the model
 * is used; any number of threads may use it. The same file compiled to WebAssembly gives the same bits, provided that neither compiler
 * contracts a*b+c (-ffp-contract=off) or reorders sums (no -ffast-math).
 *
 * Research software, not a medical device.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the format: a newer minor is read, another major refused. */
#define VESALIUS_SURROGATE_MAJOR 2
#define VESALIUS_SURROGATE_MINOR 1

typedef struct vesalius_surrogate vesalius_surrogate;

enum vesalius_surrogate_error
{
  VESALIUS_SURROGATE_OK = 0,
  VESALIUS_SURROGATE_ARGUMENT,   /* a null pointer or an index out of range */
  VESALIUS_SURROGATE_MISALIGNED, /* the file or the workspace does not begin at a multiple of 8 bytes */
  VESALIUS_SURROGATE_ENDIANNESS, /* this machine is not little-endian */
  VESALIUS_SURROGATE_FOREIGN,    /* no surrogate file */
  VESALIUS_SURROGATE_VERSION,    /* another major version */
  VESALIUS_SURROGATE_TRUNCATED,  /* shorter or longer than it says */
  VESALIUS_SURROGATE_DAMAGED,    /* the digest does not fit */
  VESALIUS_SURROGATE_SECTION,    /* a section is missing, of another type or shape, or lies outside the file */
  VESALIUS_SURROGATE_INDEX,      /* an index within the file is out of range */
  VESALIUS_SURROGATE_NUMBER,     /* a number within the file is not finite or out of its range */
  VESALIUS_SURROGATE_TEXT,       /* names and units are not as many as they should be, or hold control characters */
  VESALIUS_SURROGATE_WORKSPACE,  /* the workspace is too small */
  VESALIUS_SURROGATE_NOT_FINITE  /* an input or a prediction is not a finite number: do not use what was written */
};

/* A sentence about an error, in English. Never null. */
const char *vesalius_surrogate_error_text(int error);

/* Checks the file in `file`, which stays the caller's, and gives the model in it. Reads nothing outside of [file, file + length). */
int vesalius_surrogate_open(const void *file, size_t length, const vesalius_surrogate **model);

/* SHA-256 of a file with the 32 bytes of its digest taken as zero. `length` is a multiple of 64. */
void vesalius_surrogate_digest(const void *file, size_t length, uint8_t digest[32]);

typedef struct
{
  const char *name; /* texts are UTF-8, end with a zero and lie in the file */
  const char *unit; /* "" for a pure number */
  double      lower, upper;
} vesalius_surrogate_input;

typedef struct
{
  const char *name, *unit;
  double      level; /* of its interval, by itself: 0.9 */
} vesalius_surrogate_scalar;

typedef struct
{
  const char *name, *unit, *location;
  double      level;        /* that the whole field lies within its interval */
  uint32_t    n_nodes, n_components;
} vesalius_surrogate_field;

const char *vesalius_surrogate_name(const vesalius_surrogate *model);
uint32_t    vesalius_surrogate_n_inputs(const vesalius_surrogate *model);
uint32_t    vesalius_surrogate_n_scalars(const vesalius_surrogate *model);
uint32_t    vesalius_surrogate_n_fields(const vesalius_surrogate *model);
int         vesalius_surrogate_describe_input(const vesalius_surrogate *model, uint32_t i, vesalius_surrogate_input *input);
int         vesalius_surrogate_describe_scalar(const vesalius_surrogate *model, uint32_t i, vesalius_surrogate_scalar *scalar);
int         vesalius_surrogate_describe_field(const vesalius_surrogate *model, uint32_t i, vesalius_surrogate_field *field);

/* The model card: JSON for people, `length` bytes without a zero at the end. */
const char *vesalius_surrogate_card(const vesalius_surrogate *model, size_t *length);
/* For pictures: [n][3], metres and indices of points; n is 0 where the file has none. */
const float   *vesalius_surrogate_mesh_points(const vesalius_surrogate *model, size_t *n);
const int32_t *vesalius_surrogate_mesh_triangles(const vesalius_surrogate *model, size_t *n);

/* Bytes that a call needs for itself, aligned to 8; not kept between calls. */
size_t vesalius_surrogate_workspace_size(const vesalius_surrogate *model);

enum vesalius_surrogate_status
{
  VESALIUS_SURROGATE_IN = 0,
  VESALIUS_SURROGATE_OUT_OF_RANGE,  /* an input is below its lower or above its upper bound: run the solver */
  VESALIUS_SURROGATE_OUT_OF_DOMAIN, /* too far from the training runs: run the solver */
  VESALIUS_SURROGATE_INVALID        /* an input is not a finite number: there is no prediction */
};

typedef struct
{
  int32_t status;
  int32_t input;   /* the first input that is invalid or out of range, or -1 */
  double  score;   /* mean distance to the nearest training inputs, in length scales; DBL_MAX where an input is invalid */
  double  p_value; /* share of reference draws that are as far or farther */
} vesalius_surrogate_domain;

typedef struct
{
  double value;
  double half_width; /* of the interval, error of the mesh included */
  double sigma;      /* standard deviation before the conformal factor */
} vesalius_surrogate_number;

/* `inputs` holds n_inputs numbers in the inputs' units. Each returns an error of the call; what the inputs are worth is the domain's status. */
int vesalius_surrogate_check_domain(const vesalius_surrogate *model, const double *inputs, void *workspace, size_t workspace_size,
                                    vesalius_surrogate_domain *domain);
/* `numbers` takes n_scalars. */
int vesalius_surrogate_predict_scalars(const vesalius_surrogate *model, const double *inputs, void *workspace, size_t workspace_size,
                                       vesalius_surrogate_number *numbers);
/* `values` takes [n_nodes][n_components]; `half_widths` takes [n_nodes] (of a vector the radius of a ball) or is null. */
int vesalius_surrogate_predict_field(const vesalius_surrogate *model, uint32_t field, const double *inputs, void *workspace,
                                     size_t workspace_size, float *values, float *half_widths);

/* The exponential function of the kernel, for x from -708 to 0: within 1 unit in the last place. Here to be tested. */
double vesalius_surrogate_exp(double x);

#ifdef __cplusplus
}
#endif
