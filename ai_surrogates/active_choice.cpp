// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/active_choice.h"

#include "ai_surrogates/gaussian_process.h"
#include "solver/core/errors.h"

#include <Eigen/Dense>

#include <algorithm>

namespace vesalius::surrogates
{

namespace
{
/// Covariances of one group, given its runs and the candidates chosen so far.
class ProcessState
{
public:
  ProcessState(const GaussianProcessGroup &group, const std::vector<double> &candidates, const std::vector<double> &reference)
    : nugget_(group.nugget)
  {
    const auto d = group.length_scales.size();
    among_       = matrix(posterior_covariance(group, candidates, candidates), candidates.size() / d);
    across_      = matrix(posterior_covariance(group, candidates, reference), candidates.size() / d);
    for (std::size_t i = 0; i < reference.size(); i += d)
      {
        const std::vector<double> x(reference.begin() + std::ptrdiff_t(i), reference.begin() + std::ptrdiff_t(i + d));
        sum_ += posterior_covariance(group, x, x).front();
      }
    sum_ = before_ = std::max(sum_, 1e-300);
  }
  /// Of each candidate: by how much it lowers the integrated variance, in shares of what that was before all choices.
  Eigen::ArrayXd gains() const { return across_.rowwise().squaredNorm().array() / variances().array() / before_; }
  void           take(Eigen::Index candidate)
  {
    const Eigen::VectorXd column = among_.col(candidate) / std::sqrt(variances()[candidate]);
    const Eigen::VectorXd row    = across_.row(candidate).transpose() / std::sqrt(variances()[candidate]);
    sum_ -= row.squaredNorm();
    across_ -= column * row.transpose();
    among_ -= column * column.transpose();
  }
  double share_left() const { return std::max(0., sum_) / before_; }

private:
  static Eigen::MatrixXd matrix(const std::vector<double> &values, std::size_t n_rows)
  {
    return Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(values.data(), Eigen::Index(n_rows), Eigen::Index(values.size() / n_rows));
  }
  /// Of a run there: it has the nugget, too.
  Eigen::VectorXd variances() const { return (among_.diagonal().array().max(0.) + nugget_ + 1e-12).matrix(); }

  double          nugget_ = 0, sum_ = 0, before_ = 0;
  Eigen::MatrixXd among_, across_;
};
} // namespace

Choice choose_runs(const std::vector<GaussianProcessGroup> &groups, const std::vector<double> &candidates, const std::vector<double> &reference, std::size_t n)
{
  VESALIUS_ASSERT(!groups.empty() && n * groups.front().length_scales.size() <= candidates.size(), "fewer candidates than runs to choose");
  std::vector<ProcessState> states;
  for (const auto &group : groups)
    if (group.n_outputs() > 0)
      states.emplace_back(group, candidates, reference);
  const auto        n_candidates = Eigen::Index(candidates.size() / groups.front().length_scales.size());
  Choice            choice;
  std::vector<bool> is_taken(std::size_t(n_candidates), false);
  while (choice.candidates.size() < n)
    {
      Eigen::ArrayXd gains = Eigen::ArrayXd::Zero(n_candidates);
      for (const auto &state : states)
        gains += state.gains();
      for (Eigen::Index i = 0; i < n_candidates; ++i)
        if (is_taken[std::size_t(i)])
          gains[i] = -1;
      Eigen::Index best = 0;
      gains.maxCoeff(&best);
      is_taken[std::size_t(best)] = true;
      choice.candidates.push_back(std::size_t(best));
      for (auto &state : states)
        state.take(best);
    }
  choice.variance_left = 0;
  for (const auto &state : states)
    choice.variance_left += state.share_left() / double(states.size());
  return choice;
}

} // namespace vesalius::surrogates
