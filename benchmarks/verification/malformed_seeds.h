// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace vesalius::verification
{

/// A small valid input of the program: what the mistakes are made in.
struct InputSeed
{
  std::string                           name;      ///< of the file that the mistakes go to, in the folder of the input
  std::string                           content;   ///< of that file
  std::vector<std::vector<std::string>> commands;  ///< arguments of the program, run in that folder
  std::vector<std::pair<std::string, std::string>> others; ///< files beside it, with their content
  bool                                  is_gzip = false; ///< content is what was compressed
};

/// Images, meshes, surfaces, tables and cases, of every format that is read. `folder` is used to write them.
std::vector<InputSeed> input_seeds(const std::string &folder);

std::string compressed(const std::string &content);

} // namespace vesalius::verification
