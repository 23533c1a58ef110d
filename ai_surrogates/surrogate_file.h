// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/runtime/vesalius_surrogate.h"

#include <string>
#include <vector>

namespace vesalius
{

/// A `*.surr` file in memory and what it predicts: the runtime with C++ containers. One object a thread.
class SurrogateFile
{
public:
  /// Throws InputError where there is no such file or it is no whole surrogate, ResourceError where it cannot be read.
  explicit SurrogateFile(const std::string &path);
  SurrogateFile(const SurrogateFile &) = delete;

  const vesalius_surrogate *model() const { return model_; }
  std::string               name() const { return vesalius_surrogate_name(model_); }
  std::string               card() const;

  const std::vector<vesalius_surrogate_input>  &inputs() const { return inputs_; }
  const std::vector<vesalius_surrogate_scalar> &scalars() const { return scalars_; }
  const std::vector<vesalius_surrogate_field>  &fields() const { return fields_; }

  /// `inputs` in the order and units of inputs().
  vesalius_surrogate_domain domain(const std::vector<double> &inputs);
  /// One a scalar; nothing where an input or a prediction is not finite.
  std::vector<vesalius_surrogate_number> predict_scalars(const std::vector<double> &inputs);
  struct FieldPrediction
  {
    std::vector<float> values;      ///< [nodes, components]
    std::vector<float> half_widths; ///< [nodes]
  };
  /// Empty where an input or a prediction is not finite.
  FieldPrediction predict_field(std::uint32_t field, const std::vector<double> &inputs);

private:
  std::vector<double>                    buffer_; ///< the file: aligned as the runtime wants it
  std::vector<double>                    workspace_;
  const vesalius_surrogate              *model_ = nullptr;
  std::vector<vesalius_surrogate_input>  inputs_;
  std::vector<vesalius_surrogate_scalar> scalars_;
  std::vector<vesalius_surrogate_field>  fields_;
};

} // namespace vesalius
