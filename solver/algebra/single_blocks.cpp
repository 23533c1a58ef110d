// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/algebra/single_blocks.h"

#include "solver/core/profile.h"
#include "solver/kernels/single_kernels.h"

#include <algorithm>

namespace vesalius
{

namespace single = kernels::single;

SingleBlocks::SingleBlocks(SimplexSpace &space, const FieldMatrix &matrix)
  : space_(space), matrix_(matrix), n_components_(matrix.n_owned(0) / std::max(1, matrix.pattern().n_rows))
{
}

void SingleBlocks::update()
{
  const auto &pattern = matrix_.pattern();
  blocks_.resize(pattern.columns.size() * n_components_ * n_components_ + single::width);
  in_.resize(std::size_t(space_.p2().n_local()) * single::width);
  out_.resize(std::size_t(pattern.n_rows) * single::width);
  matrix_.copy_first_block(blocks_.data());
}

void SingleBlocks::multiply(const double *x, double *y)
{
  const auto        &pattern = matrix_.pattern();
  const double       entries = double(pattern.columns.size()), rows = pattern.n_rows, block = n_components_ * n_components_;
  const ProfileScope scope("smoother's product",
                           {entries * (block * sizeof(float) + sizeof(std::int32_t)) + rows * (sizeof(std::int64_t) + 2. * single::width * sizeof(float)), 2 * entries * block});
  single::spread(pattern.n_rows, n_components_, x, 1, in_.data());
  pattern.visit_rows(space_.p2_halo(), in_.data(), single::width, [&](int first, int last) {
    single::multiply_blocks(last - first, n_components_, pattern.row_start.data() + first, pattern.columns.data(), blocks_.data(), in_.data(), &out_[std::size_t(first) * single::width]);
  });
  std::fill_n(y, std::size_t(pattern.n_rows) * n_components_, 0.);
  single::add_to(pattern.n_rows, n_components_, out_.data(), 1, y);
}

} // namespace vesalius
