// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/root_work.h"

#include "solver/app/failure.h"

#include <chrono>
#include <limits>
#include <thread>

namespace vesalius
{

namespace
{
/// True when the request is complete, false when `seconds` have passed.
bool wait_asleep(MPI_Request &request, double seconds)
{
  const auto start = std::chrono::steady_clock::now();
  auto       pause = std::chrono::microseconds(50);
  for (;;)
    {
      int done = 0;
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
      if (done)
        return true;
      if (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() > seconds)
        return false;
      std::this_thread::sleep_for(pause);
      if (pause < std::chrono::milliseconds(5))
        pause *= 2;
    }
}
} // namespace

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
  wait_asleep(request, std::numeric_limits<double>::infinity());
  if (failure)
    std::rethrow_exception(failure);
  if (status != static_cast<int>(ExitStatus::done))
    throw FailedElsewhere(static_cast<ExitStatus>(status));
}

void wait_for_all(MPI_Comm communicator)
{
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Ibarrier(communicator, &request);
  wait_asleep(request, std::numeric_limits<double>::infinity());
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
