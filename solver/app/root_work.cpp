// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/root_work.h"

#include "solver/app/failure.h"
#include "solver/core/sleeping_wait.h"

namespace vesalius
{

void on_root(MPI_Comm communicator, const std::function<void()> &work)
{
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  std::exception_ptr failure;
  int                status = static_cast<int>(ExitStatus::done);
  if (rank == 0)
    try
      {
        work();
      }
    catch (...)
      {
        failure = std::current_exception();
        status  = static_cast<int>(describe_failure(failure).status);
      }

  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Ibcast(&status, 1, MPI_INT, 0, communicator, &request);
  wait_asleep(request);
  if (failure)
    std::rethrow_exception(failure);
  if (status != static_cast<int>(ExitStatus::done))
    throw FailedElsewhere(static_cast<ExitStatus>(status));
}

void wait_for_all(MPI_Comm communicator)
{
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Ibarrier(communicator, &request);
  wait_asleep(request);
}

std::optional<ExitStatus> agree_on_failure(MPI_Comm communicator, ExitStatus status, double patience)
{
  // Static: an allreduce that is given up may still write here until MPI_Abort ends the process.
  static int own = 0, worst = 0;
  own                 = static_cast<int>(status);
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Iallreduce(&own, &worst, 1, MPI_INT, MPI_MAX, communicator, &request);
  if (!wait_asleep(request, patience))
    return std::nullopt;
  return static_cast<ExitStatus>(worst);
}

} // namespace vesalius
