// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/outlet_reader.h"

namespace vesalius
{

double OutletReader::required(const std::string &entry, const std::string &example)
{
  const auto path = prefix_ + "/" + entry;
  if (parameters_.is_set(path))
    return parameters_.quantity(path);
  problems_.push_back({"the boundary '" + prefix_.substr(prefix_.rfind('/') + 1) + "' of Type " +
                         type_ + " needs '" + entry + "'",
                       "add `set " + entry + " = " + example + "` (with your value) to its section",
                       parameters_.location(prefix_)});
  return 0;
}

double OutletReader::required_not_negative(const std::string &entry, const std::string &example)
{
  const double value = required(entry, example);
  if (value < 0)
    problems_.push_back({"'" + entry + "' is negative", "give a value such as " + example,
                         parameters_.location(prefix_ + "/" + entry)});
  return value;
}

double OutletReader::required_positive(const std::string &entry, const std::string &example)
{
  const double value = required_not_negative(entry, example);
  if (value == 0 && parameters_.is_set(prefix_ + "/" + entry))
    problems_.push_back({"'" + entry + "' is zero", "give a value such as " + example,
                         parameters_.location(prefix_ + "/" + entry)});
  return value;
}

bool OutletReader::has_any(const std::vector<std::string> &entries) const
{
  for (const auto &entry : entries)
    if (parameters_.is_set(prefix_ + "/" + entry))
      return true;
  return false;
}

void OutletReader::refuse(const std::vector<std::string> &entries, const std::string &given)
{
  for (const auto &entry : entries)
    if (parameters_.is_set(prefix_ + "/" + entry))
      problems_.push_back({"'" + entry + "' cannot stand beside " + given, "keep the one or the other",
                           parameters_.location(prefix_ + "/" + entry)});
}

void OutletReader::finish() const
{
  if (!problems_.empty())
    throw InputError(problems_);
}

BoundaryEntry distal_pressure_entry()
{
  return {"Distal pressure", "0 mmHg", dimension::pressure, "Pressure beyond the resistance."};
}

} // namespace vesalius
