// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mpi.h>

#include <chrono>
#include <string>
#include <vector>

namespace vesalius
{

/// Work counted by hand where it is done: bytes to and from memory if each number travels once, and operations.
struct CountedWork
{
  double bytes = 0, flops = 0;
};

/// One phase of a run, over all ranks.
struct ProfilePhase
{
  std::string name;           ///< within its parent
  int         depth   = 0;    ///< 0: the outermost
  double      calls   = 0;    ///< of rank 0
  double      seconds = 0;    ///< mean over the ranks
  double      longest = 0;    ///< of a rank, s
  CountedWork work;           ///< of all ranks; 0: not counted
};

/// Where the time of a process goes: a tree of nested phases, with calls, seconds and counted work. One a process, as the
/// processor is; until enable() has been called a phase costs one test. Phases are named by string literals.
class Profile
{
public:
  static Profile &instance();

  void enable() { is_enabled_ = true; }
  bool is_enabled() const { return is_enabled_; }

  /// What all ranks did, parents before children; ranks may differ in their phases. Collective; empty but on rank 0.
  std::vector<ProfilePhase> gather(MPI_Comm communicator) const;

private:
  friend class ProfileScope;
  using Clock = std::chrono::steady_clock;
  struct Node
  {
    const char      *name   = "";
    int              parent = -1;
    double           calls = 0, seconds = 0;
    CountedWork      work;
    std::vector<int> children;
  };
  int  enter(const char *name);
  std::string serialise() const;

  bool              is_enabled_ = false;
  std::vector<Node> nodes_{1}; ///< the first stands for the process
  int               current_ = 0;
};

/// Counts what happens until its end as a phase of the one around it.
class ProfileScope
{
public:
  explicit ProfileScope(const char *name, const CountedWork &work = {})
  {
    auto &profile = Profile::instance();
    if (!profile.is_enabled())
      return;
    node_                            = profile.enter(name);
    profile.nodes_[node_].work.bytes += work.bytes;
    profile.nodes_[node_].work.flops += work.flops;
    start_ = Profile::Clock::now();
  }
  ~ProfileScope()
  {
    if (node_ < 0)
      return;
    auto &profile = Profile::instance();
    auto &node    = profile.nodes_[node_];
    node.seconds += std::chrono::duration<double>(Profile::Clock::now() - start_).count();
    profile.current_ = node.parent;
  }
  ProfileScope(const ProfileScope &)            = delete;
  ProfileScope &operator=(const ProfileScope &) = delete;

private:
  int                        node_ = -1;
  Profile::Clock::time_point start_;
};

/// The phases as a table for people: seconds, share of the parent, calls, gigabytes and operations a second of all ranks, and the share
/// of the roofline that this is: of the time which the counted bytes (at `bandwidth`, bytes/s of all ranks) or operations (at `peak`, 1/s)
/// need at least.
std::string profile_table(const std::vector<ProfilePhase> &phases, double bandwidth, double peak);

} // namespace vesalius
