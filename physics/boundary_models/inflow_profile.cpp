// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/boundary_models/inflow_profile.h"

#include "physics/boundary_models/waveform_entries.h"
#include "solver/core/errors.h"
#include "solver/fields/face_quadrature.h"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <Eigen/SparseCholesky>
#include <Eigen/SparseLU>

#include <cmath>
#include <numbers>

namespace vesalius
{

namespace
{

/// Integrals over one P2 element of `n` nodes.
struct Element
{
  int                        n = 0;
  std::array<double, 6>      weights{};   ///< of the basis
  Eigen::Matrix<double, 6, 6> stiffness = Eigen::Matrix<double, 6, 6>::Zero();
  Eigen::Matrix<double, 6, 6> mass      = Eigen::Matrix<double, 6, 6>::Zero();
};

Eigen::Vector3d point(const CapMesh &cap, std::int32_t node)
{
  return Eigen::Map<const Eigen::Vector3d>(cap.points[node].data());
}

/// Adds one quadrature point: values and gradients of the basis (gradients as columns), weight w.
template <int n, int dim>
void add_point(Element &element, const Eigen::Matrix<double, n, 1> &value, const Eigen::Matrix<double, dim, n> &gradient,
               double w)
{
  for (int i = 0; i < n; ++i)
    element.weights[i] += w * value[i];
  element.mass.topLeftCorner<n, n>() += w * value * value.transpose();
  element.stiffness.topLeftCorner<n, n>() += w * gradient.transpose() * gradient;
}

/// Edge nodes off the middle bend the element; the integrals of the basis over a straight one are known exactly.
bool is_straight(const CapMesh &cap, const std::int32_t *nodes, int n_corners)
{
  const int n_edges = n_corners == 3 ? 3 : 1;
  for (int e = 0; e < n_edges; ++e)
    {
      const Eigen::Vector3d p = point(cap, nodes[e]), q = point(cap, nodes[(e + 1) % n_corners]);
      if ((0.5 * (p + q) - point(cap, nodes[n_corners + e])).norm() > 1e-9 * (p - q).norm())
        return false;
    }
  return true;
}

/// Isoparametric; the rule of degree 6 is exact for P2 times P2 on a flat cap, curved rim included.
Element triangle(const CapMesh &cap, const std::int32_t *nodes)
{
  static constexpr int        edge[3][2] = {{0, 1}, {1, 2}, {2, 0}};
  Eigen::Matrix<double, 3, 6> x;
  for (int i = 0; i < 6; ++i)
    x.col(i) = point(cap, nodes[i]);
  const Eigen::Vector3d normal = (x.col(1) - x.col(0)).cross(x.col(2) - x.col(0));
  Element               element;
  const auto &rule = face_rule(3);
  double      area = 0;
  element.n        = 6;
  for (std::size_t q = 0; q < rule.points.size(); ++q)
    {
      const auto                 &L     = rule.points[q];
      const auto                  trace = face_trace(3, L);
      Eigen::Matrix<double, 6, 1> value;
      Eigen::Matrix<double, 6, 3> slope = Eigen::Matrix<double, 6, 3>::Zero(); // by barycentric coordinate
      for (int i = 0; i < 6; ++i)
        value[i] = trace[i];
      for (int i = 0; i < 3; ++i)
        {
          slope(i, i)              = 4 * L[i] - 1;
          slope(3 + i, edge[i][0]) = 4 * L[edge[i][1]];
          slope(3 + i, edge[i][1]) = 4 * L[edge[i][0]];
        }
      // The tangential gradients of coordinates 1 and 2 are the columns of tangents * gram^-1; an orthonormal
      // frame is not needed, since three components give the same inner products.
      const Eigen::Matrix3d       corners = x * slope;
      Eigen::Matrix<double, 3, 2> tangents;
      tangents << corners.col(1) - corners.col(0), corners.col(2) - corners.col(0);
      const Eigen::Matrix2d gram = tangents.transpose() * tangents;
      if (!(normal.dot(tangents.col(0).cross(tangents.col(1))) > 1e-12 * gram.trace() * normal.norm()))
        throw InputError("a cap has a triangle without area", "repair or remesh the surface");
      const double                      weight = rule.weights[q] * 0.5 * std::sqrt(gram.determinant());
      const Eigen::Matrix<double, 3, 2> dual   = tangents * gram.inverse();
      Eigen::Matrix3d                   grad;
      grad << -dual.col(0) - dual.col(1), dual.col(0), dual.col(1);
      add_point<6, 3>(element, value, grad * slope.transpose(), weight);
      area += weight;
    }
  if (is_straight(cap, nodes, 3))
    for (int i = 0; i < 6; ++i)
      element.weights[i] = i < 3 ? 0. : area / 3;
  return element;
}

/// Gauss with 4 points, exact for P2 times P2 on a straight line.
Element line(const CapMesh &cap, const std::int32_t *nodes)
{
  Element     element;
  const auto &rule   = face_rule(2);
  double      length = 0;
  element.n          = 3;
  for (std::size_t q = 0; q < rule.points.size(); ++q)
    {
      const double             s = rule.points[q][1], t = rule.points[q][0];
      const auto               trace = face_trace(2, rule.points[q]);
      const Eigen::Vector3d    value(trace[0], trace[1], trace[2]);
      const Eigen::RowVector3d slope(1 - 4 * t, 4 * s - 1, 4 * (t - s));
      const double             stretch =
        (slope[0] * point(cap, nodes[0]) + slope[1] * point(cap, nodes[1]) + slope[2] * point(cap, nodes[2])).norm();
      if (!(stretch > 0))
        throw InputError("a cap has an edge without length", "repair or remesh the boundary");
      add_point<3, 1>(element, value, slope / stretch, rule.weights[q] * stretch);
      length += rule.weights[q] * stretch;
    }
  if (is_straight(cap, nodes, 2))
    element.weights = {length / 6, length / 6, 2 * length / 3};
  return element;
}

int nodes_per_cell(const CapMesh &cap)
{
  VESALIUS_ASSERT(cap.dimension == 1 || cap.dimension == 2, "a cap has dimension 1 or 2");
  VESALIUS_ASSERT(cap.is_rim.size() == cap.points.size(), "each node of a cap needs a rim flag");
  const int n = cap.dimension == 2 ? 6 : 3;
  VESALIUS_ASSERT(!cap.cells.empty() && cap.cells.size() % n == 0, "a cap's cells must be complete");
  return n;
}

template <class Function>
void for_each_element(const CapMesh &cap, const Function &function)
{
  const int n = nodes_per_cell(cap);
  for (std::size_t begin = 0; begin < cap.cells.size(); begin += n)
    function(&cap.cells[begin], n == 6 ? triangle(cap, &cap.cells[begin]) : line(cap, &cap.cells[begin]));
}

void check_flux(double flux)
{
  if (!(flux > 0))
    throw InputError("a cap has no vertex off its rim: the mesh is too coarse to carry a linear inflow profile",
                     "use more elements across the cap (a finer mesh there), or P2/P1 elements");
}

/// Unknowns: the nodes of the cap's cells off the rim.
struct Unknowns
{
  std::vector<int> of_node; ///< -1: on the rim, or in no cell
  int              n = 0;
};

Unknowns number_unknowns(const CapMesh &cap)
{
  nodes_per_cell(cap);
  Unknowns unknowns;
  unknowns.of_node.assign(cap.points.size(), -1);
  for (const auto node : cap.cells)
    if (!cap.is_rim[node] && unknowns.of_node[node] < 0)
      unknowns.of_node[node] = unknowns.n++;
  if (unknowns.n == 0)
    throw InputError("a cap has no node off its rim: the mesh is too coarse to carry an inflow profile",
                     "use more elements across the cap (a finer mesh there)");
  return unknowns;
}

/// Makes nodal values P1 where the cap wants that.
template <class Scalar>
void make_linear(const CapMesh &cap, std::vector<Scalar> &nodal)
{
  const int n = nodes_per_cell(cap), n_corners = cap.dimension + 1;
  for (std::size_t begin = 0; begin < cap.cells.size() && cap.is_linear; begin += n)
    for (int e = n_corners; e < n; ++e)
      {
        const auto *corners          = &cap.cells[begin];
        const int   first            = e - n_corners;
        nodal[cap.cells[begin + e]] = 0.5 * (nodal[corners[first]] + nodal[corners[(first + 1) % n_corners]]);
      }
}

/// Stiffness, mass and load restricted to the unknowns.
struct CapSystem
{
  explicit CapSystem(const CapMesh &cap_mesh) : cap(cap_mesh), unknowns(number_unknowns(cap_mesh))
  {
    std::vector<Eigen::Triplet<double>> k, m;
    load = Eigen::VectorXd::Zero(unknowns.n);
    for_each_element(cap, [&](const std::int32_t *nodes, const Element &element) {
      for (int i = 0; i < element.n; ++i)
        {
          const int row = unknowns.of_node[nodes[i]];
          if (row < 0)
            continue;
          load[row] += element.weights[i];
          for (int j = 0; j < element.n; ++j)
            if (const int column = unknowns.of_node[nodes[j]]; column >= 0)
              {
                k.emplace_back(row, column, element.stiffness(i, j));
                m.emplace_back(row, column, element.mass(i, j));
              }
        }
    });
    stiffness.resize(unknowns.n, unknowns.n);
    mass.resize(unknowns.n, unknowns.n);
    stiffness.setFromTriplets(k.begin(), k.end());
    mass.setFromTriplets(m.begin(), m.end());
  }

  /// Nodal values from the unknowns, scaled to unit flux.
  template <class Scalar>
  std::vector<Scalar> nodal_with_unit_flux(const Eigen::Matrix<Scalar, Eigen::Dynamic, 1> &solution) const
  {
    std::vector<Scalar> nodal(unknowns.of_node.size(), Scalar(0));
    for (std::size_t node = 0; node < nodal.size(); ++node)
      if (unknowns.of_node[node] >= 0)
        nodal[node] = solution[unknowns.of_node[node]];
    make_linear(cap, nodal);
    Scalar flux(0);
    for (std::size_t node = 0; node < nodal.size(); ++node)
      if (unknowns.of_node[node] >= 0)
        flux += load[unknowns.of_node[node]] * nodal[node];
    check_flux(std::abs(flux));
    for (auto &value : nodal)
      value /= flux;
    return nodal;
  }

  const CapMesh              &cap;
  Unknowns                    unknowns;
  Eigen::SparseMatrix<double> stiffness, mass;
  Eigen::VectorXd             load; ///< integrals of the basis
};

std::vector<double> parabolic(const CapSystem &system)
{
  const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> solver(system.stiffness);
  if (solver.info() != Eigen::Success)
    throw SolverFailure("the inflow profile's Poisson problem could not be factorised");
  return system.nodal_with_unit_flux<double>(solver.solve(system.load));
}

/// Factorises i w rho M + mu K for one angular frequency after another; the pattern is analysed once.
class WomersleySolver
{
public:
  explicit WomersleySolver(const CapSystem &system) : system_(system) {}

  std::vector<std::complex<double>> solve(double angular_frequency, double rho, double mu)
  {
    using Complex = std::complex<double>;
    // In terms of w rho / mu the entries of both parts have the size of the stiffness.
    matrix_ = system_.stiffness.cast<Complex>() + Complex(0, angular_frequency * rho / mu) * system_.mass.cast<Complex>();
    if (!analysed_)
      solver_.analyzePattern(matrix_);
    analysed_ = true;
    solver_.factorize(matrix_);
    if (solver_.info() != Eigen::Success)
      throw SolverFailure("the inflow profile's Womersley problem could not be factorised");
    const Eigen::VectorXcd solution = solver_.solve(system_.load.cast<Complex>());
    return system_.nodal_with_unit_flux<Complex>(solution);
  }

private:
  const CapSystem                                              &system_;
  Eigen::SparseMatrix<std::complex<double>>                     matrix_;
  Eigen::SparseLU<Eigen::SparseMatrix<std::complex<double>>>    solver_;
  bool                                                          analysed_ = false;
};

} // namespace

std::vector<double> cap_weights(const CapMesh &cap)
{
  std::vector<double> weights(cap.points.size(), 0.);
  for_each_element(cap, [&](const std::int32_t *nodes, const Element &element) {
    for (int i = 0; i < element.n; ++i)
      weights[nodes[i]] += element.weights[i];
  });
  return weights;
}

std::vector<double> parabolic_profile(const CapMesh &cap)
{
  return parabolic(CapSystem(cap));
}

std::vector<double> flat_profile(const CapMesh &cap)
{
  const auto unknowns = number_unknowns(cap);
  const auto weights  = cap_weights(cap);
  double     flux     = 0;
  std::vector<double> profile(weights.size(), 0.);
  for (std::size_t node = 0; node < weights.size(); ++node)
    if (unknowns.of_node[node] >= 0)
      profile[node] = 1;
  make_linear(cap, profile);
  for (std::size_t node = 0; node < weights.size(); ++node)
    flux += weights[node] * profile[node];
  check_flux(flux);
  for (auto &value : profile)
    value /= flux;
  return profile;
}

std::vector<std::complex<double>> womersley_profile(const CapMesh &cap, double angular_frequency, double rho, double mu)
{
  VESALIUS_ASSERT(angular_frequency >= 0 && rho > 0 && mu > 0, "a Womersley profile needs positive density and viscosity");
  const CapSystem system(cap);
  return WomersleySolver(system).solve(angular_frequency, rho, mu);
}

InflowProfile::InflowProfile(const CapMesh &cap, Shape shape, const Waveform &flow, double rho, double mu, int n_modes)
  : flow_(flow)
{
  VESALIUS_ASSERT(rho > 0 && mu > 0 && n_modes >= 0, "an inflow profile needs positive density and viscosity");
  if (shape == Shape::flat)
    {
      shapes_.push_back(flat_profile(cap));
      return;
    }
  const CapSystem system(cap);
  shapes_.push_back(parabolic(system));
  if (shape == Shape::parabolic)
    return;

  coefficients_ = flow_.fourier_modes(n_modes);
  double largest = 0;
  for (const auto &c : coefficients_)
    largest = std::max(largest, std::abs(c));
  while (coefficients_.size() > 1 && std::abs(coefficients_.back()) <= 1e-12 * largest)
    coefficients_.pop_back(); // each mode costs a factorisation
  WomersleySolver solver(system);
  for (std::size_t k = 1; k < coefficients_.size(); ++k)
    {
      const auto mode = solver.solve(2 * std::numbers::pi * k / flow_.period(), rho, mu);
      for (const bool is_real : {true, false})
        {
          shapes_.emplace_back();
          for (const auto &value : mode)
            shapes_.back().push_back(is_real ? value.real() : value.imag());
        }
    }
}

void InflowProfile::weights(double time, std::vector<double> &result) const
{
  const double flow = flow_(time);
  result.assign(shapes_.size(), 0.);
  result[0] = coefficients_.empty() ? flow : coefficients_[0].real();
  double rest = flow - result[0];
  for (std::size_t k = 1; k < coefficients_.size(); ++k)
    {
      const auto phase  = coefficients_[k] * std::polar(1., 2 * std::numbers::pi * k / flow_.period() * time);
      result[2 * k - 1] = phase.real();
      result[2 * k]     = -phase.imag();
      rest -= phase.real();
    }
  result[coefficients_.size() > 1 ? shapes_.size() - 2 : 0] += rest;
}

void InflowProfile::evaluate(double time, std::vector<double> &values) const
{
  weights(time, weights_);
  values.assign(shapes_[0].size(), 0.);
  for (std::size_t k = 0; k < shapes_.size(); ++k)
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] += weights_[k] * shapes_[k][i];
}

std::vector<BoundaryEntry> inflow_entries()
{
  auto entries = waveform_entries(flow_waveform, "Flow",
                                  "Constant flow, in place of a waveform: into the domain at an inflow, out of it at an outlet.");
  entries.push_back({"Profile", "parabolic", dimension::none,
                     "Velocity profile on the cap: parabolic is the steady flow's on a cap of any shape, womersley "
                     "the pulsatile flow's, flat a plug, measured the velocities of `Velocity file`.",
                     BoundaryEntry::Kind::selection,
                     {"parabolic", "flat", "womersley", "measured"}});
  entries.push_back({"Velocity file", "", dimension::none,
                     "Measured velocities on the cap's plane, for Profile measured: a VTP of triangles with vectors at its points (m, m/s, in the "
                     "mesh's frame), or a list of such files over one cycle: a CSV `time [s], file` whose last row repeats the first file, or "
                     "a ParaView `.pvd` with times in seconds (without that repetition the times must be equally spaced). A flow given beside it is held by adding a parabolic profile.",
                     BoundaryEntry::Kind::file});
  return entries;
}

InflowSettings parse_inflow(const ParameterTree &parameters, const std::string &prefix)
{
  InflowSettings settings;
  const auto     profile = parameters.text(prefix + "/Profile");
  settings.shape         = profile == "flat"      ? InflowProfile::Shape::flat :
                           profile == "womersley" ? InflowProfile::Shape::womersley :
                                                    InflowProfile::Shape::parabolic;
  const auto file_entry  = prefix + "/Velocity file";
  if (profile == "measured")
    {
      if (!parameters.is_set(file_entry))
        throw InputError("the boundary '" + prefix.substr(prefix.rfind('/') + 1) + "' with Profile measured needs 'Velocity file'",
                         "add `set Velocity file = FILE.vtp` to its section", parameters.location(prefix));
      settings.velocity_file = parameters.file(file_entry);
      settings.has_flow      = has_waveform(parameters, prefix, "Flow");
      if (!settings.has_flow)
        return settings;
    }
  else if (parameters.is_set(file_entry))
    throw parameters.error_at(file_entry, "'Velocity file' is used with Profile measured only", "set Profile = measured, or remove the entry");
  settings.flow = parse_waveform(parameters, prefix, flow_waveform, "Flow", "5 L/min");
  return settings;
}

} // namespace vesalius
