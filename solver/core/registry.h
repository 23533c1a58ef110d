// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "solver/core/errors.h"
#include "solver/core/parameter_tree.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vesalius
{

/// What `vesalius list` and `explain` show of one plug-in.
struct PluginInfo
{
  std::string kind;          ///< e.g. "physics", "boundary model"
  std::string name;          ///< as written in a case file
  std::string summary;       ///< one sentence
  std::string documentation; ///< Markdown: equations, parameters, case snippet, test, source
  std::string source_file;   ///< path from the repository root, for the test that all are registered
};

/// Every plug-in of every kind, for list, explain and the manual.
std::vector<PluginInfo> all_plugins();

namespace internal
{
void add_plugin_info(const PluginInfo &info);
}

/// name -> factory and documentation. One line at the bottom of a .cpp registers a plug-in:
/// `const bool registered = Registry<PhysicsModel>::add({...}, [] { return std::make_unique<X>(); });`
template <class Interface>
class Registry
{
public:
  using Factory = std::function<std::unique_ptr<Interface>()>;

  static bool add(const PluginInfo &info, Factory factory)
  {
    internal::add_plugin_info(info);
    return factories().emplace(info.name, std::move(factory)).second;
  }
  /// Throws InputError with "did you mean" and the list of names.
  static std::unique_ptr<Interface> make(const std::string &name, const SourceLocation &where = {})
  {
    const auto found = factories().find(name);
    if (found != factories().end())
      return found->second();
    const auto  known = names();
    std::string list;
    for (const auto &n : known)
      list += (list.empty() ? "" : ", ") + n;
    const auto  near = closest_match(name, known);
    throw InputError("there is no '" + name + "'",
                     (near.empty() ? "" : "did you mean '" + near + "'? ") + std::string("Known: ") + list,
                     where);
  }
  static std::vector<std::string> names()
  {
    std::vector<std::string> result;
    for (const auto &entry : factories())
      result.push_back(entry.first);
    return result;
  }

private:
  static std::map<std::string, Factory> &factories()
  {
    static std::map<std::string, Factory> map;
    return map;
  }
};

} // namespace vesalius
