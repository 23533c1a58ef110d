// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/line_fit.h"

#include "solver/core/errors.h"

#include <Eigen/Dense>

#include <algorithm>

namespace vesalius
{

namespace
{
constexpr int degree = 4;

/// The fit in a window, evaluated at arc length `s`.
LineFit fit_window(const std::vector<Vector3> &line, const std::vector<double> &arc, double centre, double half_width,
                   double s)
{
  const auto first = std::lower_bound(arc.begin(), arc.end(), centre - half_width) - arc.begin();
  const auto last  = std::upper_bound(arc.begin(), arc.end(), centre + half_width) - arc.begin();
  // Few points are met by a polynomial of as low a degree, in place of one through noise.
  const int       n_terms = std::clamp<int>(static_cast<int>(last - first) - 2, 2, degree + 1);
  Eigen::MatrixXd matrix  = Eigen::MatrixXd::Zero(n_terms, n_terms), right = Eigen::MatrixXd::Zero(n_terms, 3);
  for (auto i = first; i < last; ++i)
    {
      const double    u    = (arc[i] - centre) / half_width;
      const double    ramp = 1 - std::min(1.0, std::abs(u * u * u));
      const double    w    = ramp * ramp * ramp + 1e-6; // the end of a short line keeps a say
      Eigen::VectorXd powers(n_terms);
      powers[0] = 1;
      for (int k = 1; k < n_terms; ++k)
        powers[k] = u * powers[k - 1];
      matrix += w * powers * powers.transpose();
      right += w * powers * Eigen::Map<const Eigen::RowVector3d>(line[i].data());
    }
  const Eigen::MatrixXd c       = matrix.ldlt().solve(right);
  const double          u       = (s - centre) / half_width;
  const auto            at_term = [&](int order) {
    Vector3 sum{0, 0, 0};
    for (int k = order; k < n_terms; ++k)
      {
        double factor = std::pow(u, k - order) / std::pow(half_width, order);
        for (int j = 0; j < order; ++j)
          factor *= k - j;
        sum = sum + factor * Vector3{c(k, 0), c(k, 1), c(k, 2)};
      }
    return sum;
  };
  return {at_term(0), at_term(1), at_term(2), at_term(3)};
}
} // namespace

double LineFit::curvature() const
{
  const double speed = norm(first);
  return speed > 0 ? norm(cross(first, second)) / (speed * speed * speed) : 0;
}

double LineFit::torsion() const
{
  const Vector3 binormal = cross(first, second);
  const double  square   = dot(binormal, binormal);
  return square > 0 ? dot(binormal, third) / square : 0;
}

std::vector<double> arc_lengths(const std::vector<Vector3> &line)
{
  std::vector<double> arc{0};
  for (std::size_t i = 1; i < line.size(); ++i)
    arc.push_back(arc.back() + distance(line[i], line[i - 1]));
  return arc;
}

std::vector<Vector3> resample(const std::vector<Vector3> &line, double spacing)
{
  const auto           arc = arc_lengths(line);
  const int            n   = std::max(2, static_cast<int>(std::lround(arc.back() / spacing)) + 1);
  std::vector<Vector3> result;
  std::size_t          i = 1;
  for (int k = 0; k < n; ++k)
    {
      const double s = arc.back() * k / (n - 1);
      while (i + 1 < arc.size() && arc[i] < s)
        ++i;
      const double length = arc[i] - arc[i - 1];
      result.push_back(line[i - 1] + (length > 0 ? (s - arc[i - 1]) / length : 0) * (line[i] - line[i - 1]));
    }
  return result;
}

std::vector<LineFit> fit_line(const std::vector<Vector3> &line, const std::vector<double> &half_width)
{
  VESALIUS_ASSERT(line.size() > 1 && half_width.size() == line.size(), "a line has points, each with its window");
  const auto           arc = arc_lengths(line);
  std::vector<LineFit> result;
  for (std::size_t i = 0; i < line.size(); ++i)
    {
      const double w = std::min(half_width[i], 0.5 * arc.back());
      result.push_back(fit_window(line, arc, std::clamp(arc[i], w, arc.back() - w), w, arc[i]));
    }
  return result;
}

} // namespace vesalius
