// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/mesh_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vesalius
{

nlohmann::ordered_json metric_results(const std::vector<MeshMetric> &metrics)
{
  auto list = nlohmann::ordered_json::array();
  for (const auto &metric : metrics)
    list.push_back({{"name", metric.name},
                    {"unit", metric.unit},
                    {"smallest", metric.smallest},
                    {"mean", metric.mean},
                    {"largest", metric.largest},
                    {"first_bin", metric.first_bin},
                    {"bin_width", metric.bin_width},
                    {"histogram", metric.shares}});
  return list;
}

std::string metric_line(const MeshMetric &metric)
{
  static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const double             fullest  = metric.shares.empty() ? 1 : *std::max_element(metric.shares.begin(), metric.shares.end());
  std::string              bars;
  for (const double share : metric.shares) // what is there is seen, however little
    bars += blocks[share > 0 ? std::max(1, static_cast<int>(std::lround(8 * share / fullest))) : 0];
  return fmt::format("{} {:.3g} to {:.3g}{}{}, {:.3g} on average  {:.3g} [{}] {:.3g}", metric.name, metric.smallest, metric.largest,
                     metric.unit.empty() ? "" : " ", metric.unit, metric.mean, metric.first_bin, bars,
                     metric.first_bin + metric.bin_width * static_cast<double>(metric.shares.size()));
}

} // namespace vesalius
