// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/voxel_field.h"

#include <itkDiscreteGaussianImageFilter.h>
#include <itkHessianRecursiveGaussianImageFilter.h>
#include <itkImage.h>
#include <itkSignedMaurerDistanceMapImageFilter.h>
#include <itkSmoothingRecursiveGaussianImageFilter.h>
#include <itkThresholdSegmentationLevelSetImageFilter.h>

#include <algorithm>
#include <cmath>

namespace vesalius::voxel
{
namespace
{
using ItkField = itk::Image<float, 3>;

/// An ITK image that borrows the buffer, which must outlive it.
template <class Pixel>
typename itk::Image<Pixel, 3>::Pointer borrow(const Grid &grid, const Pixel *values)
{
  const auto                              image = itk::Image<Pixel, 3>::New();
  typename itk::Image<Pixel, 3>::SizeType size;
  for (unsigned int c = 0; c < 3; ++c)
    size[c] = grid.size[c];
  image->SetRegions(size);
  image->SetSpacing(grid.spacing.data());
  image->SetOrigin(grid.origin.data());
  image->GetPixelContainer()->SetImportPointer(const_cast<Pixel *>(values), grid.n_voxels(), false);
  return image;
}

Field copy_of(const ItkField &image, const Grid &grid)
{
  Field field(grid);
  std::copy_n(image.GetBufferPointer(), grid.n_voxels(), field.values.begin());
  return field;
}

/// Eigenvalues of a symmetric 3x3 matrix in ascending order (Smith 1961, trigonometric).
std::array<double, 3> eigenvalues(double xx, double xy, double xz, double yy, double yz, double zz)
{
  const double q  = (xx + yy + zz) / 3;
  const double p2 = (xx - q) * (xx - q) + (yy - q) * (yy - q) + (zz - q) * (zz - q) + 2 * (xy * xy + xz * xz + yz * yz);
  const double p  = std::sqrt(p2 / 6);
  if (p < 1e-30)
    return {q, q, q};
  const double a = (xx - q) / p, b = (yy - q) / p, c = (zz - q) / p, d = xy / p, e = xz / p, f = yz / p;
  const double half_det = std::clamp((a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e)) / 2, -1.0, 1.0);
  const double phi      = std::acos(half_det) / 3;
  const double largest  = q + 2 * p * std::cos(phi);
  const double smallest = q + 2 * p * std::cos(phi + 2.0943951023931953);
  return {smallest, 3 * q - largest - smallest, largest};
}
} // namespace

Field smooth(const Field &field, double sigma_mm)
{
  const auto   input    = borrow(field.grid, field.values.data());
  const double smallest = *std::min_element(field.grid.spacing.begin(), field.grid.spacing.end());
  const double largest  = *std::max_element(field.grid.spacing.begin(), field.grid.spacing.end());
  const int    shortest = *std::min_element(field.grid.size.begin(), field.grid.size.end());
  // The recursive filter needs four voxels along each axis and is inaccurate below a voxel.
  if (sigma_mm < largest || shortest < 4)
    {
      const auto filter = itk::DiscreteGaussianImageFilter<ItkField, ItkField>::New();
      filter->SetInput(input);
      filter->SetVariance(sigma_mm * sigma_mm);
      filter->SetMaximumError(0.005);
      filter->SetMaximumKernelWidth(2 * static_cast<unsigned int>(4 * sigma_mm / smallest + 2) + 1);
      filter->Update();
      return copy_of(*filter->GetOutput(), field.grid);
    }
  const auto filter = itk::SmoothingRecursiveGaussianImageFilter<ItkField, ItkField>::New();
  filter->SetInput(input);
  filter->SetSigma(sigma_mm);
  filter->Update();
  return copy_of(*filter->GetOutput(), field.grid);
}

Field tube_strength(const Field &field, double sigma_mm)
{
  using Tensor      = itk::SymmetricSecondRankTensor<float, 3>;
  const auto filter = itk::HessianRecursiveGaussianImageFilter<ItkField, itk::Image<Tensor, 3>>::New();
  filter->SetInput(borrow(field.grid, field.values.data()));
  filter->SetSigma(sigma_mm);
  filter->Update();
  const Tensor *hessian = filter->GetOutput()->GetBufferPointer();
  Field         strength(field.grid);
  for (std::size_t n = 0; n < strength.values.size(); ++n)
    {
      const Tensor &h = hessian[n];
      if (h[0] + h[3] + h[5] >= 0) // the trace of a bright tube is negative
        continue;
      const auto   lambda = eigenvalues(h[0], h[1], h[2], h[3], h[4], h[5]);
      const double along = std::abs(lambda[2]), across = -lambda[1]; // ascending: two negative, one near zero
      if (across > along)
        strength.values[n] = static_cast<float>(sigma_mm * sigma_mm * (across - along));
    }
  return strength;
}

Field distance_to(const Mask &mask, const Grid &grid)
{
  const auto filter = itk::SignedMaurerDistanceMapImageFilter<itk::Image<std::uint8_t, 3>, ItkField>::New();
  filter->SetInput(borrow(grid, mask.data()));
  filter->SetBackgroundValue(0);
  filter->SetSquaredDistance(false);
  filter->SetUseImageSpacing(true);
  filter->SetInsideIsPositive(false);
  filter->Update();
  Field distance = copy_of(*filter->GetOutput(), grid);
  for (auto &d : distance.values)
    d = std::max(d, 0.0f);
  return distance;
}

Field threshold_contour(const Field &level_set, const Field &wall, double curvature_weight_mm, int n_iterations)
{
  Field brightness(wall.grid);
  std::transform(wall.values.begin(), wall.values.end(), brightness.values.begin(), [](float w) { return -w; });
  const auto filter = itk::ThresholdSegmentationLevelSetImageFilter<ItkField, ItkField>::New();
  filter->SetInput(borrow(level_set.grid, level_set.values.data()));
  filter->SetFeatureImage(borrow(level_set.grid, brightness.values.data()));
  filter->SetIsoSurfaceValue(0);
  filter->SetLowerThreshold(0); // the speed is the brightness up to the middle of the two, then falls again
  filter->SetUpperThreshold(1);
  filter->SetEdgeWeight(0);
  filter->SetPropagationScaling(1);
  filter->SetCurvatureScaling(curvature_weight_mm);
  filter->SetUseImageSpacing(true);
  filter->SetMaximumRMSError(0.002);
  filter->SetNumberOfIterations(n_iterations);
  filter->Update();
  return copy_of(*filter->GetOutput(), level_set.grid);
}

} // namespace vesalius::voxel
