// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/registry.h"

#include <algorithm>
#include <tuple>

namespace vesalius
{

namespace
{

/// Filled before main() by the plug-ins' initialisers, hence a function-local static.
std::vector<PluginInfo> &plugins()
{
  static std::vector<PluginInfo> list;
  return list;
}

} // namespace

namespace internal
{

void add_plugin_info(const PluginInfo &info)
{
  for (const auto &known : plugins())
    VESALIUS_ASSERT(known.kind != info.kind || known.name != info.name,
                    "two plug-ins are called '" + info.name + "': " + known.source_file + " and " + info.source_file);
  plugins().push_back(info);
}

} // namespace internal

std::vector<PluginInfo> all_plugins()
{
  auto list = plugins();
  std::ranges::sort(list, {}, [](const PluginInfo &info) { return std::tie(info.kind, info.name); });
  return list;
}

} // namespace vesalius
