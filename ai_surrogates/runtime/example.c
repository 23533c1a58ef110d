/* SPDX-License-Identifier: Apache-2.0 */
/* example MODEL.surr VALUE...: predicts at one point.
 *   cc -std=c99 -O3 -ffp-contract=off -fno-math-errno vesalius_surrogate.c example.c -lm -o example */
#include "vesalius_surrogate.h"

#include <stdio.h>
#include <stdlib.h>

static void *read_file(const char *path, size_t *length)
{
  FILE *file = fopen(path, "rb");
  long  size;
  void *bytes = NULL;
  if (file == NULL)
    return NULL;
  if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0 && fseek(file, 0, SEEK_SET) == 0)
    {
      *length = (size_t)size;
      bytes   = malloc(*length); /* aligned for every type */
      if (bytes != NULL && fread(bytes, 1, *length, file) != *length)
        {
          free(bytes);
          bytes = NULL;
        }
    }
  fclose(file);
  return bytes;
}

static void print_inputs(const vesalius_surrogate *model)
{
  uint32_t i;
  for (i = 0; i < vesalius_surrogate_n_inputs(model); ++i)
    {
      vesalius_surrogate_input input;
      vesalius_surrogate_describe_input(model, i, &input);
      printf("input %s: %g to %g %s\n", input.name, input.lower, input.upper, input.unit);
    }
}

static void predict(const vesalius_surrogate *model, const double *x)
{
  static const char *const   statuses[] = {"IN", "OUT_OF_RANGE", "OUT_OF_DOMAIN", "INVALID"};
  const size_t               size       = vesalius_surrogate_workspace_size(model);
  const uint32_t             n          = vesalius_surrogate_n_scalars(model);
  void                      *workspace  = malloc(size);
  vesalius_surrogate_number *numbers    = malloc((n + 1) * sizeof *numbers);
  vesalius_surrogate_domain  domain;
  uint32_t                   i;
  if (workspace != NULL && numbers != NULL && vesalius_surrogate_check_domain(model, x, workspace, size, &domain) == VESALIUS_SURROGATE_OK)
    {
      printf("status %s, p = %g\n", statuses[domain.status], domain.p_value);
      if (vesalius_surrogate_predict_scalars(model, x, workspace, size, numbers) == VESALIUS_SURROGATE_OK)
        for (i = 0; i < n; ++i)
          {
            vesalius_surrogate_scalar scalar;
            vesalius_surrogate_describe_scalar(model, i, &scalar);
            printf("%s %.6g +- %.6g %s (%g %%)\n", scalar.name, numbers[i].value, numbers[i].half_width, scalar.unit, 100 * scalar.level);
          }
    }
  free(workspace);
  free(numbers);
}

int main(int argc, char **argv)
{
  const vesalius_surrogate *model;
  size_t                    length = 0;
  void                     *file   = argc > 1 ? read_file(argv[1], &length) : NULL;
  int                       error, i;
  if (file == NULL)
    {
      fprintf(stderr, "usage: example MODEL.surr VALUE...\n");
      return 1;
    }
  error = vesalius_surrogate_open(file, length, &model);
  if (error != VESALIUS_SURROGATE_OK)
    {
      fprintf(stderr, "%s: %s\n", argv[1], vesalius_surrogate_error_text(error));
      free(file);
      return 2;
    }
  if ((uint32_t)(argc - 2) != vesalius_surrogate_n_inputs(model))
    print_inputs(model);
  else
    {
      double *x = malloc((size_t)argc * sizeof *x);
      for (i = 2; x != NULL && i < argc; ++i)
        x[i - 2] = strtod(argv[i], NULL);
      if (x != NULL)
        predict(model, x);
      free(x);
    }
  free(file);
  return 0;
}
