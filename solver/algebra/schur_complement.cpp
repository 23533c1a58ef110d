// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/schur_complement.h"

#include "solver/algebra/boomeramg.h"
#include "solver/algebra/petsc_session.h"

namespace vesalius
{

namespace
{
constexpr double tolerance = 1e-2;
} // namespace

SchurComplement::SchurComplement(SimplexSpace &space)
  : space_(space)
{}

SchurComplement::~SchurComplement()
{
  KSPDestroy(&ksp_);
  MatDestroy(&laplacian_);
  for (Vec *vector : {&inverse_mass_, &u_, &v_, &p_})
    VecDestroy(vector);
}

void SchurComplement::set_scales(const SaddlePointScales &scales, bool is_viscous)
{
  scales_     = scales;
  is_viscous_ = is_viscous;
}

void SchurComplement::measure_mass()
{
  // Diagonal of the P2 mass matrix over the volume of a cell: vertices and edges.
  const int    dim = space_.dimension(), n = space_.nodes_per_cell();
  const double vertex = dim == 3 ? 6. / 420 : 6. / 180, edge = dim == 3 ? 32. / 420 : 32. / 180;
  const auto   cells = cell_arrays(space_);
  PetscScalar *values;
  VESALIUS_PETSC(VecZeroEntries(inverse_mass_));
  VESALIUS_PETSC(VecGetArray(inverse_mass_, &values));
  for (std::size_t c = 0; c < space_.n_cells(); ++c)
    {
      const double volume = kernels::cell_volume(cells, c);
      for (int i = 0; i < n; ++i)
        for (int d = 0; d < dim && cells.p2[c * n + i] < space_.p2().n_owned; ++d)
          values[cells.p2[c * n + i] * dim + d] += volume * (i <= dim ? vertex : edge);
    }
  VESALIUS_PETSC(VecRestoreArray(inverse_mass_, &values));
  VESALIUS_PETSC(VecReciprocal(inverse_mass_));
}

void SchurComplement::make_laplacian()
{
  KSPDestroy(&ksp_);
  MatDestroy(&laplacian_);
  if (!inverse_mass_)
    {
      VESALIUS_PETSC(MatCreateVecs(gradient_, &p_, &u_));
      VESALIUS_PETSC(VecDuplicate(u_, &v_));
      VESALIUS_PETSC(VecDuplicate(u_, &inverse_mass_));
      measure_mass();
      mass_solver_ = std::make_unique<P1MassSolver>(space_, tolerance);
    }
  Mat scaled;
  VESALIUS_PETSC(MatDuplicate(gradient_, MAT_COPY_VALUES, &scaled));
  VESALIUS_PETSC(MatDiagonalScale(scaled, inverse_mass_, nullptr));
  VESALIUS_PETSC(MatMatMult(divergence_, scaled, MAT_INITIAL_MATRIX, PETSC_DEFAULT, &laplacian_));
  MatDestroy(&scaled);
  // The pinned pressure has an empty row.
  Vec          diagonal;
  PetscScalar *values;
  VESALIUS_PETSC(VecDuplicate(p_, &diagonal));
  VESALIUS_PETSC(MatGetDiagonal(laplacian_, diagonal));
  VESALIUS_PETSC(VecGetArray(diagonal, &values));
  for (int i = 0; i < space_.p1().n_owned; ++i)
    values[i] = values[i] == 0 ? 1. : values[i];
  VESALIUS_PETSC(VecRestoreArray(diagonal, &values));
  VESALIUS_PETSC(MatDiagonalSet(laplacian_, diagonal, INSERT_VALUES));
  VecDestroy(&diagonal);
  VESALIUS_PETSC(KSPCreate(space_.communicator(), &ksp_));
  VESALIUS_PETSC(KSPSetOperators(ksp_, laplacian_, laplacian_));
  VESALIUS_PETSC(KSPSetType(ksp_, KSPCG));
  VESALIUS_PETSC(KSPSetTolerances(ksp_, tolerance, 1e-300, 1e8, 30));
  PC pc;
  VESALIUS_PETSC(KSPGetPC(ksp_, &pc));
  set_boomeramg(pc, "vesalius_schur_");
}

void SchurComplement::set_blocks(Mat velocity, Mat gradient, Mat divergence, double pressure_scale)
{
  velocity_   = velocity;
  gradient_   = gradient;
  divergence_ = divergence;
  if (pressure_scale != pressure_scale_)
    {
      pressure_scale_ = pressure_scale;
      make_laplacian();
    }
}

void SchurComplement::apply(Vec r, Vec z)
{
  if (!is_viscous_)
    {
      VESALIUS_PETSC(KSPSolve(ksp_, r, p_));
      VESALIUS_PETSC(MatMult(gradient_, p_, u_));
      VESALIUS_PETSC(VecPointwiseMult(u_, u_, inverse_mass_));
      VESALIUS_PETSC(MatMult(velocity_, u_, v_));
      VESALIUS_PETSC(VecPointwiseMult(v_, v_, inverse_mass_));
      VESALIUS_PETSC(MatMult(divergence_, v_, p_));
      VESALIUS_PETSC(KSPSolve(ksp_, p_, z));
      VESALIUS_PETSC(VecScale(z, -1.));
      return;
    }
  if (scales_.mass > 0)
    VESALIUS_PETSC(KSPSolve(ksp_, r, p_));
  const PetscScalar *right, *potential;
  PetscScalar       *result;
  VESALIUS_PETSC(VecZeroEntries(z));
  VESALIUS_PETSC(VecGetArrayRead(r, &right));
  VESALIUS_PETSC(VecGetArrayRead(p_, &potential));
  VESALIUS_PETSC(VecGetArray(z, &result));
  mass_solver_->solve(right, result);
  const double viscous = scales_.mu / (pressure_scale_ * pressure_scale_);
  for (int i = 0; i < space_.p1().n_owned; ++i)
    result[i] = -viscous * result[i] - (scales_.mass > 0 ? scales_.mass * potential[i] : 0.);
  VESALIUS_PETSC(VecRestoreArray(z, &result));
  VESALIUS_PETSC(VecRestoreArrayRead(p_, &potential));
  VESALIUS_PETSC(VecRestoreArrayRead(r, &right));
}

} // namespace vesalius
