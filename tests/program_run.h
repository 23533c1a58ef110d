// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/temporary_folder.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace vesalius::testing
{

struct ProgramResult
{
  int         status = -1;
  std::string output; ///< standard output and error together
};

/// The built program, called in the test's own folder.
class ProgramTest : public FolderTest
{
protected:
  /// `arguments` in shell syntax (they may redirect), run in the test's folder.
  ProgramResult run(const std::string &arguments) const
  {
    const std::string command = "cd '" + path("") + "' && { '" VESALIUS_PROGRAM "' " + arguments + "\n} 2>&1 </dev/null";
    FILE             *pipe    = popen(command.c_str(), "r");
    ProgramResult     result;
    char              buffer[4096];
    while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe))
      result.output.append(buffer, n);
    const int status = pclose(pipe);
    result.status    = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
  }
};

} // namespace vesalius::testing
