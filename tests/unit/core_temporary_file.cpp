// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/errors.h"
#include "solver/core/temporary_file.h"
#include "tests/temporary_folder.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace
{
using namespace vesalius;
namespace fs = std::filesystem;

class TemporaryFiles : public vesalius::testing::FolderTest
{
protected:
  int         n_files() const { return static_cast<int>(std::distance(fs::directory_iterator(path("")), {})); }
  static int  mode(const std::string &file)
  {
    struct stat found
    {
    };
    return ::stat(file.c_str(), &found) == 0 ? static_cast<int>(found.st_mode & 0777) : -1;
  }
};

TEST_F(TemporaryFiles, BelongToTheOwnerAloneUntilTheyAreKept)
{
  std::ofstream(path("a.vtu")) << "before";
  TemporaryFile file(path("a.vtu"));
  EXPECT_EQ(mode(file.name()), 0600);
  EXPECT_TRUE(file.name().ends_with(".a.vtu"));
  std::ofstream(file.name()) << "after";
  EXPECT_EQ(fs::file_size(path("a.vtu")), 6U) << "untouched until then";
  file.keep();
  EXPECT_EQ(fs::file_size(path("a.vtu")), 5U);
  EXPECT_EQ(n_files(), 1);
  std::ofstream(path("usual")) << "x";
  EXPECT_EQ(mode(path("a.vtu")), mode(path("usual")));
}

TEST_F(TemporaryFiles, GoAwayUnlessTheyAreKept)
{
  {
    const TemporaryFile file(path("a"), path("a.writing"));
    EXPECT_TRUE(fs::exists(path("a.writing")));
  }
  EXPECT_EQ(n_files(), 0);
  EXPECT_THROW(TemporaryFile(path("no/such/folder")), ResourceError);
}

TEST_F(TemporaryFiles, GoAwayWithASignal)
{
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1})
    {
      const pid_t child = fork();
      if (child == 0)
        {
          ::signal(signal, SIG_DFL); // a job in the background is started with some of them ignored
          remove_temporary_files_on_signals();
          const TemporaryFile one(path("one")), two(path("two"));
          ::kill(::getpid(), signal);
          ::_exit(0);
        }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal) << status;
      EXPECT_EQ(n_files(), 0) << signal;
    }
}
} // namespace
