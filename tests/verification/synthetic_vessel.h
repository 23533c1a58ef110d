// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ai_surrogates/dataset.h"
#include "ai_surrogates/sampling.h"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

/// A data set by formulas, for tests and for verification where a solver would cost hours: a narrowed tube whose pressure drop is a viscous and an
/// inertial part, the pressure on its wall and a vector field, smooth in all inputs but for a bend at half the severity's range.
namespace vesalius::surrogates::testing
{

struct VesselRuns
{
  std::size_t   n_training = 60, n_calibration = 60, n_test = 40;
  std::size_t   n_around = 12, n_along = 20;
  std::uint64_t seed = 1;
};

inline std::vector<InputVariable> vessel_inputs()
{
  return {{"flow", "m^3/s", parse_distribution("uniform 2e-5 1e-4")},
          {"severity", "", parse_distribution("uniform 0.2 0.5")},
          {"position", "m", parse_distribution("uniform 0.045 0.055")},
          {"viscosity", "Pa s", parse_distribution("normal 0.0035 0.0004 0.0028 0.0045")}};
}

/// Pa.
inline double vessel_pressure_drop(const double *x)
{
  const double area = 2e-4, density = 1060, open = 1 - x[1];
  const double loss = std::pow(1 / open - 1, 2) + 0.3 * std::abs(x[1] - 0.35);
  return 1.4e6 * x[3] / 0.0035 * x[0] * (1 + 0.5 / (open * open)) + 0.5 * density * std::pow(x[0] / area, 2) * loss;
}

/// A tube of 5 mm radius and 10 cm length: only its surface.
inline Mesh vessel_mesh(const VesselRuns &runs)
{
  Mesh       mesh;
  const auto node = [&](std::size_t i, std::size_t j) { return std::int32_t((i % runs.n_around) + j * runs.n_around); };
  for (std::size_t j = 0; j < runs.n_along; ++j)
    for (std::size_t i = 0; i < runs.n_around; ++i)
      {
        const double angle = 2 * std::numbers::pi * double(i) / double(runs.n_around);
        mesh.points.push_back({0.005 * std::cos(angle), 0.005 * std::sin(angle), 0.1 * double(j) / double(runs.n_along - 1)});
        if (j + 1 < runs.n_along)
          for (const auto corner : {node(i, j), node(i + 1, j), node(i, j + 1), node(i, j + 1), node(i + 1, j), node(i + 1, j + 1)})
            mesh.boundary_faces.push_back(corner);
      }
  mesh.n_vertices = mesh.points.size();
  mesh.boundary_id.assign(mesh.boundary_faces.size() / 3, 1);
  mesh.boundary_names = {{1, "wall"}};
  return mesh;
}

/// Wall pressure, Pa, and a displacement-like vector, m, at a point.
struct VesselValues
{
  double                pressure;
  std::array<double, 3> vector;
};

inline VesselValues vessel_values(const double *x, const std::array<double, 3> &point)
{
  const double drop = vessel_pressure_drop(x), step = 0.5 * (1 + std::tanh((point[2] - x[2]) / 0.012));
  const double dip  = drop * x[1] * std::exp(-std::pow((point[2] - x[2]) / 0.008, 2));
  const double side = point[0] / 0.005;
  return {-drop * step - dip * (1 + 0.2 * side), {1e-6 * drop * point[0], 1e-6 * drop * point[1] * step, 2e-5 * x[1] * std::sin(30 * (point[2] - x[2]))}};
}

inline void add_vessel_runs(Dataset &data, Role role, std::size_t n, std::uint64_t seed)
{
  const auto inputs = draw(role == Role::training ? Design::latin_hypercube : Design::independent, data.distributions(), n, seed);
  for (std::size_t r = 0; r < n; ++r)
    {
      const double     *x    = &inputs[r * data.n_inputs()];
      const std::string name = role_name(role) + "_" + std::to_string(r);
      data.runs.push_back({name, name, role, role == Role::training ? Origin::designed : Origin::independent, false, "", "tube", "formula", "formula 1", seed, 0.01});
      data.input_values.insert(data.input_values.end(), x, x + data.n_inputs());
      data.scalars[0].values.push_back(vessel_pressure_drop(x));
      for (const auto &point : data.mesh.points)
        {
          const auto values = vessel_values(x, point);
          data.fields[0].values.insert(data.fields[0].values.end(), values.vector.begin(), values.vector.end());
          data.fields[1].values.push_back(float(values.pressure));
        }
    }
}

/// The outputs of a run become what a solver that gave up leaves.
inline void fail_run(Dataset &data, std::size_t row)
{
  data.runs[row].failed         = true;
  data.runs[row].reason         = "the solver gave up";
  data.scalars[0].values[row]   = std::numeric_limits<double>::quiet_NaN();
  for (auto &field : data.fields)
    for (std::size_t i = row * data.row_size(field); i < (row + 1) * data.row_size(field); ++i)
      field.values[i] = std::numeric_limits<float>::quiet_NaN();
}

inline Dataset vessel_dataset(const VesselRuns &runs)
{
  Dataset data;
  data.inputs  = vessel_inputs();
  data.mesh    = vessel_mesh(runs);
  data.scalars = {{"pressure drop", "Pa", {}}};
  data.fields  = {{"wall movement", "m", "wall", 3, {}}, {"wall pressure", "Pa", "wall", 1, {}}};
  FieldLocation wall;
  for (std::size_t i = 0; i < data.mesh.points.size(); ++i)
    {
      wall.nodes.push_back(std::int32_t(i));
      const bool is_end = i < runs.n_around || i + runs.n_around >= data.mesh.points.size();
      wall.weights.push_back(1e-6 * (is_end ? 0.5 : 1));
    }
  data.locations = {{"wall", wall}};
  add_vessel_runs(data, Role::training, runs.n_training, runs.seed);
  add_vessel_runs(data, Role::calibration, runs.n_calibration, runs.seed + 1000003);
  add_vessel_runs(data, Role::test, runs.n_test, runs.seed + 2000003);
  return data;
}

} // namespace vesalius::surrogates::testing
