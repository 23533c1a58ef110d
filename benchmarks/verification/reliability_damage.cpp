// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmarks/verification/reliability_tools.h"
#include "solver/core/errors.h"
#include "solver/core/registry.h"
#include "solver/interfaces/verification.h"
#include "solver/io/checkpoint.h"

#include <filesystem>
#include <fstream>

namespace vesalius::verification
{

namespace
{
namespace fs = std::filesystem;

void flip_bit(const std::string &file, std::uint64_t bit)
{
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  char         byte = 0;
  stream.seekg(static_cast<std::streamoff>(bit / 8));
  stream.read(&byte, 1);
  byte = static_cast<char>(byte ^ (1 << (bit % 8)));
  stream.seekp(static_cast<std::streamoff>(bit / 8));
  stream.write(&byte, 1);
}

class DamageCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root())
      return result;
    const double start = seconds_with_children();
    const int    n     = quick ? 40 : 2000;
    SmallRun     run;
    run.reference(1);
    const std::string whole = run.newest_checkpoint("reference_1"), copy = run.path("copy.h5");
    if (whole.empty())
      throw SolverFailure("the undisturbed run left no checkpoint");
    const auto      size = fs::file_size(whole);
    std::mt19937_64 random(1);
    int             missed = 0;
    for (int i = 0; i < n; ++i)
      {
        fs::copy_file(whole, copy, fs::copy_options::overwrite_existing);
        if (i % 4 == 3)
          fs::resize_file(copy, random() % size);
        else
          flip_bit(copy, random() % (8 * (i % 4 == 2 ? 512 : size))); // the seal itself, too
        missed += damage_of_checkpoint(copy).empty() ? 1 : 0;
      }
    const VerificationCost cost{0, seconds_with_children() - start};
    result.records.push_back(make_record("flipped bits and truncations", "", n, Criterion::shown, n, 0, "", cost));
    result.records.push_back(make_record("of them not detected", "", missed, Criterion::absolute, 0, 0, "the checkpoint's promise", cost));
    result.records.push_back(make_record("whole checkpoints taken for damaged", "", damage_of_checkpoint(whole).empty() ? 0 : 1, Criterion::absolute, 0, 0,
                                         "the checkpoint's promise", cost));
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "reliability_damage", "Damaged checkpoints are recognised.",
   "Copies of a checkpoint with one bit flipped anywhere, with one flipped in the seal at its beginning, or cut off.", "benchmarks/verification/reliability_damage.cpp"},
  [] { return std::make_unique<DamageCase>(); });
} // namespace

} // namespace vesalius::verification
