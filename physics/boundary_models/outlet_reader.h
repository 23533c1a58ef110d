// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "physics/boundary_models/outlet_model.h"
#include "solver/core/collect_problems.h"

#include <string>
#include <vector>

namespace vesalius
{

/// Reads the entries of one boundary's section and collects what is wrong with them, so that the user
/// sees all of it at once.
class OutletReader
{
public:
  /// `type` is the model's name, for the messages.
  OutletReader(const ParameterTree &parameters, const std::string &prefix, const std::string &type)
    : parameters_(parameters), prefix_(prefix), type_(type)
  {}

  /// A value in SI that the type needs; `example` is shown when it is missing (0 is returned then).
  double required(const std::string &entry, const std::string &example);
  double required_not_negative(const std::string &entry, const std::string &example);
  double required_positive(const std::string &entry, const std::string &example);
  bool   has_any(const std::vector<std::string> &entries) const;
  /// Entries that exclude those already given (`given`, for the message).
  void refuse(const std::vector<std::string> &entries, const std::string &given);
  /// Runs `read` and keeps the problems of its InputError.
  template <class Function>
  void collect(const Function &read)
  {
    vesalius::collect(problems_, read);
  }
  /// Throws InputError if anything was wrong.
  void finish() const;

private:
  const ParameterTree      &parameters_;
  std::string               prefix_, type_;
  std::vector<InputProblem> problems_;
};

/// The entry that the models with a distal side share.
BoundaryEntry distal_pressure_entry();

} // namespace vesalius
