// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/waveform_entries.h"

namespace vesalius
{

namespace
{
/// A problem that has no line of its own (in the waveform file) is shown at the entry it comes from.
template <class Function>
Waveform located(const ParameterTree &parameters, const std::string &path, const Function &read)
{
  try
    {
      return read();
    }
  catch (const InputError &error)
    {
      auto problems = error.problems();
      for (auto &problem : problems)
        if (problem.where.file.empty())
          problem.where = parameters.location(path);
      throw InputError(problems);
    }
}
} // namespace

std::vector<BoundaryEntry> waveform_entries(const WaveformKind &kind, const std::string &constant_entry, const std::string &text)
{
  using Kind = BoundaryEntry::Kind;
  return {{"Waveform", "", dimension::none,
           "CSV file of one cycle of the flow or pressure, with units in its header: `time [s], flow [mL/s]` or `time [s], "
           "pressure [mmHg]`; the last row repeats the first value. Or a file of harmonics, `harmonic, cosine [mL/s], sine "
           "[mL/s]`, with `Period`.",
           Kind::file},
          {"Fourier modes", "", dimension::none,
           "The flow or pressure as a list: the mean, then cosine and sine coefficient of each harmonic, with one unit at the "
           "end (`20, 12 -5, 3 1.5 mL/s`). In place of a waveform, with `Period`.",
           Kind::text},
          {"Period", "", dimension::time, "Length of the cycle of `Fourier modes` or of a file of harmonics."},
          {constant_entry, "", kind.dimension, text}};
}

bool has_waveform(const ParameterTree &parameters, const std::string &prefix, const std::string &constant_entry)
{
  for (const auto &entry : {std::string("Waveform"), std::string("Fourier modes"), constant_entry})
    if (parameters.is_set(prefix + "/" + entry))
      return true;
  return false;
}

Waveform parse_waveform(const ParameterTree &parameters, const std::string &prefix, const WaveformKind &kind,
                        const std::string &constant_entry, const std::string &constant_example)
{
  std::vector<std::string> given;
  for (const auto &entry : {std::string("Waveform"), std::string("Fourier modes"), constant_entry})
    if (parameters.is_set(prefix + "/" + entry))
      given.push_back(entry);
  const auto name = prefix.substr(prefix.rfind('/') + 1);
  if (given.empty())
    throw InputError("the boundary '" + name + "' of Type " + parameters.text(prefix + "/Type") + " has no " + kind.name,
                     "add `set Waveform = FILE.csv`, or a constant such as `set " + constant_entry + " = " + constant_example +
                       "`, to its section",
                     parameters.location(prefix));
  if (given.size() > 1)
    throw parameters.error_at(prefix + "/" + given[1], "'" + given[1] + "' cannot stand beside '" + given[0] + "'",
                              "keep the one or the other");

  const auto path = prefix + "/" + given[0];
  std::optional<double> period;
  if (parameters.is_set(prefix + "/Period"))
    {
      period = parameters.quantity(prefix + "/Period");
      if (!(*period > 0))
        throw parameters.error_at(prefix + "/Period", "the period is not positive", "give the length of the cycle, such as 1 s");
    }
  if (given[0] == constant_entry)
    return Waveform::constant(parameters.quantity(path));
  if (given[0] == "Waveform")
    return located(parameters, path, [&] { return read_waveform(parameters.file(path), kind, period); });
  if (!period)
    throw parameters.error_at(path, "harmonics do not say how long the cycle is", "add `set Period = 1 s` (with your value)");
  return located(parameters, path, [&] { return parse_harmonics(parameters.text(path), kind, *period); });
}

} // namespace vesalius
