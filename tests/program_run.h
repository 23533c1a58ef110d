// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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

/// An empty folder of its own for each test, removed afterwards, and the built program to call in it.
class ProgramTest : public ::testing::Test
{
protected:
  ProgramTest()
  {
    std::string pattern = (std::filesystem::temp_directory_path() / "vesalius_test_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error("no temporary folder");
    folder_ = pattern;
  }
  ~ProgramTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string &name) const { return folder_ + "/" + name; }

  void write(const std::string &name, const std::string &content) const
  {
    std::ofstream(path(name), std::ios::binary) << content;
  }

  /// `arguments` in shell syntax (they may redirect), run in the test's folder.
  ProgramResult run(const std::string &arguments) const
  {
    const std::string command = "cd '" + folder_ + "' && { '" VESALIUS_PROGRAM "' " + arguments + "\n} 2>&1 </dev/null";
    FILE             *pipe    = popen(command.c_str(), "r");
    ProgramResult     result;
    char              buffer[4096];
    while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe))
      result.output.append(buffer, n);
    const int status = pclose(pipe);
    result.status    = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
  }

private:
  std::string folder_;
};

} // namespace vesalius::testing
