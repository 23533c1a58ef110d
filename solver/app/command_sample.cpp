// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/commands.h"

#include "ai_surrogates/sampled_inputs.h"
#include "ai_surrogates/sampling.h"
#include "solver/core/errors.h"
#include "solver/core/provenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace vesalius
{

ExitStatus command_sample(const CommandLine &line)
{
  using namespace surrogates;
  const bool has_seed = std::any_of(line.as_typed.begin(), line.as_typed.end(), [](const auto &word) { return word.starts_with("--seed"); });
  if (has_seed && (line.design == "sobol" || line.design == "grid"))
    throw InputError("a design '" + line.design + "' is always the same: it knows no seed", "leave out --seed, or take the design latin-hypercube or independent");
  const auto                entries = read_sampled_inputs(line.input);
  std::vector<Distribution> distributions;
  std::string               table = "sample";
  for (const auto &entry : entries)
    {
      distributions.push_back(entry.distribution);
      table += ", " + entry.entry;
    }
  const auto        values = draw(design_of(line.design), distributions, std::size_t(line.n_samples), line.seed);
  const std::size_t n      = values.size() / entries.size();
  for (std::size_t r = 0; r < n; ++r)
    {
      table += fmt::format("\n{}_{:04}", line.design, r + 1);
      for (std::size_t i = 0; i < entries.size(); ++i)
        table += fmt::format(", {}{}{}", values[r * entries.size() + i], entries[i].unit.empty() ? "" : " ", entries[i].unit);
    }
  write_file_atomically(line.output, table + "\n");
  std::cout << fmt::format("wrote {}: {} samples of {} inputs ({})\n", line.output, n, entries.size(), line.design);
  return ExitStatus::done;
}

} // namespace vesalius
