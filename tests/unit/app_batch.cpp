// SPDX-License-Identifier: GPL-3.0-or-later
// The job script of docs/howto/slurm.md, run by a stand-in for the scheduler.
#include "tests/program_run.h"
#include "tests/verification/channel_case.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

namespace
{
using ::testing::HasSubstr;

class BatchJob : public vesalius::testing::ProgramTest
{
protected:
  static std::string content(const std::string &file)
  {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  /// The first block of code on the page.
  static std::string script_of_the_page()
  {
    const std::string page  = content(VESALIUS_SOURCE_DIR "/docs/howto/slurm.md"), begin = "```bash\n";
    const auto        first = page.find(begin) + begin.size();
    return page.substr(first, page.find("```", first) - first);
  }

  void write_program(const std::string &name, const std::string &text) const
  {
    write(name, "#!/bin/bash\n" + text);
    std::filesystem::permissions(path(name), std::filesystem::perms::owner_all);
  }
};

constexpr const char *case_text = R"(set Physics = flow
subsection Mesh
  set File = channel.vtu
end
subsection Time
  set Cycles          = 1
  set Run-in          = false
  set Steps per cycle = 60
end
subsection Checkpoint
  set Steps = 5
end
)";

/// The scheduler starts two ranks and sends them SIGUSR1, as --signal=USR1@300 asks, once the first checkpoint is there; a job that
/// has put itself back into the queue is started again.
TEST_F(BatchJob, PutsItselfBackIntoTheQueueUntilItIsDone)
{
  std::filesystem::create_directories(path("aorta"));
  std::filesystem::create_directories(path("bin"));
  vesalius::testing::write_channel(path("aorta/channel.vtu"));
  write("aorta/case.prm", case_text + vesalius::testing::channel_boundaries("set Type = pressure\nset Pressure = 0 mmHg\n"));
  write("job.sh", script_of_the_page());
  write_program("bin/vesalius", "exec '" VESALIUS_PROGRAM "' \"$@\"\n");
  write_program("bin/scontrol", "[ \"$1\" = requeue ] && echo \"$2\" >> queue\n");
  write_program("bin/srun", R"shell(shift # --mpi=pmix
before=$(ls aorta/output/checkpoints 2>/dev/null | wc -l)
mpirun --oversubscribe -n 2 "$@" &
job=$!
if [ "$before" -eq 0 ]; then
  while kill -0 $job 2>/dev/null && ! compgen -G "aorta/output/checkpoints/*.h5" >/dev/null; do sleep 0.02; done
  kill -USR1 $(cat /proc/$job/task/$job/children)
fi
wait $job
)shell");
  const std::string environment =
    "PATH=\"$PWD/bin:$PATH\" SLURM_JOB_ID=42 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1 timeout 120 bash job.sh";
  int n_jobs = 0;
  do
    {
      const auto job = run("version >/dev/null; " + environment);
      ASSERT_EQ(job.status, 0) << job.output;
      ++n_jobs;
    }
  while (n_jobs < 10 && std::ranges::count(content(path("queue")), '\n') == n_jobs);
  EXPECT_EQ(n_jobs, 2) << "the signal came to the first job only";
  EXPECT_TRUE(std::filesystem::exists(path("aorta/output/report.html")));
  EXPECT_THAT(content(path("aorta/output/run.json")), HasSubstr("\"exit_status\": 0"));
  // Sixty steps, none missing and none twice.
  std::istringstream table(content(path("aorta/output/statistics.csv")));
  std::string        line;
  std::getline(table, line);
  double before = 0;
  int    n      = 0;
  for (; std::getline(table, line); ++n)
    {
      const double time = std::stod(line);
      EXPECT_NEAR(time - before, 1. / 60, 1e-6) << line;
      before = time;
    }
  EXPECT_EQ(n, 60);
}
} // namespace
