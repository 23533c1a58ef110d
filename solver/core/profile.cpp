// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/core/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace vesalius
{

Profile &Profile::instance()
{
  static Profile profile;
  return profile;
}

int Profile::enter(const char *name)
{
  int found = -1;
  for (const int child : nodes_[current_].children)
    if (nodes_[child].name == name || std::string(nodes_[child].name) == name)
      found = child;
  if (found < 0)
    {
      found = static_cast<int>(nodes_.size());
      nodes_[current_].children.push_back(found);
      nodes_.push_back({name, current_, 0, 0, {}, {}});
    }
  ++nodes_[found].calls;
  return current_ = found;
}

/// A line a phase, parents first: path, calls, seconds, bytes, flops, between tabulators.
std::string Profile::serialise() const
{
  std::string      text;
  std::vector<int> open(nodes_[0].children.rbegin(), nodes_[0].children.rend());
  while (!open.empty())
    {
      const int   n = open.back();
      std::string path;
      open.pop_back();
      for (int at = n; at > 0; at = nodes_[at].parent)
        path = std::string("/") + nodes_[at].name + path;
      text += fmt::format("{}\t{}\t{}\t{}\t{}\n", path, nodes_[n].calls, nodes_[n].seconds, nodes_[n].work.bytes, nodes_[n].work.flops);
      open.insert(open.end(), nodes_[n].children.rbegin(), nodes_[n].children.rend());
    }
  return text;
}

std::vector<ProfilePhase> Profile::gather(MPI_Comm communicator) const
{
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(communicator, &rank);
  MPI_Comm_size(communicator, &n_ranks);
  const std::string mine = serialise();
  const int         size = static_cast<int>(mine.size());
  std::vector<int>  sizes(n_ranks), starts(n_ranks, 0);
  MPI_Gather(&size, 1, MPI_INT, sizes.data(), 1, MPI_INT, 0, communicator);
  for (int r = 1; r < n_ranks; ++r)
    starts[r] = starts[r - 1] + sizes[r - 1];
  std::string all(rank == 0 ? std::size_t(starts.back() + sizes.back()) : 0, '\0');
  MPI_Gatherv(mine.data(), size, MPI_CHAR, all.data(), sizes.data(), starts.data(), MPI_CHAR, 0, communicator);
  std::vector<ProfilePhase>  phases;
  std::map<std::string, int> index;
  if (rank > 0)
    return phases;
  std::istringstream lines(all);
  for (std::string line; std::getline(lines, line);)
    {
      const auto         tab  = line.find('\t');
      const std::string  path = line.substr(0, tab);
      std::istringstream numbers(line.substr(tab));
      double             calls = 0, seconds = 0, bytes = 0, flops = 0;
      numbers >> calls >> seconds >> bytes >> flops;
      if (!index.contains(path))
        {
          // A phase that rank 0 does not have stands at the end of the parent's, which is there already.
          const auto  slash  = path.rfind('/');
          const int   depth  = static_cast<int>(std::count(path.begin(), path.end(), '/')) - 1;
          int         at     = static_cast<int>(phases.size());
          if (depth > 0)
            for (at = index.at(path.substr(0, slash)) + 1; at < int(phases.size()) && phases[at].depth >= depth;)
              ++at;
          for (auto &[other, position] : index)
            position += position >= at;
          index[path] = at;
          phases.insert(phases.begin() + at, {path.substr(slash + 1), depth, calls, 0, 0, {}});
        }
      auto &phase = phases[index.at(path)];
      phase.seconds += seconds / n_ranks;
      phase.longest = std::max(phase.longest, seconds);
      phase.work.bytes += bytes;
      phase.work.flops += flops;
    }
  return phases;
}

std::string profile_table(const std::vector<ProfilePhase> &phases, double bandwidth, double peak)
{
  std::string         text = fmt::format("{:<44} {:>9} {:>7} {:>9} {:>8} {:>8} {:>9}\n", "phase", "s", "share", "calls", "GB/s", "GF/s", "roofline");
  std::vector<double> parents;
  for (const auto &phase : phases)
    {
      parents.resize(phase.depth);
      const double around = parents.empty() ? phase.seconds : parents.back();
      parents.push_back(phase.seconds);
      text += fmt::format("{:<44} {:>9.3f} {:>6.1f}% {:>9.0f}", std::string(2 * phase.depth, ' ') + phase.name, phase.seconds,
                          around > 0 ? 100 * phase.seconds / around : 0., phase.calls);
      if (phase.work.bytes > 0 && phase.seconds > 0)
          text += fmt::format(" {:>8.2f} {:>8.2f} {:>8.0f}%", phase.work.bytes / phase.seconds * 1e-9, phase.work.flops / phase.seconds * 1e-9,
                              100 * std::max(phase.work.bytes / bandwidth, phase.work.flops / peak) / phase.seconds);
      text += '\n';
    }
  return text;
}

} // namespace vesalius
