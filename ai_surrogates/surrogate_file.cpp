// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/surrogate_file.h"

#include "solver/core/errors.h"

#include <filesystem>
#include <fstream>

namespace vesalius
{

namespace
{
std::vector<double> content_of(const std::string &path, std::size_t &size)
{
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure))
    throw InputError("there is no surrogate '" + path + "'", "Check the path; `vesalius train` writes one.", {path, 0});
  size = std::filesystem::file_size(path, failure);
  std::ifstream       stream(path, std::ios::binary);
  std::vector<double> buffer(size / sizeof(double) + 1);
  if (failure || !stream.read(reinterpret_cast<char *>(buffer.data()), static_cast<std::streamsize>(size)))
    throw ResourceError("'" + path + "' cannot be read", "Check its permissions and the disk.");
  return buffer;
}

/// A call whose arguments are ours: only numbers that are not finite may make it fail.
bool is_finite_result(int error)
{
  VESALIUS_ASSERT(error == VESALIUS_SURROGATE_OK || error == VESALIUS_SURROGATE_NOT_FINITE, vesalius_surrogate_error_text(error));
  return error == VESALIUS_SURROGATE_OK;
}
} // namespace

SurrogateFile::SurrogateFile(const std::string &path)
{
  std::size_t size = 0;
  buffer_          = content_of(path, size);
  const int error  = vesalius_surrogate_open(buffer_.data(), size, &model_);
  if (error != VESALIUS_SURROGATE_OK)
    throw InputError("'" + path + "': " + vesalius_surrogate_error_text(error),
                     error == VESALIUS_SURROGATE_VERSION ? "It needs a newer Vesalius." : "Copy it anew or train it again.", {path, 0});
  workspace_.resize(vesalius_surrogate_workspace_size(model_) / sizeof(double) + 1);
  inputs_.resize(vesalius_surrogate_n_inputs(model_));
  scalars_.resize(vesalius_surrogate_n_scalars(model_));
  fields_.resize(vesalius_surrogate_n_fields(model_));
  for (std::uint32_t i = 0; i < inputs_.size(); ++i)
    vesalius_surrogate_describe_input(model_, i, &inputs_[i]);
  for (std::uint32_t i = 0; i < scalars_.size(); ++i)
    vesalius_surrogate_describe_scalar(model_, i, &scalars_[i]);
  for (std::uint32_t i = 0; i < fields_.size(); ++i)
    vesalius_surrogate_describe_field(model_, i, &fields_[i]);
}

std::string SurrogateFile::card() const
{
  std::size_t       length = 0;
  const char *const text   = vesalius_surrogate_card(model_, &length);
  return {text, length};
}

vesalius_surrogate_domain SurrogateFile::domain(const std::vector<double> &inputs)
{
  VESALIUS_ASSERT(inputs.size() == inputs_.size(), "a surrogate was given another number of inputs than it has");
  vesalius_surrogate_domain result{};
  is_finite_result(vesalius_surrogate_check_domain(model_, inputs.data(), workspace_.data(), workspace_.size() * sizeof(double), &result));
  return result;
}

std::vector<vesalius_surrogate_number> SurrogateFile::predict_scalars(const std::vector<double> &inputs)
{
  VESALIUS_ASSERT(inputs.size() == inputs_.size(), "a surrogate was given another number of inputs than it has");
  std::vector<vesalius_surrogate_number> numbers(scalars_.size());
  if (!numbers.empty() && !is_finite_result(vesalius_surrogate_predict_scalars(model_, inputs.data(), workspace_.data(),
                                                                               workspace_.size() * sizeof(double), numbers.data())))
    numbers.clear();
  return numbers;
}

SurrogateFile::FieldPrediction SurrogateFile::predict_field(std::uint32_t field, const std::vector<double> &inputs)
{
  VESALIUS_ASSERT(inputs.size() == inputs_.size() && field < fields_.size(), "a surrogate was asked for what it does not have");
  FieldPrediction result;
  result.values.resize(std::size_t{fields_[field].n_nodes} * fields_[field].n_components);
  result.half_widths.resize(fields_[field].n_nodes);
  if (!is_finite_result(vesalius_surrogate_predict_field(model_, field, inputs.data(), workspace_.data(), workspace_.size() * sizeof(double),
                                                         result.values.data(), result.half_widths.data())))
    return {};
  return result;
}

} // namespace vesalius
