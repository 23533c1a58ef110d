// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/runtime/vesalius_surrogate.h"

#include <cstring>
#include <vector>

namespace vesalius
{

/// All calls on a model that was taken, with memory of exactly the sizes that they say: for sanitizers to see what they touch. Returns the number of
/// calls that failed though they may not.
inline int use_surrogate(const vesalius_surrogate *model)
{
  std::vector<double>                    workspace(vesalius_surrogate_workspace_size(model) / 8), x(vesalius_surrogate_n_inputs(model), 1.);
  std::vector<vesalius_surrogate_number> numbers(vesalius_surrogate_n_scalars(model));
  vesalius_surrogate_domain              domain;
  int                                    n_failures = 0;
  const std::size_t                      size       = 8 * workspace.size();
  n_failures += vesalius_surrogate_check_domain(model, x.data(), workspace.data(), size, &domain) != VESALIUS_SURROGATE_OK;
  if (!numbers.empty())
    vesalius_surrogate_predict_scalars(model, x.data(), workspace.data(), size, numbers.data());
  for (std::uint32_t i = 0; i < x.size(); ++i)
    {
      vesalius_surrogate_input input{};
      n_failures += vesalius_surrogate_describe_input(model, i, &input) != VESALIUS_SURROGATE_OK || std::strlen(input.name) + std::strlen(input.unit) > (1u << 29);
    }
  for (std::uint32_t i = 0; i < numbers.size(); ++i)
    {
      vesalius_surrogate_scalar scalar{};
      n_failures += vesalius_surrogate_describe_scalar(model, i, &scalar) != VESALIUS_SURROGATE_OK || std::strlen(scalar.name) + std::strlen(scalar.unit) > (1u << 29);
    }
  for (std::uint32_t i = 0; i < vesalius_surrogate_n_fields(model); ++i)
    {
      vesalius_surrogate_field field{};
      n_failures += vesalius_surrogate_describe_field(model, i, &field) != VESALIUS_SURROGATE_OK || std::strlen(field.location) > (1u << 29);
      std::vector<float> values(std::size_t{field.n_nodes} * field.n_components), half_widths(field.n_nodes);
      if (!values.empty())
        vesalius_surrogate_predict_field(model, i, x.data(), workspace.data(), size, values.data(), half_widths.data());
    }
  return n_failures;
}

} // namespace vesalius
