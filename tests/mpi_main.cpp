// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>
#include <petscsys.h>

#include <cstdio>
#include <sstream>
#include <string>

namespace
{
/// What ranks other than 0 print: their failures, each in one piece with its rank and test.
class FailurePrinter : public ::testing::EmptyTestEventListener
{
public:
  explicit FailurePrinter(int rank) : rank_(rank) {}

  // Asking GoogleTest for the test below would wait for a lock that it holds there.
  void OnTestStart(const ::testing::TestInfo &test) override
  {
    test_ = std::string(test.test_suite_name()) + "." + test.name() + ", ";
  }

  void OnTestPartResult(const ::testing::TestPartResult &result) override
  {
    if (!result.failed())
      return;
    std::ostringstream text;
    text << "rank " << rank_ << ", ";
    text << test_ << (result.file_name() != nullptr ? result.file_name() : "unknown file") << ":" << result.line_number()
         << ": Failure\n"
         << result.message() << "\n";
    std::fputs(text.str().c_str(), stdout);
    std::fflush(stdout);
  }

private:
  int         rank_;
  std::string test_;
};
} // namespace

/// Runs GoogleTest under MPI: every rank runs every test; rank 0 prints all, the others their failures; the status is
/// the worst of all ranks.
int main(int argc, char **argv)
{
  ::testing::InitGoogleTest(&argc, argv);
  PetscInitialize(&argc, &argv, nullptr, nullptr);
  int rank = 0;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  auto &listeners = ::testing::UnitTest::GetInstance()->listeners();
  if (rank != 0)
    {
      delete listeners.Release(listeners.default_result_printer());
      listeners.Append(new FailurePrinter(rank));
    }
  int result = RUN_ALL_TESTS(), worst = 0;
  MPI_Allreduce(&result, &worst, 1, MPI_INT, MPI_MAX, PETSC_COMM_WORLD);
  PetscFinalize();
  return worst;
}
