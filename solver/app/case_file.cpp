// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/case_file.h"

#include "mesh_io/image_files.h"
#include "solver/app/case_parameters.h"
#include "solver/core/case_file_scanner.h"
#include "solver/core/registry.h"

#include <algorithm>
#include <filesystem>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

/// The last value of the top-level entry Physics; read before the strict parser, since the physics decides which entries
/// exist.
std::string physics_in(const internal::ScannedCase &scanned)
{
  std::string result;
  for (const auto &item : scanned.items)
    if (!item.is_section && item.section.empty() && item.name == "Physics")
      result = item.value;
  return result;
}

/// The physics whose entries may stand in the file. With `--set Physics=none` the file's own remain allowed.
std::string physics_to_declare(const std::string &file, const std::vector<std::string> &overrides)
{
  const auto names = Registry<PhysicsModel>::names();
  const auto known = [&](const std::string &name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (auto text = overrides.rbegin(); text != overrides.rend(); ++text)
    if (const auto overridden = physics_in(internal::scan_override(*text, -1)); known(overridden))
      return overridden;
  const auto written = physics_in(internal::scan_case(internal::read_case_file(file), file));
  if (known(written) || written == "none")
    return written;
  return names.empty() ? "none" : names.front(); // an unknown name is the strict parser's error
}

/// That of the folder for case.prm, with the file's own behind it for those that lie beside one: aorta/fine.prm is aorta_fine, so that the test.prm of two
/// folders do not share their results. Elsewhere the file's.
std::string name_of(const fs::path &file)
{
  const std::string stem   = file.stem().string();
  const fs::path    place  = fs::absolute(file).parent_path();
  const std::string folder = place.filename().string();
  if (folder.empty() || (stem != "case" && !fs::exists(place / "case.prm")))
    return stem;
  return stem == "case" ? folder : folder + "_" + stem;
}
} // namespace

ParameterTree declared_parameters(const std::string &physics)
{
  ParameterTree parameters;
  declare_case_parameters(parameters);
  if (!physics.empty() && physics != "none")
    Registry<PhysicsModel>::make(physics)->declare_parameters(parameters);
  return parameters;
}

Case load_case(const std::string &file, const std::vector<std::string> &overrides)
{
  Case result{file, name_of(file), declared_parameters(physics_to_declare(file, overrides)), nullptr};
  result.parameters.parse_file(file, overrides);
  const std::string physics = result.parameters.text("Physics");
  if (physics != "none")
    {
      result.physics = Registry<PhysicsModel>::make(physics, result.parameters.location("Physics"));
      result.physics->set_image_reader([](const std::string &path) { return read_image(path); });
    }
  return result;
}

Case case_without_file(const std::string &name, const std::vector<std::string> &overrides)
{
  Case                     result{"", name, declared_parameters("none"), nullptr};
  std::vector<std::string> all{"Physics = none"};
  all.insert(all.end(), overrides.begin(), overrides.end());
  result.parameters.parse_text("", "the command line", all);
  return result;
}

std::string output_directory(const Case &simulation, const std::string &given)
{
  if (!given.empty())
    return given;
  const std::string written = simulation.parameters.text("Output/Directory");
  return written.empty() ? "output/" + simulation.name : written;
}

} // namespace vesalius
