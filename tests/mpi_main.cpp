// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>
#include <petscsys.h>

/// Runs GoogleTest under MPI: every rank runs every test; only rank 0 prints; the status is the worst of all ranks.
int main(int argc, char **argv)
{
  ::testing::InitGoogleTest(&argc, argv);
  PetscInitialize(&argc, &argv, nullptr, nullptr);
  int rank = 0;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  if (rank != 0)
    delete ::testing::UnitTest::GetInstance()->listeners().Release(
      ::testing::UnitTest::GetInstance()->listeners().default_result_printer());
  int result = RUN_ALL_TESTS(), worst = 0;
  MPI_Allreduce(&result, &worst, 1, MPI_INT, MPI_MAX, PETSC_COMM_WORLD);
  PetscFinalize();
  return worst;
}
