// SPDX-License-Identifier: GPL-3.0-or-later
#include "physics/solid/solid_physics.h"

#include "solver/core/errors.h"
#include "solver/kernels/field_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vesalius
{

namespace
{
/// Voigt index of (I, J): 11, 22, 33, 12, 23, 13.
constexpr int voigt[3][3] = {{0, 3, 5}, {3, 1, 4}, {5, 4, 2}};

double determinant(const double *F)
{
  return F[0] * (F[4] * F[8] - F[5] * F[7]) - F[1] * (F[3] * F[8] - F[5] * F[6]) + F[2] * (F[3] * F[7] - F[4] * F[6]);
}

/// cof F = dJ/dF.
void cofactor(const double *F, double *cof)
{
  for (int i = 0; i < 3; ++i)
    for (int I = 0; I < 3; ++I)
      {
        const int a = (i + 1) % 3, b = (i + 2) % 3, c = (I + 1) % 3, d = (I + 2) % 3;
        cof[3 * i + I] = F[3 * a + c] * F[3 * b + d] - F[3 * a + d] * F[3 * b + c];
      }
}

/// P = F S.
void first_piola(const double *F, const double *S, double *P)
{
  for (int i = 0; i < 3; ++i)
    for (int I = 0; I < 3; ++I)
      {
        P[3 * i + I] = 0;
        for (int K = 0; K < 3; ++K)
          P[3 * i + I] += F[3 * i + K] * S[voigt[K][I]];
      }
}

/// A = dP/dF [9][9] from S and C = dS/dE.
void first_tangent(const double *F, const double *S, const double *C, double *A)
{
  double FC[9][6];
  for (int i = 0; i < 3; ++i)
    for (int I = 0; I < 3; ++I)
      for (int v = 0; v < 6; ++v)
        {
          double sum = 0;
          for (int K = 0; K < 3; ++K)
            sum += F[3 * i + K] * C[6 * voigt[K][I] + v];
          FC[3 * i + I][v] = sum;
        }
  for (int r = 0; r < 9; ++r)
    for (int j = 0; j < 3; ++j)
      for (int J = 0; J < 3; ++J)
        {
          double sum = r / 3 == j ? S[voigt[r % 3][J]] : 0;
          for (int L = 0; L < 3; ++L)
            sum += FC[r][voigt[L][J]] * F[3 * j + L];
          A[9 * r + 3 * j + J] = sum;
        }
}

/// A += factor d cof F / dF.
void add_cofactor_derivative(const double *F, double factor, double *A)
{
  for (int i = 0; i < 3; ++i)
    for (int I = 0; I < 3; ++I)
      for (int a = 1; a < 3; ++a)
        for (int b = 1; b < 3; ++b)
          {
            // d (F_jJ F_kK - F_jK F_kJ) with j, k and J, K the next two indices.
            const int    j = (i + a) % 3, J = (I + b) % 3, k = 3 - i - j, K = 3 - I - J;
            const double sign = a == b ? 1 : -1;
            A[9 * (3 * i + I) + 3 * j + J] += sign * factor * F[3 * k + K];
          }
}

/// U'(J) and U''(J) for K = 1; U itself.
struct VolumeEnergy
{
  double energy, first, second;
};
VolumeEnergy volume_energy(VolumeFunction function, double J)
{
  if (function == VolumeFunction::quadratic)
    return {0.5 * (J - 1) * (J - 1), J - 1, 1};
  return {0.25 * (J * J - 1 - 2 * std::log(J)), 0.5 * (J - 1 / J), 0.5 * (1 + 1 / (J * J))};
}
} // namespace

double SolidMaterial::stabilisation() const { return std::min(10 * law->shear_modulus(), law->bulk_modulus() / 2); }

double SolidMaterial::compliance() const
{
  return std::isinf(law->bulk_modulus()) ? 0. : 1 / (law->bulk_modulus() - stabilisation());
}

SolidPhysics::SolidPhysics(int dimension, bool mixed, std::vector<SolidMaterial> materials, std::vector<int> material_of_cell)
  : dimension_(dimension), n_points_(kernels::n_field_points(dimension)), mixed_(mixed), materials_(std::move(materials)), material_of_cell_(std::move(material_of_cell))
{
  for (const auto &material : materials_)
    VESALIUS_ASSERT(!mixed_ || material.law->split(), "a law without a volumetric part of its own cannot be mixed");
}

std::vector<FieldShape> SolidPhysics::fields() const
{
  std::vector<FieldShape> shapes{{"displacement", "m", 2, dimension_, true, false}};
  if (mixed_)
    shapes.push_back({"pressure", "Pa", 1, 1, false, true});
  return shapes;
}

double SolidPhysics::lowest_shear_modulus() const
{
  double lowest = std::numeric_limits<double>::max();
  for (const auto &material : materials_)
    lowest = std::min(lowest, material.law->shear_modulus());
  return lowest;
}

double SolidPhysics::lowest_young_modulus() const
{
  double lowest = std::numeric_limits<double>::max();
  for (const auto &material : materials_)
    {
      const double mu = material.law->shear_modulus(), K = material.law->bulk_modulus();
      lowest = std::min(lowest, std::isfinite(K) ? 9 * K * mu / (3 * K + mu) : 3 * mu);
    }
  return lowest;
}

double SolidPhysics::own_load() const
{
  double largest = 0;
  for (const auto &material : materials_)
    largest = std::max(largest, material.law->own_stress(time_));
  return largest;
}

void SolidPhysics::deformation(const double *slots, double *F) const
{
  for (int i = 0; i < 3; ++i)
    for (int I = 0; I < 3; ++I)
      F[3 * i + I] = (i == I ? 1. : 0.) + (i < dimension_ && I < dimension_ ? slots[i * dimension_ + I] : 0.);
}

void SolidPhysics::evaluate_laws(const FieldPoints &points, const double *F, double *energy, double *stress, double *tangent) const
{
  std::vector<double> directions, scale;
  for (int begin = 0, end = 0; begin < points.n; begin = end)
    {
      const int   material = material_of_cell_[points.cell[begin]];
      const auto &law      = *materials_[material].law;
      while (end < points.n && material_of_cell_[points.cell[end]] == material)
        ++end;
      directions.clear();
      scale.clear();
      for (int q = begin; q < end; ++q)
        {
          if (!directions_.empty())
            directions.insert(directions.end(), &directions_[6 * place(points, q)], &directions_[6 * place(points, q)] + 6);
          if (!stiffness_.empty())
            scale.push_back(stiffness_at(points, q));
        }
      law.evaluate(end - begin, F + 9 * begin, directions.empty() ? nullptr : directions.data(), scale.empty() ? nullptr : scale.data(), time_,
                   energy ? energy + begin : nullptr, stress + 6 * begin, tangent ? tangent + 36 * begin : nullptr);
    }
}

void SolidPhysics::add_volume(int cell, double factor, const double *F, double pressure, double *P, double *A, double &constraint, double *by_F,
                              double &by_pressure) const
{
  const auto  &material = materials_[material_of_cell_[cell]];
  const double J = determinant(F);
  double       cof[9], first, second; // of the part of the energy that is a function of J
  cofactor(F, cof);
  if (mixed_)
    {
      second      = factor * material.stabilisation();
      first       = pressure + second * (J - 1);
      by_pressure = -material.compliance() / factor;
      constraint  = J - 1 + by_pressure * pressure;
      std::copy_n(cof, 9, by_F);
    }
  else
    {
      const auto   volume = volume_energy(material.volume, J);
      const double K      = material.law->split() ? factor * material.law->bulk_modulus() : 0;
      first               = K * volume.first;
      second              = K * volume.second;
    }
  for (int r = 0; r < 9; ++r)
    P[r] += first * cof[r];
  if (!A)
    return;
  for (int r = 0; r < 9; ++r)
    for (int s = 0; s < 9; ++s)
      A[9 * r + s] += second * cof[r] * cof[s];
  add_cofactor_derivative(F, first, A);
}

void SolidPhysics::evaluate(const FieldPoints &points, const double *slots, double *dual, double *tangent) const
{
  const int           n = n_slots(), nu = slots_of_displacement(), dim = dimension_;
  std::vector<double> F(9 * points.n), S(6 * points.n), C(tangent ? 36 * points.n : 0);
  for (int q = 0; q < points.n; ++q)
    deformation(slots + q * n, &F[9 * q]);
  evaluate_laws(points, F.data(), nullptr, S.data(), tangent ? C.data() : nullptr);
  const auto slot = [dim](int r) { return r / 3 < dim && r % 3 < dim ? r / 3 * dim + r % 3 : -1; };
  for (int q = 0; q < points.n; ++q)
    {
      double P[9], A[81], by_F[9], constraint = 0, by_pressure = 0;
      first_piola(&F[9 * q], &S[6 * q], P);
      if (tangent)
        first_tangent(&F[9 * q], &S[6 * q], &C[36 * q], A);
      add_volume(points.cell[q], stiffness_at(points, q), &F[9 * q], mixed_ ? slots[q * n + nu] : 0, P, tangent ? A : nullptr, constraint, by_F, by_pressure);
      for (int r = 0; r < 9; ++r)
        if (slot(r) >= 0)
          dual[q * n + slot(r)] = P[r];
      if (mixed_)
        dual[q * n + nu] = constraint;
      if (!tangent)
        continue;
      double *T = tangent + std::size_t(q) * n * n;
      for (int r = 0; r < 9; ++r)
        {
          if (slot(r) < 0)
            continue;
          for (int s = 0; s < 9; ++s)
            if (slot(s) >= 0)
              T[slot(r) * n + slot(s)] = A[9 * r + s];
          if (mixed_)
            T[slot(r) * n + nu] = T[nu * n + slot(r)] = by_F[r];
        }
      if (mixed_)
        T[nu * n + nu] = by_pressure;
    }
}

void SolidPhysics::validity(const FieldPoints &points, const double *slots, double *measure) const
{
  double F[9];
  for (int q = 0; q < points.n; ++q)
    {
      deformation(slots + q * n_slots(), F);
      measure[q] = determinant(F);
    }
}

void SolidPhysics::schur_weight(const FieldPoints &points, double *weight) const
{
  for (int q = 0; q < points.n; ++q)
    {
      const auto &material = materials_[material_of_cell_[points.cell[q]]];
      weight[q]            = (1 / (4. / 3 * material.law->shear_modulus() + material.stabilisation()) + material.compliance()) / stiffness_at(points, q);
    }
}

std::vector<SolidPointState> SolidPhysics::states(const FieldPoints &points, const double *slots) const
{
  const int                    n = n_slots(), nu = slots_of_displacement();
  std::vector<double>          F(9 * points.n), S(6 * points.n), energy(points.n);
  std::vector<SolidPointState> result(points.n);
  for (int q = 0; q < points.n; ++q)
    deformation(slots + q * n, &F[9 * q]);
  evaluate_laws(points, F.data(), energy.data(), S.data(), nullptr);
  for (int q = 0; q < points.n; ++q)
    {
      auto        &state    = result[q];
      const int    cell     = points.cell[q];
      const auto  &material = materials_[material_of_cell_[cell]];
      const double factor   = stiffness_at(points, q);
      double       P[9], by_F[9], constraint = 0, by_pressure = 0;
      std::copy_n(&F[9 * q], 9, state.F);
      state.J = determinant(state.F);
      first_piola(state.F, &S[6 * q], P);
      const double pressure = mixed_ ? slots[q * n + nu] : 0;
      add_volume(cell, factor, state.F, pressure, P, nullptr, constraint, by_F, by_pressure);
      std::copy_n(P, 9, state.piola);
      for (int i = 0; i < 3; ++i)
        for (int j = i; j < 3; ++j)
          {
            double &sigma = state.cauchy[voigt[i][j]];
            for (int I = 0; I < 3; ++I)
              sigma += P[3 * i + I] * state.F[3 * j + I] / state.J;
          }
      const auto volume = volume_energy(material.volume, state.J);
      if (mixed_)
        {
          const double k = factor * material.stabilisation();
          state.pressure = pressure + k * (state.J - 1);
          // The energy of the pressure at its own optimum: p^2/2 (1/(K - k_s)).
          state.energy = energy[q] + 0.5 * k * (state.J - 1) * (state.J - 1) + 0.5 * pressure * pressure * material.compliance() / factor;
        }
      else
        {
          const double K = material.law->split() ? factor * material.law->bulk_modulus() : 0;
          state.pressure = material.law->split() ? K * volume.first : (state.cauchy[0] + state.cauchy[1] + state.cauchy[2]) / 3;
          state.energy   = energy[q] + K * volume.energy;
        }
    }
  return result;
}

} // namespace vesalius
